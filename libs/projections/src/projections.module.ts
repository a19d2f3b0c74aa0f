/** The read side in Nest: a server owns the runner's thread for as long as it lives; a command-line program helps itself. */
import { join } from 'node:path';
import { Global, Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { dropForeignCopy, EVENT_STORE, LOG_FILE, LogReader, openEventStore, type EventStore } from '@waymark/event-store';
import { messageOf, type EventDefinitions } from '@waymark/kernel';
import { startBackfill } from './backfill';
import { HeavyThread } from './heavy-thread';
import { FolderHasRunner, takeRunnerLock, type RunnerLock } from './lock';
import { startLogCopy, type LogCopyThread } from './log-copy-thread';
import { logFolderOf } from './log-folder';
import { Operator } from './operator';
import { OwnRunner } from './own-runner';
import { Pasts } from './pasts';
import type { Projection } from './projection';
import { readFileOf } from './read-file';
import { ReadSide, type Drive } from './read-side';
import { startRunnerWorker } from './runner-thread';

export interface ProjectionsOptions {
  readonly folder: string;
  /** The log lies on this server: what reads many events of it reads a copy in the data folder. Absent = it is a file of the data folder. */
  readonly logServer?: string;
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

/** A start does not wait for the whole copy of a long log: lists say themselves what they lack. */
const COPY_IS_WAITED_FOR_MS = 30_000;

interface Running {
  readonly logAtHand: EventStore;
  readonly readSide: ReadSide;
  readonly operator: Operator;
  /** Of a server, once it listens. */
  tell(address: string): void;
  stop(): Promise<void>;
}

const RUNNING = Symbol('RUNNING');
/** The log for whoever reads many events of it in one go: the log itself, or its copy. */
export const LOG_AT_HAND = Symbol('LOG_AT_HAND');

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
          useFactory: (store: EventStore) => (options.role === 'server' ? asServer(options, store) : asCommand(options, store)),
        },
        { provide: ReadSide, inject: [RUNNING], useFactory: (running: Running) => running.readSide },
        { provide: Operator, inject: [RUNNING], useFactory: (running: Running) => running.operator },
        { provide: LOG_AT_HAND, inject: [RUNNING], useFactory: (running: Running) => running.logAtHand },
        { provide: HeavyThread, useFactory: () => new HeavyThread(options) },
        {
          provide: Pasts,
          inject: [HeavyThread],
          useFactory: (heavy: HeavyThread) => new Pasts({ ...options, logFolder: logFolderOf(options), heavy }),
        },
      ],
      exports: [ReadSide, Operator, HeavyThread, Pasts, LOG_AT_HAND],
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
  const logFolder = logFolderOf(options);
  const copy = await startCopy(options, store, () => thread.wake());
  const thread = startRunnerWorker({ ...options, logFolder });
  const logAtHand = atHand(options, store);
  const backfill = startBackfill({ ...options, files: [join(logFolder, LOG_FILE), readFileOf(options.folder)] });
  const drive: Drive = { ...thread, trouble: () => thread.trouble() ?? copy?.trouble() };
  const readSide = new ReadSide({ ...options, log: new LogReader(logFolder, { hashes: false }), drive });
  const operator = new Operator({ ...options, readSide });
  const ended = new AbortController();
  const stop = async (): Promise<void> => {
    ended.abort();
    await copy?.stop();
    await backfill.stop();
    await thread.stop();
    operator.close();
    readSide.close();
    if (logAtHand !== store) await logAtHand.close();
    lock.release();
  };
  if (!copy) {
    // Without the wakes the thread still looks by itself, so a store that fails here only makes it slower.
    wakeOnCommit(store, ended.signal, () => thread.wake()).catch((fault: unknown) =>
      options.notice?.(`The runner is no longer woken: ${messageOf(fault)}`),
    );
  }
  try {
    // What is wrong with state.db is said now, not when somebody asks for something.
    operator.unfinished();
    await readSide.ready(RUNNER_STARTS_WITHIN_MS);
    await copy?.caughtUp(COPY_IS_WAITED_FOR_MS);
  } catch (fault) {
    await stop();
    throw fault;
  }
  return { logAtHand, readSide, operator, tell: (address) => lock.tell(address), stop };
}

/** Beside a server the copy is the server's; without one a command makes it, before it answers. */
async function asCommand(options: ProjectionsOptions, store: EventStore): Promise<Running> {
  const address = options.address ?? 'a waymark command';
  const lock = options.logServer === undefined ? undefined : lockIfFree(options.folder, address);
  const copy = lock && (await startCopy(options, store));
  if (copy && !(await copy.caughtUp(COPY_IS_WAITED_FOR_MS)))
    options.notice?.('The copy of the log is not whole yet; lists show what it holds');
  const logAtHand = atHand(options, store);
  const log = new LogReader(logFolderOf(options), { hashes: false });
  const drive = new OwnRunner({ ...options, log, address, ...(lock ? { lock } : {}) });
  const readSide = new ReadSide({ ...options, log, drive });
  const operator = new Operator({ ...options, readSide, drive });
  return {
    logAtHand,
    readSide,
    operator,
    tell: () => {},
    async stop() {
      await copy?.stop();
      operator.close();
      drive.close();
      readSide.close();
      if (logAtHand !== store) await logAtHand.close();
    },
  };
}

async function startCopy(options: ProjectionsOptions, store: EventStore, copied?: () => void): Promise<LogCopyThread | undefined> {
  const { logServer: url, notice } = options;
  if (url === undefined) return undefined;
  const folder = logFolderOf(options);
  const dropped = await dropForeignCopy(folder, store);
  if (dropped !== undefined) notice?.(dropped);
  return startLogCopy({ ...options, url, folder, ...(copied ? { copied } : {}) });
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

/** The store itself is closed by its own module. */
function atHand(options: ProjectionsOptions, store: EventStore): EventStore {
  return options.logServer === undefined ? store : openEventStore({ folder: logFolderOf(options), readOnly: true });
}

function lockIfFree(folder: string, address: string): RunnerLock | undefined {
  try {
    return takeRunnerLock(folder, { address, role: 'cli' });
  } catch (fault) {
    if (fault instanceof FolderHasRunner) return undefined;
    throw fault;
  }
}

/** No event has no type, so nothing is read here; what comes through is only that the log has moved. */
async function wakeOnCommit(store: EventStore, signal: AbortSignal, wake: () => void): Promise<void> {
  const after = await store.head();
  const commits = store.subscribe({ ...(after === undefined ? {} : { after }), filter: { types: [] }, signal })[Symbol.asyncIterator]();
  while (!(await commits.next()).done) wake();
}
