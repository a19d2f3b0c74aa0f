/** A runner, the log it reads and the table it writes, laid out afresh for each test of its contract. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import type { RecordedEvent } from '@waymark/kernel';
import type { LogPages } from '../log-pages';
import type { Projection } from '../projection';
import { Runner, type RunnerOptions } from '../runner';
import { compareWithFold } from './fold-rows';
import { cancelled, eventDefinitions, noted, painted, planned, readModels, type Happening } from './visits';

/** A log that the contract can fill. */
export interface LogUnderTest {
  readonly log: LogPages;
  append(happenings: readonly Happening[], schemaVersion?: number): Promise<void>;
  all(): Promise<RecordedEvent[]>;
  close(): Promise<void>;
}

export interface Bench {
  readonly folder: string;
  readonly under: LogUnderTest;
  /** What an operator was told. */
  readonly notices: readonly string[];
  runnerWith(options?: Partial<RunnerOptions>): Runner;
  stop(runner: Runner): void;
  /** Looks at the table through a connection of its own. */
  inTable<T>(read: (db: SqliteDatabase.Database) => T): T;
  /** Every column of every row is what the fold of the whole log says. */
  expectWhole(projections?: readonly Projection[]): Promise<void>;
  standing(runner: Runner, name: string): { status: string; position: string; lastError: string | null };
}

export const story = [
  planned('a'),
  planned('b', 'home'),
  noted('a', 'a rail by the stairs'),
  painted(),
  noted('b', 'wants to bath safely', 2),
  cancelled('a'),
  planned('c', 'home'),
  noted('b', 'bath board fitted', 0.5),
];

export function benchOver(openLog: (folder: string) => Promise<LogUnderTest>): Bench {
  let folder: string;
  let under: LogUnderTest;
  let open: Runner[] = [];
  let notices: string[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'waymark-runner-'));
    under = await openLog(folder);
    notices = [];
  });
  afterEach(async () => {
    for (const runner of open) runner.close();
    open = [];
    await under.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const bench: Bench = {
    get folder() {
      return folder;
    },
    get under() {
      return under;
    },
    get notices() {
      return notices;
    },
    runnerWith(options = {}) {
      const notice = (message: string): void => void notices.push(message);
      const runner = new Runner({ folder, log: under.log, projections: readModels, definitions: eventDefinitions, notice, ...options });
      open.push(runner);
      return runner;
    },
    stop(runner) {
      runner.close();
      open = open.filter((other) => other !== runner);
    },
    inTable(read) {
      const db = new SqliteDatabase(join(folder, 'read.db'));
      try {
        return read(db);
      } finally {
        db.close();
      }
    },
    async expectWhole(projections = readModels) {
      const events = await under.all();
      for (const projection of projections) expect(bench.inTable((db) => compareWithFold(db, projection, events))).toEqual([]);
    },
    standing(runner, name) {
      const { status, position, lastError } = runner.standing().find((checkpoint) => checkpoint.name === name)!;
      return { status, position, lastError };
    },
  };
  return bench;
}

/** The same log, so many events at a time, so that a batch ends early. */
export function inPages(log: LogPages, most: number): LogPages {
  return { ...reading(log), page: (after, max) => log.page(after, Math.min(max, most)) };
}

/** The same log, of which a test replaces something. */
export function reading(log: LogPages): LogPages {
  return {
    logId: log.logId,
    page: (after, max) => log.page(after, max),
    head: () => log.head(),
    eventsAfter: (position) => log.eventsAfter(position),
    hashAt: (position) => log.hashAt(position),
    close() {},
  };
}
