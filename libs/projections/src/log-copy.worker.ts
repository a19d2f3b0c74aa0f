/** The thread that copies a log from its server, for the threads that read many events of it. */
import { parentPort, workerData } from 'node:worker_threads';
import { copyLog, openEventStoreDb } from '@waymark/event-store';

export interface LogCopyData {
  /** Of the server. */
  readonly url: string;
  /** Where the copy is. */
  readonly folder: string;
}

export type FromLogCopy =
  { readonly kind: 'copied' | 'caught-up' } | { readonly kind: 'notice'; readonly message: string; readonly trouble: boolean };

async function run(main: NonNullable<typeof parentPort>, { url, folder }: LogCopyData): Promise<void> {
  const tell = (message: FromLogCopy): void => main.postMessage(message);
  const ended = new AbortController();
  main.once('message', () => ended.abort());
  const log = await openEventStoreDb({ url, notice: (message, trouble) => tell({ kind: 'notice', message, trouble }) });
  try {
    await copyLog({
      ...{ folder, of: log, signal: ended.signal },
      copied: () => tell({ kind: 'copied' }),
      caughtUp: () => tell({ kind: 'caught-up' }),
    });
  } finally {
    await log.close();
    main.close();
  }
}

// A fault ends the thread; whoever started it hears of it and starts it again.
if (parentPort !== null) void run(parentPort, workerData as LogCopyData);
