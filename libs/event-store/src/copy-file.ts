/** A copy of a SQLite file as it was at one moment, whoever goes on writing to it: complete in itself, without a WAL beside it. */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import Database from 'better-sqlite3';

/** How long one may wait for a connection that is just being set up. */
const PATIENCE_MS = 5_000;

/**
 * To a file that is not there yet, readable by its owner alone, on the disk when this returns. Reads every row in one read
 * transaction: writers are not held up, a damaged page is a fault and is not copied on, and what lies in free pages stays behind.
 */
export function copyFileOfDatabase(from: string, to: string): void {
  const db = new Database(from, { readonly: true, fileMustExist: true, timeout: PATIENCE_MS });
  try {
    closeSync(openSync(to, 'wx', 0o600));
    db.prepare('VACUUM INTO ?').run(to);
  } finally {
    db.close();
  }
  syncToDisk(to);
}

/** A file, or the entries of a folder. */
export function syncToDisk(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
