/**
 * What one projection could not fold: the row key waits with every later event for it, whatever their stream, and all
 * other keys go on. In the same file and the same transaction as the rows.
 */
import type { Database } from 'better-sqlite3';
import { messageOf, type RecordedEvent } from '@waymark/kernel';
import type { Checkpoint } from './checkpoints';

/** Pauses before an event is tried again; after them its key waits for an operator. */
const RETRY_AFTER_MS = [200, 1_000];
/** More keys than this, and not the events are wrong but the program: the whole projection stops. */
export const MOST_PARKED_KEYS = 1_000;

export interface ParkedKey {
  readonly projection: string;
  readonly version: number;
  readonly key: string;
  readonly service: string;
  /** The event that could not be folded. */
  readonly eventId: string;
  readonly type: string;
  readonly position: string;
  readonly attempts: number;
  readonly error: string;
  /** `null` = no longer tried by itself. */
  readonly retryAt: string | null;
  readonly parkedAt: string;
  /** Events that wait, the one that could not be folded among them. */
  readonly queued: number;
}

/** A row that is not up to date. */
export type ParkedRow = Pick<ParkedKey, 'projection' | 'key' | 'service'>;

/** An event that waits, found again as the first one after `after`. */
export interface Queued {
  readonly position: string;
  readonly after: string;
  readonly eventId: string;
}

export const PARKING_TABLES = [
  `CREATE TABLE IF NOT EXISTS parked (
    name TEXT NOT NULL, version INTEGER NOT NULL, key TEXT NOT NULL, service TEXT NOT NULL, event_id TEXT NOT NULL, type TEXT NOT NULL,
    position TEXT NOT NULL, attempts INTEGER NOT NULL, error TEXT NOT NULL, retry_at TEXT, parked_at TEXT NOT NULL,
    PRIMARY KEY (name, version, key)) STRICT`,
  `CREATE TABLE IF NOT EXISTS queued (
    name TEXT NOT NULL, version INTEGER NOT NULL, key TEXT NOT NULL, position TEXT NOT NULL, after TEXT NOT NULL, event_id TEXT NOT NULL,
    PRIMARY KEY (name, version, key, position)) STRICT, WITHOUT ROWID`,
];

export const PARKED = `SELECT name AS projection, version, key, service, event_id AS eventId, type, position, attempts, error,
    retry_at AS retryAt, parked_at AS parkedAt,
    (SELECT count(*) FROM queued WHERE queued.name = parked.name AND queued.version = parked.version AND queued.key = parked.key) AS queued
  FROM parked ORDER BY name, version, position`;

/** More keys are parked than can be the fault of an event. */
export class TooManyParked extends Error {
  override readonly name = 'TooManyParked';
}

/** What went wrong, without what somebody wrote: the engine's own messages quote what they could not read. */
export function causeOf(fault: unknown): string {
  if (!(fault instanceof Error)) return typeof fault;
  const ours = Object.getPrototypeOf(fault) === Error.prototype || Object.hasOwn(fault, 'name');
  if (ours) return messageOf(fault);
  const at = /^\s+at (?:(\S+) )?.*?([\w.-]+\.[cm]?[jt]s:\d+)/m.exec(fault.stack ?? '');
  return at ? `${fault.name} in ${[at[1], at[2]].filter(Boolean).join(', ')}` : fault.name;
}

interface Failure {
  readonly event: RecordedEvent;
  readonly attempts: number;
  readonly error: string;
}

export class Parking {
  /** Key to when it is tried again; `null` = not by itself. */
  private held = new Map<string, string | null>();
  private failures = new Map<string, Failure>();
  private arrivals: (Queued & { readonly key: string })[] = [];
  private readonly statements;
  private readonly at: readonly [string, number];

  constructor(
    db: Database,
    { name, version }: Pick<Checkpoint, 'name' | 'version'>,
    private readonly clock: () => Date,
    /** Events that an operator has taken out, by id. */
    private readonly skips: Set<string>,
  ) {
    this.at = [name, version];
    const of = 'name = ? AND version = ?';
    this.statements = {
      keys: db.prepare<[string, number], { key: string; retryAt: string | null }>(
        `SELECT key, retry_at AS retryAt FROM parked WHERE ${of}`,
      ),
      park: db.prepare(
        `INSERT INTO parked (name, version, key, service, event_id, type, position, attempts, error, retry_at, parked_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name, version, key) DO UPDATE SET event_id = excluded.event_id,
         type = excluded.type, position = excluded.position, attempts = excluded.attempts, error = excluded.error, retry_at = excluded.retry_at`,
      ),
      attempts: db
        .prepare<[string, number, string, string], number>(`SELECT attempts FROM parked WHERE ${of} AND key = ? AND event_id = ?`)
        .pluck(),
      queue: db.prepare('INSERT INTO queued (name, version, key, position, after, event_id) VALUES (?, ?, ?, ?, ?, ?)'),
      queued: db.prepare<[string, number, string, number], Queued>(
        `SELECT position, after, event_id AS eventId FROM queued WHERE ${of} AND key = ? ORDER BY position LIMIT ?`,
      ),
      unqueue: db.prepare(`DELETE FROM queued WHERE ${of} AND key = ? AND position <= ?`),
      release: db.prepare(`DELETE FROM parked WHERE ${of} AND key = ?`),
      due: db.prepare(`UPDATE parked SET retry_at = ? WHERE ${of} AND (? IS NULL OR key = ?)`),
      keyOf: db.prepare<[string, number, string], string>(`SELECT key FROM queued WHERE ${of} AND event_id = ?`).pluck(),
    };
    this.load();
  }

  get size(): number {
    return this.held.size;
  }

  skipped(event: Pick<RecordedEvent, 'id'>): boolean {
    return this.skips.size > 0 && this.skips.has(event.id);
  }

  /** From now on; what waits under its key is another matter. */
  skip(eventId: string): void {
    this.skips.add(eventId);
  }

  holds(key: string): boolean {
    return this.held.size > 0 && this.held.has(key);
  }

  /** Waits for an operator: it is no longer tried by itself. */
  isParked(key: string): boolean {
    return this.held.get(key) === null;
  }

  /** A later event for a key that waits. */
  queue(key: string, event: RecordedEvent, after: string): void {
    this.arrivals.push({ key, position: event.position, after, eventId: event.id });
  }

  /** The key waits from this event on. Throws TooManyParked. */
  park(key: string, event: RecordedEvent, after: string, fault: unknown): void {
    if (this.held.size >= MOST_PARKED_KEYS)
      throw new TooManyParked(`More than ${MOST_PARKED_KEYS} rows cannot be folded; the last: ${causeOf(fault)}`);
    this.queue(key, event, after);
    this.fails(key, event, 1, fault);
  }

  /** It was tried again and could not be folded. */
  again(key: string, event: RecordedEvent, fault: unknown): void {
    this.fails(key, event, (this.statements.attempts.get(...this.at, key, event.id) ?? 0) + 1, fault);
  }

  /** Writes what waits. Inside the transaction of the rows. */
  write(): void {
    const now = this.clock().toISOString();
    for (const [key, { event, attempts, error }] of this.failures) {
      const retryAt = this.held.get(key) ?? null;
      this.statements.park.run(...this.at, key, event.meta.service, event.id, event.type, event.position, attempts, error, retryAt, now);
    }
    for (const { key, position, after, eventId } of this.arrivals) this.statements.queue.run(...this.at, key, position, after, eventId);
  }

  /** After the commit. */
  committed(): void {
    this.failures.clear();
    this.arrivals = [];
  }

  /** After a roll back: the tables are the truth. */
  forget(): void {
    this.committed();
    this.load();
  }

  /** Keys whose pause is over. */
  due(): string[] {
    if (this.held.size === 0) return [];
    const now = this.clock().toISOString();
    return [...this.held].filter(([, retryAt]) => retryAt !== null && retryAt <= now).map(([key]) => key);
  }

  /** All keys, or one, are tried again at the next turn. */
  tryNow(key?: string): void {
    this.statements.due.run(this.clock().toISOString(), ...this.at, key ?? null, key ?? null);
    this.load();
  }

  /** The key under which this event waits. */
  keyOf(eventId: string): string | undefined {
    return this.statements.keyOf.get(...this.at, eventId);
  }

  waiting(key: string, max: number): Queued[] {
    return this.statements.queued.all(...this.at, key, max);
  }

  /** Inside the transaction: everything up to here was folded or skipped. */
  through(key: string, position: string): void {
    this.statements.unqueue.run(...this.at, key, position);
  }

  /** Inside the transaction: nothing waits any more. */
  release(key: string): void {
    this.statements.release.run(...this.at, key);
    this.held.delete(key);
  }

  private fails(key: string, event: RecordedEvent, attempts: number, fault: unknown): void {
    const pause = RETRY_AFTER_MS[attempts - 1];
    this.held.set(key, pause === undefined ? null : new Date(this.clock().getTime() + pause).toISOString());
    this.failures.set(key, { event, attempts, error: causeOf(fault) });
  }

  private load(): void {
    this.held = new Map(this.statements.keys.all(...this.at).map(({ key, retryAt }) => [key, retryAt]));
  }
}
