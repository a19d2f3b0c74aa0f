/** Where each reaction stands in the log, and the events it could not deal with yet: in state.db, which is kept like the log itself. */
import type { Database } from 'better-sqlite3';
import { openStateFile } from './state-file';

export interface ReactionPlace {
  readonly logId: string;
  /** Of the last event that was dealt with; `''` before the first. */
  readonly position: string;
  /** Of that event: tells whether the log is still the one that was read. */
  readonly hash: string;
}

/** An event whose commands failed, or one behind it in the same stream. */
export interface Wait {
  readonly eventId: string;
  readonly stream: string;
  readonly revision: number;
  readonly position: string;
  /** Commands of this event that were answered before one failed. */
  readonly answered: number;
  readonly tries: number;
  /** Next try, UTC; `null` = parked: a person looks, or the next start tries again. */
  readonly nextAt: string | null;
  readonly error: string | null;
}

/** A stream of which a reaction has something left to do: its first event that could not be dealt with, and how many wait. */
export interface WaitingStream {
  readonly reaction: string;
  /** The stream, under which a retry is asked for. */
  readonly key: string;
  readonly eventId: string;
  readonly position: string;
  readonly attempts: number;
  /** That event among them. */
  readonly queued: number;
  readonly error: string | null;
  /** UTC; `null` = no longer tried by itself before the next start. */
  readonly retryAt: string | null;
}

const TABLES = [
  `CREATE TABLE IF NOT EXISTS reactions (
    name TEXT PRIMARY KEY, log_id TEXT NOT NULL, position TEXT NOT NULL, hash TEXT NOT NULL, updated_at TEXT NOT NULL) STRICT`,
  `CREATE TABLE IF NOT EXISTS reaction_waits (
    reaction TEXT NOT NULL, event_id TEXT NOT NULL, stream TEXT NOT NULL, revision INTEGER NOT NULL, position TEXT NOT NULL,
    answered INTEGER NOT NULL, tries INTEGER NOT NULL, next_at TEXT, error TEXT, PRIMARY KEY (reaction, event_id)) STRICT`,
];

const COLUMNS = 'event_id AS eventId, stream, revision, position, answered, tries, next_at AS nextAt, error';
/** Those behind the first of their stream have their turn after it. */
const IS_FIRST = `position = (SELECT min(position) FROM reaction_waits AS first
  WHERE first.reaction = reaction_waits.reaction AND first.stream = reaction_waits.stream)`;

export class ReactionPlaces {
  private readonly db: Database;

  constructor(
    folder: string,
    private readonly clock: () => Date,
  ) {
    this.db = openStateFile(folder, TABLES);
  }

  find(name: string): ReactionPlace | undefined {
    return this.db.prepare<[string], ReactionPlace>('SELECT log_id AS logId, position, hash FROM reactions WHERE name = ?').get(name);
  }

  /** Everything up to here was answered, or waits. */
  move(name: string, { logId, position, hash }: ReactionPlace): void {
    this.db
      .prepare('INSERT OR REPLACE INTO reactions (name, log_id, position, hash, updated_at) VALUES (?, ?, ?, ?, ?)')
      .run(name, logId, position, hash, this.clock().toISOString());
  }

  /** What waited belonged to a log that is not this one. */
  begin(name: string, place: ReactionPlace): void {
    this.db.transaction(() => {
      this.db.prepare('DELETE FROM reaction_waits WHERE reaction = ?').run(name);
      this.move(name, place);
    })();
  }

  /** Streams of which something waits. */
  waitingStreams(name: string): Set<string> {
    return new Set(this.db.prepare<[string], string>('SELECT DISTINCT stream FROM reaction_waits WHERE reaction = ?').pluck().all(name));
  }

  /** The waits that are due now, one a stream, oldest first. */
  due(name: string, now: string): Wait[] {
    return this.db
      .prepare<[string, string], Wait>(
        `SELECT ${COLUMNS} FROM reaction_waits WHERE reaction = ? AND next_at <= ? AND ${IS_FIRST} ORDER BY position`,
      )
      .all(name, now);
  }

  counts(name: string): { readonly waiting: number; readonly parked: number } {
    return this.db
      .prepare<[string], { waiting: number; parked: number }>(
        'SELECT count(*) AS waiting, count(*) FILTER (WHERE next_at IS NULL) AS parked FROM reaction_waits WHERE reaction = ?',
      )
      .get(name)!;
  }

  /** Of all reactions. */
  waiting(): WaitingStream[] {
    return this.db
      .prepare<[], WaitingStream>(
        `SELECT reaction, stream AS key, event_id AS eventId, position, tries AS attempts, error, next_at AS retryAt,
           (SELECT count(*) FROM reaction_waits AS other
             WHERE other.reaction = reaction_waits.reaction AND other.stream = reaction_waits.stream) AS queued
         FROM reaction_waits WHERE ${IS_FIRST} ORDER BY reaction, position`,
      )
      .all();
  }

  /** The stream in which this event waits. */
  streamOf(name: string, eventId: string): string | undefined {
    return this.db
      .prepare<[string, string], string>('SELECT stream FROM reaction_waits WHERE reaction = ? AND event_id = ?')
      .pluck()
      .get(name, eventId);
  }

  put(name: string, { eventId, stream, revision, position, answered, tries, nextAt, error }: Wait): void {
    this.db
      .prepare(
        `INSERT OR REPLACE INTO reaction_waits (reaction, event_id, stream, revision, position, answered, tries, next_at, error)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(name, eventId, stream, revision, position, answered, tries, nextAt, error);
  }

  remove(name: string, eventId: string): void {
    this.db.prepare('DELETE FROM reaction_waits WHERE reaction = ? AND event_id = ?').run(name, eventId);
  }

  /** A start tries everything that waits, an operator one stream of it: now, and with all its tries before it. */
  retryNow(name: string, stream?: string): void {
    this.db
      .prepare('UPDATE reaction_waits SET tries = 0, next_at = ? WHERE reaction = ? AND (? IS NULL OR stream = ?)')
      .run(this.clock().toISOString(), name, stream ?? null, stream ?? null);
  }

  close(): void {
    this.db.close();
  }
}
