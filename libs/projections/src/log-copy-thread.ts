/** Starts the thread that copies a log from its server, and keeps it going. */
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { messageOf } from '@waymark/kernel';
import type { FromLogCopy, LogCopyData } from './log-copy.worker';

export interface LogCopyThreadOptions extends LogCopyData {
  readonly notice?: (message: string) => void;
  /** The copy holds more than before. */
  readonly copied?: () => void;
  /** Node options of the thread; those of this process when absent. */
  readonly execArgv?: readonly string[];
}

export interface LogCopyThread {
  /** Resolves when the copy has caught up with the log for the first time, `false` after so many milliseconds without. */
  caughtUp(ms: number): Promise<boolean>;
  /** Why the copy does not go on; `undefined` = it does. */
  trouble(): string | undefined;
  stop(): Promise<void>;
}

const PAUSE_MS = 1_000;
/** A batch is over long before; after this the thread is ended from outside. */
const STOP_WITHIN_MS = 10_000;

export function startLogCopy({ url, folder, notice = () => {}, copied = () => {}, execArgv }: LogCopyThreadOptions): LogCopyThread {
  let worker: Worker;
  let restart: NodeJS.Timeout | undefined;
  let trouble: string | undefined;
  let stopping = false;
  let whole!: () => void;
  const caughtUp = new Promise<void>((resolve) => (whole = resolve));

  const start = (): void => {
    worker = new Worker(join(__dirname, `log-copy.worker${extname(__filename)}`), {
      workerData: { url, folder } satisfies LogCopyData,
      ...(execArgv ? { execArgv: [...execArgv] } : {}),
    });
    worker.on('message', (message: FromLogCopy) => {
      switch (message.kind) {
        case 'copied':
          trouble = undefined;
          return copied();
        case 'caught-up':
          trouble = undefined;
          return whole();
        case 'notice':
          trouble = message.trouble ? message.message : undefined;
          return notice(message.message);
      }
    });
    worker.on('error', (fault) => {
      trouble = `The log is not copied from its server: ${messageOf(fault)}`;
    });
    worker.on('exit', () => {
      if (stopping) return;
      notice(`${trouble ?? 'The thread that copies the log has ended'}. It is started again in ${PAUSE_MS / 1000} s`);
      restart = setTimeout(start, PAUSE_MS).unref();
    });
    // Whoever gives up before there is anybody to stop it is not kept alive. Comes last: whoever listens is kept alive.
    worker.unref();
  };
  start();

  return {
    caughtUp: (ms) =>
      new Promise((resolve) => {
        const late = setTimeout(() => resolve(false), ms);
        void caughtUp.then(() => {
          clearTimeout(late);
          resolve(true);
        });
      }),
    trouble: () => trouble,
    async stop() {
      stopping = true;
      clearTimeout(restart);
      if (worker.threadId === -1) return;
      const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      worker.postMessage('stop');
      const late = setTimeout(() => void worker.terminate(), STOP_WITHIN_MS);
      await ended;
      clearTimeout(late);
    },
  };
}
