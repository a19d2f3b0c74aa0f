/** How far the log was read for people who are erased in it: kept with the keys, because it goes back with them when they are restored. */
import type { Database, Statement } from 'better-sqlite3';

/** Stored format. One row at most. */
export const ERASED_UP_TO_TABLE = `CREATE TABLE IF NOT EXISTS erased_up_to (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  log_id TEXT NOT NULL,
  position TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT`;

/** A place in one log. */
export interface Mark {
  readonly logId: string;
  readonly position: string;
  /** Of the event there. */
  readonly hash: string;
}

export class ErasedUpTo {
  private readonly read: Statement<[], Mark>;
  private readonly write: Statement<[Mark]>;

  constructor(db: Database) {
    this.read = db.prepare('SELECT log_id AS logId, position, hash FROM erased_up_to');
    this.write = db.prepare(
      `INSERT INTO erased_up_to VALUES (1, @logId, @position, @hash)
       ON CONFLICT (one) DO UPDATE SET log_id = excluded.log_id, position = excluded.position, hash = excluded.hash`,
    );
  }

  get mark(): Mark | undefined {
    return this.read.get();
  }

  /** Within a write transaction of the caller. */
  move(mark: Mark): void {
    this.write.run(mark);
  }
}
