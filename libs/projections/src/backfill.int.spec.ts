/** The thread that copies WALs into their files: it does so while somebody writes, follows a file that is replaced, and ends. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { startBackfill, type Backfilling } from './backfill';

let folder: string;
let file: string;
let backfill: Backfilling | undefined;
let writer: Database | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-backfill-'));
  file = join(folder, 'some.db');
});
afterEach(async () => {
  await backfill?.stop();
  writer?.close();
  rmSync(folder, { recursive: true, force: true });
});

function start(): void {
  backfill = startBackfill({ files: [file], execArgv: ['-r', join(__dirname, 'testing/typescript.cjs')] });
}

/** A writer who never copies anything himself. */
function written(rows: number): void {
  writer = new SqliteDatabase(file);
  writer.pragma('journal_mode = WAL');
  writer.pragma('wal_autocheckpoint = 0');
  writer.exec('CREATE TABLE seen (n INTEGER)');
  for (let n = 0; n < rows; n++) writer.prepare('INSERT INTO seen VALUES (?)').run(n);
}

/** How many rows stand in the file itself, without its WAL. */
function inTheFile(): number {
  const alone = join(folder, 'alone.db');
  copyFileSync(file, alone);
  const db = new SqliteDatabase(alone);
  try {
    return db.prepare<[], number>('SELECT count(*) FROM seen').pluck().get()!;
  } catch {
    return 0;
  } finally {
    db.close();
  }
}

async function until(rows: number): Promise<void> {
  while (inTheFile() !== rows) await new Promise((resolve) => setTimeout(resolve, 20));
}

it('what was committed reaches the file while its writer is open', async () => {
  written(100);
  expect(inTheFile()).toBe(0);
  start();
  await until(100);
  writer!.prepare('INSERT INTO seen VALUES (100)').run();
  await until(101);
});

it('waits for a file that is not there yet, and follows it when it is replaced', async () => {
  start();
  written(3);
  await until(3);
  writer!.close();
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
  written(5);
  await until(5);
});
