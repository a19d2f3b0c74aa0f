'use strict';
// A program whose reaction and timer have something to do all the time, until it is killed. Says `planned <visit>` once a visit is stored,
// `done <type>` once a command of a reaction or a timer is stored and nobody has heard of it, `settled` once nothing is left to do.
const { writeSync } = require('node:fs');
const Module = require('node:module');
const { join } = require('node:path');
require('../../../libs/projections/src/testing/typescript.cjs');
const built = (lib) => join(__dirname, '../../../dist/libs', lib, 'src/index.js');
// Only the made-up visits come from source: a life begins quickly.
const resolve = Module._resolveFilename;
Module._resolveFilename = function (request, parent, ...rest) {
  const lib = /^@waymark\/([^/]+)$/.exec(request)?.[1];
  const beside = /^\.\.\/([a-z-]+)$/.exec(request)?.[1];
  const isVisits = parent?.filename?.includes('/projections/src/testing/');
  if (lib) return built(lib);
  if (beside && isVisits) return join(__dirname, '../../../dist/libs/projections/src', `${beside}.js`);
  return resolve.call(this, request, parent, ...rest);
};
const { LogReader, openEventStore } = require(built('event-store'));
const { happens, VisitProcess } = require('../../../libs/projections/src/testing/visit-automation.ts');
const { planned } = require('../../../libs/projections/src/testing/visits.ts');

const folder = process.argv[2];
const run = Number(process.argv[3]);
const say = (...words) => writeSync(1, `${words.join(' ')}\n`);

const log = openEventStore({ folder });
const store = Object.create(log, {
  append: {
    value: async (stream, expected, events) => {
      const result = await log.append(stream, expected, events);
      if (events[0].type === 'VisitPlanned') return result;
      say('done', events[0].type);
      // A kill must be able to fall here: stored, and neither row nor place has moved.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 15));
      return result;
    },
  },
});

/** Every timer is due as soon as it is there. */
const later = () => new Date(Date.now() + 2 * 3_600_000);

async function main() {
  const { automation } = new VisitProcess(store, folder, new LogReader(folder, { hashes: false }), later);
  await automation.settle();
  say('settled');
  for (let n = 0; ; n++) {
    await happens(store, run * 1_000 + n, planned(`${run}-${n}`));
    say('planned', `${run}-${n}`);
    await automation.settle();
    say('settled');
  }
}

main().catch((fault) => {
  writeSync(2, `${fault.stack}\n`);
  process.exit(1);
});
