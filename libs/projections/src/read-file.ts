/** The file of the read models, `read.db`: opened for the runner, recognised when somebody has deleted it, thrown away when it is damaged. */
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { sqliteCode } from '@waymark/kernel';

export function readFileOf(folder: string): string {
  return join(folder, 'read.db');
}

/** Which file stands at this path now; `undefined` = none. Another number = another file. */
export function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino;
}

/** For the runner alone. Disposable, so it need not survive a power cut: `synchronous` is NORMAL. */
export function openForRunner(folder: string, notice: (message: string) => void): Database {
  mkdirSync(folder, { recursive: true });
  const file = readFileOf(folder);
  // What a deleted file left behind must not meet the new one.
  if (inodeOf(file) === undefined) discard(file);
  try {
    return opened(file);
  } catch (fault) {
    const code = sqliteCode(fault);
    if (code !== 'SQLITE_NOTADB' && code !== 'SQLITE_CORRUPT') throw fault;
    notice(`The read models are damaged (${code}) and are rebuilt from the log`);
    discard(file);
    return opened(file);
  }
}

function opened(file: string): Database {
  const db = new SqliteDatabase(file);
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    db.pragma('cache_size = -65536');
    db.pragma('wal_autocheckpoint = 8000');
    return db;
  } catch (fault) {
    db.close();
    throw fault;
  }
}

function discard(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
}
