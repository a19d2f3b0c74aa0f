'use strict';
// A program that runs projections until it is killed. Says `a` when a batch is applied and not yet committed, `c` when it is committed.
// Takes the built runner, without the framework around it, so that a life begins quickly.
const { writeSync } = require('node:fs');
const { setImmediate } = require('node:timers');
require('../../../libs/projections/src/testing/typescript.cjs');
const { LogReader } = require('../../../dist/libs/event-store/src/log-reader.js');
const { Runner } = require('../../../dist/libs/projections/src/runner.js');
const { eventDefinitions, readModels } = require('../../../libs/projections/src/testing/visits.ts');

/** Most of the time is spent between apply and commit, so that a kill at any moment is likely to fall there. */
const HOLD_MS = 10;

const folder = process.argv[2];
const sleeper = new Int32Array(new SharedArrayBuffer(4));

const runner = new Runner({
  folder,
  log: new LogReader(folder, { hashes: false }),
  projections: readModels,
  definitions: eventDefinitions,
  beforeCommit() {
    writeSync(1, 'a');
    Atomics.wait(sleeper, 0, 0, HOLD_MS);
  },
});

function turn() {
  if (runner.step()) writeSync(1, 'c');
  setImmediate(turn);
}
turn();
