/** The SQLite file of the log: its tables, how it comes into being, and what is asked of a connection before it serves. */
import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { sqliteCode } from '@waymark/kernel';
import { LogUnusable } from './event-store';

export const LOG_FILE = 'log.db';
const FORMAT = 1;
/** While a connection is set up only; a server never sleeps on a lock afterwards. */
const SETTING_UP_MS = 5_000;

/** Stored format: a change here needs a new FORMAT and an ADR. */
const TABLES = `
  CREATE TABLE IF NOT EXISTS log (id TEXT NOT NULL, created_at TEXT NOT NULL, format INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    stream TEXT NOT NULL,
    revision INTEGER NOT NULL,
    service TEXT NOT NULL,
    type TEXT NOT NULL,
    schema_version INTEGER NOT NULL,
    occurred_at TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    data TEXT NOT NULL,
    meta TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL,
    UNIQUE (stream, revision)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS events_by_service ON events (service, position);
  CREATE TRIGGER IF NOT EXISTS events_are_never_replaced BEFORE INSERT ON events
    WHEN EXISTS (SELECT 1 FROM events WHERE position = NEW.position) OR EXISTS (SELECT 1 FROM events WHERE stream = NEW.stream AND revision = NEW.revision)
    BEGIN SELECT RAISE(ABORT, 'The log is append-only'); END;
  CREATE TRIGGER IF NOT EXISTS events_never_change BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'The log is append-only'); END;
  CREATE TRIGGER IF NOT EXISTS events_never_go BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'The log is append-only'); END;
  CREATE TRIGGER IF NOT EXISTS log_never_changes BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'The log is append-only'); END;
  CREATE TRIGGER IF NOT EXISTS log_never_goes BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'The log is append-only'); END;
`;

/** `normal`: whole after a crash, but without the last commits, for a log that is made again from another. */
export type Synchronous = 'full' | 'normal' | 'off';

export function logFileIn(folder: string): string {
  return join(folder, LOG_FILE);
}

/** Opens the log for writing; makes folder, file and tables where there are none. `logId` is the id of a log that is made now. */
export function openForWriting(folder: string, logId: string, createdAt: Date, synchronous: Synchronous): Database.Database {
  if (!existsSync(logFileIn(folder))) createFile(folder);
  const db = opened(folder, { timeout: SETTING_UP_MS });
  return settled(db, () => {
    db.pragma('journal_mode = WAL');
    db.pragma(`synchronous = ${synchronous}`);
    mustBeServable(db, synchronous);
    if (!isLog(db)) create(db, logId, createdAt);
    mustBeOurFormat(db);
    // No old copies of an event in the empty parts of pages: a byte that is changed in an event's text is a change of the event.
    db.pragma('secure_delete = FAST');
    db.pragma('busy_timeout = 0');
  });
}

/** `undefined` when there is no log in the folder yet. */
export function openForReading(folder: string): Database.Database | undefined {
  if (!existsSync(logFileIn(folder))) return undefined;
  const db = opened(folder, { timeout: SETTING_UP_MS, readonly: true });
  let found = false;
  settled(db, () => {
    found = isLog(db);
    if (found) mustBeOurFormat(db);
  });
  if (!found) db.close();
  return found ? db : undefined;
}

export function logIdIn(db: Database.Database): string {
  return db.prepare<[], string>('SELECT id FROM log').pluck().get()!;
}

function opened(folder: string, options: Database.Options): Database.Database {
  try {
    return new Database(logFileIn(folder), options);
  } catch (fault) {
    throw new LogUnusable(`${LOG_FILE} cannot be opened (${sqliteCode(fault) ?? 'not a file'}); check who owns the data folder`);
  }
}

/** Runs the checks of a fresh connection; whatever SQLite itself objects to becomes a word about the log. */
function settled(db: Database.Database, checks: () => void): Database.Database {
  try {
    checks();
    return db;
  } catch (fault) {
    db.close();
    const code = sqliteCode(fault);
    if (code === undefined) throw fault;
    throw new LogUnusable(
      `${LOG_FILE} cannot be used (${code}: ${(fault as Error).message}); \`waymark events verify\` says what is wrong with it`,
    );
  }
}

function mustBeServable(db: Database.Database, synchronous: Synchronous): void {
  const mode = String(db.pragma('journal_mode', { simple: true }));
  if (mode !== 'wal') throw new LogUnusable(`${LOG_FILE} keeps a ${mode} journal; the log needs WAL, which a network folder may not offer`);
  const kept = db.pragma('synchronous', { simple: true });
  if (kept !== { full: 2, normal: 1, off: 0 }[synchronous])
    throw new LogUnusable(`${LOG_FILE} is not written through to the disk; the log is not served`);
}

function isLog(db: Database.Database): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'log'").get() !== undefined;
}

function mustBeOurFormat(db: Database.Database): void {
  const format = db.prepare<[], number>('SELECT format FROM log').pluck().get();
  if (format === undefined) throw new LogUnusable(`${LOG_FILE} does not say which log it is; restore it from a backup`);
  if (format > FORMAT)
    throw new LogUnusable(
      `${LOG_FILE} was written by a newer Waymark (format ${format}, this one reads up to ${FORMAT}); use the newer program`,
    );
}

function create(db: Database.Database, logId: string, createdAt: Date): void {
  db.transaction(() => {
    // Another process may have been quicker: whoever holds the lock first makes the log, the other joins it.
    if (isLog(db)) return;
    db.exec(TABLES);
    db.prepare('INSERT INTO log (id, created_at, format) VALUES (?, ?, ?)').run(logId, createdAt.toISOString(), FORMAT);
  }).immediate();
}

function createFile(folder: string): void {
  const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
  closeSync(openSync(logFileIn(folder), 'a', 0o600));
  chmodSync(logFileIn(folder), 0o600);
  // SQLite makes its own files durable, not the folder entries above them.
  const top = resolve(made ?? folder);
  for (let at = resolve(folder); ; at = dirname(at)) {
    syncFolder(at);
    if (at === top) break;
  }
  if (made !== undefined) syncFolder(dirname(top));
}

function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
