/** A process that runs projections until it is killed. Says `a` when a batch is applied and not yet committed, `c` when it is committed. */
import { writeSync } from 'node:fs';
import { LogReader } from '@waymark/event-store';
import { Runner } from '@waymark/projections';
import { visitModels } from '@waymark/projections/testing';

/** Most of the time is spent between apply and commit, so that a kill at any moment is likely to fall there. */
const HOLD_MS = 10;

const folder = process.argv[2]!;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

const runner = new Runner({
  folder,
  log: new LogReader(folder, { hashes: false }),
  projections: visitModels.readModels,
  definitions: visitModels.eventDefinitions,
  beforeCommit() {
    writeSync(1, 'a');
    Atomics.wait(sleeper, 0, 0, HOLD_MS);
  },
});

function turn(): void {
  if (runner.step()) writeSync(1, 'c');
  setImmediate(turn);
}
turn();
