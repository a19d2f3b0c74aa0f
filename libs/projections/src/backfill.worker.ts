/**
 * The thread that copies what the WALs of databases hold into their files, while others write. A writer that does it itself
 * waits for the disk several times, and whoever waits for the writer waits with it. Writers go on doing it when much is left.
 */
import { statSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import SqliteDatabase, { type Database } from 'better-sqlite3';

export interface BackfillData {
  /** Database files; those that are not there are passed over until they are. */
  readonly files: readonly string[];
}

/** Little has come together in between, and a writer that fills its WAL within it is not slowed down more than before. */
const EVERY_MS = 200;

class Backfill {
  private db: Database | undefined;
  private inode: number | undefined;

  constructor(private readonly file: string) {}

  once(): void {
    try {
      const inode = statSync(this.file, { throwIfNoEntry: false })?.ino;
      if (inode !== this.inode) this.close();
      if (inode === undefined) return;
      this.db ??= new SqliteDatabase(this.file, { fileMustExist: true, timeout: 0 });
      this.inode = inode;
      // Passive: waits for nobody and holds nobody up.
      this.db.pragma('wal_checkpoint(PASSIVE)');
    } catch {
      // Locked, full or damaged: whoever writes there meets it too, and says so.
      this.close();
    }
  }

  close(): void {
    this.db?.close();
    this.db = undefined;
    this.inode = undefined;
  }
}

function run(main: NonNullable<typeof parentPort>, { files }: BackfillData): void {
  const backfills = files.map((file) => new Backfill(file));
  const timer = setInterval(() => {
    for (const backfill of backfills) backfill.once();
  }, EVERY_MS);
  main.once('message', () => {
    clearInterval(timer);
    for (const backfill of backfills) backfill.close();
    main.close();
  });
}

if (parentPort !== null) run(parentPort, workerData as BackfillData);
