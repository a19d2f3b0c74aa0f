/** The thread of the runner: looks whether the log has moved, folds, commits, and says where every projection stands. */
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { LogReader } from '@waymark/event-store';
import type { EventDefinitions } from '@waymark/kernel';
import type { Checkpoint } from './checkpoints';
import { OperatorRequests } from './operator-requests';
import type { Projection } from './projection';
import { Runner } from './runner';

export interface WorkerData {
  readonly folder: string;
  /** Where the log is read from; the same folder when absent. */
  readonly logFolder?: string;
  /** Absolute path of a CommonJS module that exports `readModels` and `eventDefinitions`. */
  readonly modelsModule: string;
}

export type ToWorker = 'wake' | 'stop';

export type FromWorker =
  { readonly kind: 'standing'; readonly standing: readonly Checkpoint[] } | { readonly kind: 'notice'; readonly message: string };

/** How soon the appends of other processes are seen; this process's own arrive with `wake`. */
const POLL_MS = 25;

function run(main: NonNullable<typeof parentPort>, { folder, logFolder = folder, modelsModule }: WorkerData): void {
  const tell = (message: FromWorker): void => main.postMessage(message);
  const models = createRequire(__filename)(modelsModule) as { readModels: readonly Projection[]; eventDefinitions: EventDefinitions };
  const log = new LogReader(logFolder, { hashes: false });
  const requests = new OperatorRequests(folder);
  const runner = new Runner({
    folder,
    log,
    projections: models.readModels,
    definitions: models.eventDefinitions,
    requests,
    notice: (message) => tell({ kind: 'notice', message }),
  });
  tell({ kind: 'standing', standing: runner.standing() });

  let next: NodeJS.Timeout | NodeJS.Immediate;
  const turn = (): void => {
    const moved = runner.step();
    if (moved) tell({ kind: 'standing', standing: runner.standing() });
    // Between two batches the thread listens, so that `stop` need not wait for the end of a rebuild.
    next = moved ? setImmediate(turn) : setTimeout(turn, POLL_MS);
  };
  main.on('message', (message: ToWorker) => {
    clearTimeout(next as NodeJS.Timeout);
    clearImmediate(next as NodeJS.Immediate);
    switch (message) {
      case 'wake':
        return turn();
      case 'stop':
        runner.close();
        requests.close();
        log.close();
        return main.close();
    }
  });
  turn();
}

if (parentPort !== null) run(parentPort, workerData as WorkerData);
