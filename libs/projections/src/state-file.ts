/**
 * Opens state.db: what is neither the log nor disposable (requests to the runner, skips, positions of reactions, audit of
 * views). Backed up with the log. Each table belongs to one file, which brings its definition along.
 */
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { sqliteCode } from '@waymark/kernel';

export const STATE_FILE = 'state.db';
/** Raised by every change of a table that an older program could not read. */
const FORMAT = 1;
/** Every writer commits one short transaction, so whoever waits does not wait long. */
const PATIENCE_MS = 1_000;

/** state.db cannot be used as it must be. The message says what to do. */
export class StateUnusable extends Error {
  override readonly name = 'StateUnusable';
}

/** Made where it is not there. `tables` are `CREATE TABLE IF NOT EXISTS` statements of the file that opens it. Throws StateUnusable. */
export function openStateFile(folder: string, tables: readonly string[]): Database {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, STATE_FILE);
  // SQLite gives its WAL the mode of the database file, so the file is made before SQLite makes it.
  closeSync(openSync(file, 'a', 0o600));
  chmodSync(file, 0o600);
  const db = new SqliteDatabase(file, { timeout: PATIENCE_MS });
  try {
    set(db, 'journal_mode', 'WAL', 'wal');
    set(db, 'synchronous', 'FULL', 2);
    db.transaction(() => setUp(db, tables)).immediate();
    return db;
  } catch (fault) {
    db.close();
    const code = sqliteCode(fault);
    throw code === undefined ? fault : new StateUnusable(`${STATE_FILE} cannot be used (${code}). Put it back from its backup.`);
  }
}

function set(db: Database, name: string, value: string, readBack: unknown): void {
  db.pragma(`${name} = ${value}`);
  if (db.pragma(name, { simple: true }) !== readBack) {
    throw new StateUnusable(`${STATE_FILE} cannot be opened with ${name}=${value}. Put the data folder on a local disk.`);
  }
}

function setUp(db: Database, tables: readonly string[]): void {
  const format = Number(db.pragma('user_version', { simple: true }));
  if (format > FORMAT) throw new StateUnusable(`${STATE_FILE} was written by a newer version of Waymark. Start that version.`);
  for (const table of tables) db.exec(table);
  if (format < FORMAT) db.pragma(`user_version = ${FORMAT}`);
}
