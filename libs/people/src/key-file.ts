/** Opens keys.db as it must be: private to its owner, durable, forgetting what is deleted, under the right master key. */
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { timingSafeEqual } from 'node:crypto';
import Database from 'better-sqlite3';
import { DataFolderUnusable } from './master-key';
import { isBusy, sqliteCode } from '@waymark/kernel';

export const KEY_FILE = 'keys.db';
/** Raised by every change of the tables that an older program could not read. */
const FORMAT = 2;
/** Setting up happens before anybody is served, so here the thread may sleep on another process. */
const SETUP_PATIENCE_MS = 5_000;

export interface OpenedKeyFile {
  readonly db: Database.Database;
  /** Which of the `checks` it was written with. */
  readonly under: number;
}

/**
 * `checks` are what the master keys give under which it may have been written; a new file is written under the first.
 * `tables` are the statements that make the tables if they are not there.
 * `synchronous: 'off'` gives up durability, for a folder that is only being filled.
 */
export function openKeyFile(
  folder: string,
  checks: readonly Uint8Array[],
  tables: readonly string[],
  synchronous: 'full' | 'off' = 'full',
): OpenedKeyFile {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, KEY_FILE);
  // SQLite gives its WAL the mode of the database file, so the file is made before SQLite makes it.
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
  const db = new Database(file, { timeout: SETUP_PATIENCE_MS });
  try {
    set(db, 'journal_mode', 'WAL', 'wal');
    set(db, 'synchronous', synchronous, { full: 2, off: 0 }[synchronous]);
    set(db, 'secure_delete', 'ON', 1);
    const under = db.transaction(() => setUp(db, checks, tables)).immediate();
    db.pragma('busy_timeout = 0');
    return { db, under };
  } catch (fault) {
    db.close();
    throw inWords(fault);
  }
}

function set(db: Database.Database, name: string, value: string, readBack: unknown): void {
  db.pragma(`${name} = ${value}`);
  if (db.pragma(name, { simple: true }) !== readBack) {
    throw new DataFolderUnusable(`keys.db cannot be opened with ${name}=${value}. Put the data folder on a local disk.`);
  }
}

function setUp(db: Database.Database, checks: readonly Uint8Array[], tables: readonly string[]): number {
  const format = Number(db.pragma('user_version', { simple: true }));
  if (format > FORMAT) throw new DataFolderUnusable('keys.db was written by a newer version of Waymark. Start that version.');
  db.exec('CREATE TABLE IF NOT EXISTS master_key (one INTEGER PRIMARY KEY CHECK (one = 1), check_value BLOB NOT NULL) STRICT');
  for (const table of tables) db.exec(table);
  db.prepare('INSERT INTO master_key (one, check_value) VALUES (1, ?) ON CONFLICT DO NOTHING').run(checks[0]);
  const stored = db.prepare<[], Buffer>('SELECT check_value FROM master_key').pluck().get();
  const under = checks.findIndex((check) => stored?.length === check.length && timingSafeEqual(stored, check));
  if (under < 0) {
    throw new DataFolderUnusable(
      'This is not the master key that keys.db was written with. Use the original WAYMARK_MASTER_KEY or master.key.',
    );
  }
  if (format < FORMAT) db.pragma(`user_version = ${FORMAT}`);
  return under;
}

function inWords(fault: unknown): unknown {
  if (isBusy(fault)) return new DataFolderUnusable('keys.db is locked by another process. Stop that process, or try again.');
  const code = sqliteCode(fault);
  return code === undefined ? fault : new DataFolderUnusable(`keys.db cannot be read (${code}). Put it back from its backup.`);
}
