/** Starts the runner in a thread of its own, keeps it going, and passes on what it says. */
import { messageOf } from '@waymark/kernel';
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Subject, type Observable } from 'rxjs';
import type { Checkpoint } from './checkpoints';
import type { FromWorker, ToWorker, WorkerData } from './runner.worker';

export interface RunnerWorkerOptions extends WorkerData {
  readonly notice?: (message: string) => void;
  /** Pause before a thread that died is started again; doubled each time it dies before it could move anything. */
  readonly restartAfterMs?: number;
  /** Node options of the thread; those of this process when absent. */
  readonly execArgv?: readonly string[];
}

export interface RunnerThread {
  /** Where all projections stand, after each commit. */
  readonly moved: Observable<readonly Checkpoint[]>;
  /** Something was appended to the log. */
  wake(): void;
  /** Why the thread is not running; `undefined` = it is. */
  trouble(): string | undefined;
  stop(): Promise<void>;
}

const LONGEST_PAUSE_MS = 30_000;
/** A batch is over long before; after this the thread is ended from outside. */
const STOP_WITHIN_MS = 5_000;

export function startRunnerWorker(options: RunnerWorkerOptions): RunnerThread {
  const { folder, logFolder = folder, modelsModule, notice = () => {}, restartAfterMs = 1_000, execArgv } = options;
  const moved = new Subject<readonly Checkpoint[]>();
  let worker: Worker;
  let restart: NodeJS.Timeout | undefined;
  let trouble: string | undefined;
  let stopping = false;
  let pause = restartAfterMs;

  const start = (): void => {
    worker = new Worker(join(__dirname, `runner.worker${extname(__filename)}`), {
      workerData: { folder, logFolder, modelsModule } satisfies WorkerData,
      ...(execArgv ? { execArgv: [...execArgv] } : {}),
    });
    worker.on('message', (message: FromWorker) => {
      switch (message.kind) {
        case 'standing':
          pause = restartAfterMs;
          trouble = undefined;
          return moved.next(message.standing);
        case 'notice':
          return notice(message.message);
      }
    });
    worker.on('error', (fault) => {
      trouble = `The runner stopped: ${messageOf(fault)}`;
    });
    worker.on('exit', (code) => {
      if (stopping) return;
      trouble ??= `The runner stopped with code ${code}`;
      notice(`${trouble}. It is started again in ${pause / 1000} s`);
      restart = setTimeout(start, pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    });
  };
  start();

  return {
    moved,
    wake: () => worker.postMessage('wake' satisfies ToWorker),
    trouble: () => trouble,
    async stop() {
      stopping = true;
      clearTimeout(restart);
      moved.complete();
      if (worker.threadId === -1) return;
      const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
      worker.postMessage('stop' satisfies ToWorker);
      const late = setTimeout(() => void worker.terminate(), STOP_WITHIN_MS);
      await ended;
      clearTimeout(late);
    },
  };
}
