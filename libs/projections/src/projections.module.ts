/** The read side in Nest: a server owns the runner's thread for as long as it lives; a command-line program helps itself. */
import { join } from 'node:path';
import { Global, Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { EVENT_STORE, LOG_FILE, LogReader, type EventStore } from '@waymark/event-store';
import { messageOf, type EventDefinitions } from '@waymark/kernel';
import { startBackfill } from './backfill';
import { HeavyThread } from './heavy-thread';
import { FolderHasRunner, takeRunnerLock, type RunnerLock } from './lock';
import { Operator } from './operator';
import { OwnRunner } from './own-runner';
import { Pasts } from './pasts';
import type { Projection } from './projection';
import { readFileOf } from './read-file';
import { ReadSide } from './read-side';
import { startRunnerWorker } from './runner-thread';

export interface ProjectionsOptions {
  readonly folder: string;
  readonly projections: readonly Projection[];
  /** Names of the reactions, for what operators ask of them. */
  readonly reactions?: readonly string[];
  readonly definitions: EventDefinitions;
  /** Absolute path of the built CommonJS module that exports `readModels` and `eventDefinitions`, for the runner's thread. */
  readonly modelsModule: string;
  readonly role: 'server' | 'cli';
  /** What a second server is told: where this one listens, or which command runs. */
  readonly address?: string;
  /** Hears of rebuilds, pauses and faults. */
  readonly notice?: (message: string) => void;
  readonly clock?: () => Date;
  /** Node options of the runner's thread; those of this process when absent. */
  readonly execArgv?: readonly string[];
}

/** How long a server waits for a command that has the folder. */
const COMMAND_MAY_TAKE_MS = 10_000;

/** A thread starts in a second; on a machine that is busy with something else it may take many. */
const RUNNER_STARTS_WITHIN_MS = 60_000;

interface Running {
  readonly readSide: ReadSide;
  readonly operator: Operator;
  /** Of a server, once it listens. */
  tell(address: string): void;
  stop(): Promise<void>;
}

const RUNNING = Symbol('RUNNING');

@Global()
@Module({})
export class ProjectionsModule implements OnApplicationShutdown {
  constructor(
    @Inject(RUNNING) private readonly running: Running,
    private readonly heavy: HeavyThread,
    private readonly pasts: Pasts,
  ) {}

  static register(options: ProjectionsOptions): DynamicModule {
    return {
      module: ProjectionsModule,
      providers: [
        {
          provide: RUNNING,
          inject: [EVENT_STORE],
          useFactory: (store: EventStore) => (options.role === 'server' ? asServer(options, store) : asCommand(options)),
        },
        { provide: ReadSide, inject: [RUNNING], useFactory: (running: Running) => running.readSide },
        { provide: Operator, inject: [RUNNING], useFactory: (running: Running) => running.operator },
        { provide: HeavyThread, useFactory: () => new HeavyThread(options) },
        { provide: Pasts, inject: [HeavyThread], useFactory: (heavy: HeavyThread) => new Pasts({ ...options, heavy }) },
      ],
      exports: [ReadSide, Operator, HeavyThread, Pasts],
    };
  }

  /** Where this server listens: known only once it does. A second server on the folder is told. */
  listensAt(address: string): void {
    this.running.tell(address);
  }

  async onApplicationShutdown(): Promise<void> {
    this.pasts.close();
    await this.heavy.close();
    await this.running.stop();
  }
}

async function asServer(options: ProjectionsOptions, store: EventStore): Promise<Running> {
  const lock = await lockOf(options.folder, options.address ?? 'a Waymark server that is just starting');
  const thread = startRunnerWorker(options);
  const backfill = startBackfill({ ...options, files: [join(options.folder, LOG_FILE), readFileOf(options.folder)] });
  const readSide = new ReadSide({ ...options, log: new LogReader(options.folder, { hashes: false }), drive: thread });
  const operator = new Operator({ ...options, readSide });
  const ended = new AbortController();
  const stop = async (): Promise<void> => {
    ended.abort();
    await backfill.stop();
    await thread.stop();
    operator.close();
    readSide.close();
    lock.release();
  };
  // Without the wakes the thread still looks by itself, so a store that fails here only makes it slower.
  wakeOnCommit(store, ended.signal, () => thread.wake()).catch((fault: unknown) =>
    options.notice?.(`The runner is no longer woken: ${messageOf(fault)}`),
  );
  try {
    // What is wrong with state.db is said now, not when somebody asks for something.
    operator.unfinished();
    await readSide.ready(RUNNER_STARTS_WITHIN_MS);
  } catch (fault) {
    await stop();
    throw fault;
  }
  return { readSide, operator, tell: (address) => lock.tell(address), stop };
}

function asCommand(options: ProjectionsOptions): Running {
  const log = new LogReader(options.folder, { hashes: false });
  const drive = new OwnRunner({ ...options, log, address: options.address ?? 'a waymark command' });
  const readSide = new ReadSide({ ...options, log, drive });
  const operator = new Operator({ ...options, readSide, drive });
  return {
    readSide,
    operator,
    tell: () => {},
    async stop() {
      operator.close();
      drive.close();
      readSide.close();
    },
  };
}

/** A command holds the folder for moments; a server for good. */
async function lockOf(folder: string, address: string): Promise<RunnerLock> {
  const deadline = performance.now() + COMMAND_MAY_TAKE_MS;
  for (;;) {
    try {
      return takeRunnerLock(folder, { address, role: 'server' });
    } catch (fault) {
      if (!(fault instanceof FolderHasRunner) || fault.holder.role === 'server' || performance.now() > deadline) throw fault;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** No event has no type, so nothing is read here; what comes through is only that the log has moved. */
async function wakeOnCommit(store: EventStore, signal: AbortSignal, wake: () => void): Promise<void> {
  const after = await store.head();
  const commits = store.subscribe({ ...(after === undefined ? {} : { after }), filter: { types: [] }, signal })[Symbol.asyncIterator]();
  while (!(await commits.next()).done) wake();
}
