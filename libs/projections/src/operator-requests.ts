/** What operators ask of the runner, in state.db: each request with who asked, how far it is and how it ended; and what was skipped or paused. */
import type { Database } from 'better-sqlite3';
import { openStateFile } from './state-file';

export type ReadModelRequest = 'rebuild' | 'pause' | 'resume' | 'retry' | 'skip' | 'drop';
export type ReactionRequest = 'retry-reaction' | 'skip-reaction';
/** Each kind has one that carries it out: the runner's thread those of read models, whoever runs the reactions the others. */
export type RequestKind = ReadModelRequest | ReactionRequest;

export function isOfReaction(kind: RequestKind): kind is ReactionRequest {
  return kind === 'retry-reaction' || kind === 'skip-reaction';
}

/** A request before it is written down. */
export interface Asked {
  readonly kind: RequestKind;
  /** Name of a projection, whatever its version, or of a reaction. */
  readonly projection: string;
  /** Of a retry the row key, of a reaction's retry the stream, of a skip the event id, of a drop the version; else absent. */
  readonly subject?: string;
  /** Why an event is skipped. */
  readonly reason?: string;
  readonly askedBy: string;
}

export interface OperatorRequest {
  readonly id: number;
  readonly kind: RequestKind;
  readonly projection: string;
  readonly subject: string | null;
  readonly reason: string | null;
  readonly askedBy: string;
  readonly askedAt: string;
  readonly status: 'waiting' | 'running' | 'done' | 'failed';
  readonly percent: number | null;
  /** Events a second. */
  readonly rate: number | null;
  /** Why it failed. Never holds personal data. */
  readonly error: string | null;
  /** What came of it, as JSON: of a rebuild how the new table differs from the old one. */
  readonly result: string | null;
  readonly finishedAt: string | null;
}

export interface Skip {
  readonly projection: string;
  readonly eventId: string;
  readonly reason: string;
  readonly skippedBy: string;
  readonly skippedAt: string;
}

const TABLES = [
  `CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, projection TEXT NOT NULL, subject TEXT, reason TEXT,
    asked_by TEXT NOT NULL, asked_at TEXT NOT NULL, status TEXT NOT NULL, percent REAL, rate REAL, error TEXT, result TEXT,
    finished_at TEXT) STRICT`,
  'CREATE INDEX IF NOT EXISTS requests_open ON requests (id) WHERE finished_at IS NULL',
  `CREATE TABLE IF NOT EXISTS skips (
    projection TEXT NOT NULL, event_id TEXT NOT NULL, reason TEXT NOT NULL, skipped_by TEXT NOT NULL, skipped_at TEXT NOT NULL,
    PRIMARY KEY (projection, event_id)) STRICT`,
  'CREATE TABLE IF NOT EXISTS pauses (projection TEXT PRIMARY KEY, paused_by TEXT NOT NULL, paused_at TEXT NOT NULL) STRICT',
];

const COLUMNS = `id, kind, projection, subject, reason, asked_by AS askedBy, asked_at AS askedAt, status, percent, rate, error, result,
  finished_at AS finishedAt`;

export class OperatorRequests {
  private readonly db: Database;
  private readonly open;
  private readonly one;
  private readonly progressed;

  constructor(
    folder: string,
    private readonly clock: () => Date = () => new Date(),
  ) {
    this.db = openStateFile(folder, TABLES);
    this.open = this.db.prepare<[], OperatorRequest>(`SELECT ${COLUMNS} FROM requests WHERE finished_at IS NULL ORDER BY id`);
    this.one = this.db.prepare<[number], OperatorRequest>(`SELECT ${COLUMNS} FROM requests WHERE id = ?`);
    this.progressed = this.db.prepare(`UPDATE requests SET status = 'running', percent = ?, rate = ? WHERE id = ? AND finished_at IS NULL`);
  }

  /** Writes the request down. The same request, still open, is not asked twice: its id is given again. */
  ask({ kind, projection, subject, reason, askedBy }: Asked): number {
    return this.db
      .transaction(() => {
        const same = this.unfinished().find(
          (open) => open.kind === kind && open.projection === projection && open.subject === (subject ?? null),
        );
        if (same) return same.id;
        const { lastInsertRowid } = this.db
          .prepare(
            `INSERT INTO requests (kind, projection, subject, reason, asked_by, asked_at, status) VALUES (?, ?, ?, ?, ?, ?, 'waiting')`,
          )
          .run(kind, projection, subject ?? null, reason ?? null, askedBy, this.now());
        return Number(lastInsertRowid);
      })
      .immediate();
  }

  /** In the order in which they were asked. */
  unfinished(): OperatorRequest[] {
    return this.open.all();
  }

  find(id: number): OperatorRequest | undefined {
    return this.one.get(id);
  }

  progress(id: number, percent: number, rate: number | null): void {
    this.progressed.run(percent, rate, id);
  }

  done(id: number, result?: object): void {
    this.finish(id, 'done', null, result === undefined ? null : JSON.stringify(result));
  }

  failed(id: number, error: string): void {
    this.finish(id, 'failed', error, null);
  }

  /** Holds for this version and every later one, for every rebuild, and for a reaction that begins anew. Written before anybody acts on it. */
  skip({ projection, subject, reason, askedBy }: OperatorRequest): void {
    this.db
      .prepare('INSERT OR IGNORE INTO skips (projection, event_id, reason, skipped_by, skipped_at) VALUES (?, ?, ?, ?, ?)')
      .run(projection, subject, reason, askedBy, this.now());
  }

  skips(): Skip[] {
    return this.db
      .prepare<[], Skip>(
        'SELECT projection, event_id AS eventId, reason, skipped_by AS skippedBy, skipped_at AS skippedAt FROM skips ORDER BY skipped_at, event_id',
      )
      .all();
  }

  /** Ids of the events that this projection, or reaction, passes over. */
  skippedBy(projection: string): Set<string> {
    return new Set(
      this.skips()
        .filter((skip) => skip.projection === projection)
        .map(({ eventId }) => eventId),
    );
  }

  pause(projection: string, by: string): void {
    this.db.prepare('INSERT OR IGNORE INTO pauses (projection, paused_by, paused_at) VALUES (?, ?, ?)').run(projection, by, this.now());
  }

  resume(projection: string): void {
    this.db.prepare('DELETE FROM pauses WHERE projection = ?').run(projection);
  }

  /** Who paused it; `undefined` = nobody. */
  pausedBy(projection: string): string | undefined {
    return this.db.prepare<[string], string>('SELECT paused_by FROM pauses WHERE projection = ?').pluck().get(projection);
  }

  close(): void {
    this.db.close();
  }

  private finish(id: number, status: 'done' | 'failed', error: string | null, result: string | null): void {
    this.db
      .prepare(
        `UPDATE requests SET status = ?, error = ?, result = ?, finished_at = ?, percent = iif(? = 'done', 100, percent) WHERE id = ?`,
      )
      .run(status, error, result, this.now(), status, id);
  }

  private now(): string {
    return this.clock().toISOString();
  }
}
