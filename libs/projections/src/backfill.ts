/** Starts the thread that keeps the WALs of a server's databases short. Without it all is right, and now and then slower. */
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { BackfillData } from './backfill.worker';

export interface BackfillOptions extends BackfillData {
  /** Node options of the thread; those of this process when absent. */
  readonly execArgv?: readonly string[];
  /** Hears that the thread is gone. */
  readonly notice?: (message: string) => void;
}

export interface Backfilling {
  stop(): Promise<void>;
}

export function startBackfill({ files, execArgv, notice = () => {} }: BackfillOptions): Backfilling {
  const worker = new Worker(join(__dirname, `backfill.worker${extname(__filename)}`), {
    workerData: { files } satisfies BackfillData,
    ...(execArgv ? { execArgv: [...execArgv] } : {}),
  });
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  worker.on('error', ({ message }) => notice(`The databases are no longer brought up to date beside their writers: ${message}`));
  return {
    stop() {
      worker.postMessage('stop');
      return ended;
    },
  };
}
