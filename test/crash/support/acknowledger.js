'use strict';
// A program that appends one event after another and says `stored <id>` on standard output after each acknowledgement; at the end it
// kills itself, so that nobody tidies up after it. Arguments: folder, how many, full or off.
const { randomUUID } = require('node:crypto');
const { writeSync } = require('node:fs');
const { openEventStore } = require('../../../dist/libs/event-store/src/sqlite-event-store.js');

const [folder, count, synchronous] = process.argv.slice(2);

async function main() {
  const store = openEventStore({ folder, synchronous });
  for (let n = 0; n < Number(count); n++) {
    const id = randomUUID();
    const meta = { service: 'northbank', actor: 'system', role: 'system', commandId: id, correlationId: id };
    const event = {
      id,
      type: 'BellRung',
      schemaVersion: 1,
      occurredAt: '2026-03-02T10:00:00.000Z',
      data: { text: 'x'.repeat(3_000) },
      meta,
    };
    const { outcome } = await store.append('bell-northbank-1', n === 0 ? 'none' : n - 1, [event]);
    if (outcome !== 'appended') throw new Error(outcome);
    writeSync(1, `stored ${id}\n`);
  }
  process.kill(process.pid, 'SIGKILL');
}

main().catch((fault) => {
  writeSync(2, `${fault.stack}\n`);
  process.exit(1);
});
