'use strict';
// A program that appends until it is killed: 32 callers, each with its own streams, one group commit a turn.
// Standard output: `begin <n>` inside the transaction of append n, `stored <n> <stream> <ids>` after it was acknowledged.
const { randomUUID } = require('node:crypto');
const { writeSync } = require('node:fs');
const { openEventStore } = require('../../../dist/libs/event-store/src/sqlite-event-store.js');

const [folder, run] = process.argv.slice(2);
const CALLERS = 32;

let begun = 0;
const store = openEventStore({
  folder,
  // The store asks for the time once for each append, inside the transaction: that is where a kill must fall.
  clock: () => {
    writeSync(1, `begin ${begun++}\n`);
    return new Date();
  },
});

function event() {
  const id = randomUUID();
  return {
    id,
    type: 'BellRung',
    schemaVersion: 1,
    occurredAt: '2026-03-02T10:00:00.000Z',
    data: { text: 'x'.repeat(200) },
    meta: { service: 'northbank', actor: 'system', role: 'system', commandId: id, correlationId: id },
  };
}

async function call(caller) {
  for (let n = 0; ; n++) {
    const stream = `bell-northbank-${run}-${caller}-${Math.floor(n / 20)}`;
    const head = (await store.read(stream)).at(-1);
    const events = Array.from({ length: 1 + (n % 3) }, event);
    const result = await store.append(stream, head ? head.revision : 'none', events);
    if (result.outcome !== 'appended') throw new Error(`unexpected ${result.outcome}`);
    writeSync(1, `stored ${stream} ${events.map(({ id }) => id).join(' ')}\n`);
  }
}

Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller))).catch((fault) => {
  writeSync(2, `${fault.stack}\n`);
  process.exit(1);
});
