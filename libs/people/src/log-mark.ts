/** How far the log was read for something about its keys: kept with the keys, because it goes back with them when they are restored. */
import type { Database, Statement } from 'better-sqlite3';

/** Stored format. `erased_up_to`: for people who are erased in it. `keys_up_to`: for keys that it needs; all of them were here. */
export type MarkName = 'erased_up_to' | 'keys_up_to';

/** One row at most. */
export function markTable(name: MarkName): string {
  return `CREATE TABLE IF NOT EXISTS ${name} (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  log_id TEXT NOT NULL,
  position TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT`;
}

/** A place in one log. */
export interface Mark {
  readonly logId: string;
  readonly position: string;
  /** Of the event there. */
  readonly hash: string;
}

export class LogMark {
  private readonly read: Statement<[], Mark>;
  private readonly write: Statement<[Mark]>;

  constructor(db: Database, name: MarkName) {
    this.read = db.prepare(`SELECT log_id AS logId, position, hash FROM ${name}`);
    this.write = db.prepare(
      `INSERT INTO ${name} VALUES (1, @logId, @position, @hash)
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
