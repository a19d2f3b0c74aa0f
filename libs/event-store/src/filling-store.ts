/**
 * A store for filling a log with a history that was made up: large commits, nothing durable before somebody syncs the file,
 * and the streams that are being worked on in memory. A log that holds a part of the history already is filled on by making
 * it again from its beginning: what is stored must come again, event by event, and only the rest is written.
 */
import type { Database, Statement } from 'better-sqlite3';
import { randomUUID } from 'node:crypto';
import type { NewEvent, RecordedEvent } from '@waymark/kernel';
import { accepted } from './acceptable';
import type { AppendResult, EventStore, ExpectedRevision, SubscribeOptions, SubscriptionMessage } from './event-store';
import { isAskedFor } from './filter';
import { logIdIn, openForWriting } from './log-file';
import { event, EVENT_COLUMNS, PAGE_EVENTS, type EventRow, type Page } from './log-reader';
import { LogWriter } from './log-writer';
import { firstRevision } from './placing';
import { numberOf, positionOf } from './position';
import { Commits, eventsUntilCaughtUp, subscription } from './subscription';

/** The log holds something else than the history that is made now. */
export class FilledDifferently extends Error {
  override readonly name = 'FilledDifferently';
}

const EVENTS_A_COMMIT = 1_000;
const EVENTS_AT_HAND = 15_000;

export interface FillingStoreOptions {
  readonly folder: string;
  readonly clock: () => Date;
  /** Hears of every append of the history, written or there already. */
  readonly appended?: (events: readonly NewEvent[]) => void;
  /** How many events come to hand before those of streams that were not asked for meanwhile are forgotten, and read from the log when asked for. */
  readonly eventsAtHand?: number;
}

export class FillingStore implements EventStore {
  readonly logId: string;
  private readonly db: Database;
  private readonly writer: LogWriter;
  private atHand = new Map<string, RecordedEvent[]>();
  private lately = new Map<string, RecordedEvent[]>();
  private eventsAtHand = 0;
  private readonly rowsOf: Statement<[string, number], EventRow>;
  private readonly rowsAfter: Statement<[number, number], EventRow>;
  private readonly commits = new Commits();
  /** Of the last event that was stored when it was opened. */
  private readonly storedBefore: number;
  /** Of the last event of the history so far. */
  private made = 0;
  private readonly appended: FillingStoreOptions['appended'];
  private readonly mostAtHand: number;
  private uncommitted = 0;
  private before: RecordedEvent[] = [];

  constructor({ folder, clock, appended, eventsAtHand = EVENTS_AT_HAND }: FillingStoreOptions) {
    this.appended = appended;
    this.mostAtHand = eventsAtHand;
    this.db = openForWriting(folder, randomUUID(), clock(), 'off');
    this.db.pragma('cache_size = -65536');
    this.db.pragma('wal_autocheckpoint = 16000');
    this.writer = new LogWriter(this.db, clock);
    this.rowsOf = this.db
      .prepare<[string, number], EventRow>(`SELECT ${EVENT_COLUMNS} FROM events WHERE stream = ? AND position <= ? ORDER BY revision`)
      .raw();
    this.rowsAfter = this.db
      .prepare<[number, number], EventRow>(`SELECT ${EVENT_COLUMNS} FROM events WHERE position > ? ORDER BY position LIMIT ?`)
      .raw();
    this.logId = logIdIn(this.db);
    this.storedBefore = this.db.prepare<[], number | null>('SELECT max(position) FROM events').pluck().get() ?? 0;
  }

  /** Whether what comes now is stored already. */
  get isRepeating(): boolean {
    return this.made < this.storedBefore;
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    const known = this.stream(stream);
    if (known.length !== firstRevision(expected)) return { outcome: 'conflict', actual: known.length === 0 ? 'none' : known.length - 1 };
    const result = this.isRepeating ? this.again(stream, events) : this.stored(stream, expected, events);
    if (result.outcome !== 'appended') return result;
    known.push(...result.events);
    this.eventsAtHand += events.length;
    this.made += events.length;
    this.appended?.(events);
    return result;
  }

  async read(stream: string, from = 0, max = Number.MAX_SAFE_INTEGER): Promise<RecordedEvent[]> {
    return this.stream(stream).slice(from, from + max);
  }

  /** What was made so far; it never waits for more than there is. */
  subscribe(options: SubscribeOptions = {}): AsyncIterable<SubscriptionMessage> {
    return subscription((after) => this.look(after, options), this.commits, options);
  }

  readAll(options: SubscribeOptions = {}): AsyncIterable<RecordedEvent> {
    return eventsUntilCaughtUp(this.subscribe(options));
  }

  async head(): Promise<string | undefined> {
    return this.made === 0 ? undefined : positionOf(this.made);
  }

  async hashAt(position: string): Promise<string | undefined> {
    const number = numberOf(position);
    return number > this.made ? undefined : this.rowsAfter.all(number - 1, 1).map(event)[0]?.hash;
  }

  /** Commits. The file is on disk once it has been synced. */
  async close(): Promise<void> {
    this.commit();
    this.commits.close();
    this.db.pragma('wal_checkpoint(TRUNCATE)');
    this.writer.close();
  }

  private stream(stream: string): RecordedEvent[] {
    const held = this.atHand.get(stream);
    if (held) return held;
    const found = this.lately.get(stream) ?? this.rowsOf.all(stream, this.made).map(event);
    this.atHand.set(stream, found);
    this.eventsAtHand += found.length;
    if (this.eventsAtHand >= this.mostAtHand) {
      this.lately = this.atHand;
      this.atHand = new Map([[stream, found]]);
      this.eventsAtHand = found.length;
    }
    return found;
  }

  private stored(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): AppendResult {
    if (!this.db.inTransaction && !this.writer.begin()) throw new Error('Another process writes to the log that is being filled');
    const result = this.writer.append(stream, expected, accepted(stream, expected, events));
    this.uncommitted += events.length;
    if (this.uncommitted >= EVENTS_A_COMMIT) this.commit();
    return result;
  }

  private again(stream: string, events: readonly NewEvent[]): AppendResult {
    if (this.before.length < events.length) this.before = this.rowsAfter.all(this.made, PAGE_EVENTS).map(event);
    const stored = this.before.splice(0, events.length);
    const same = events.every(({ id }, i) => stored[i]?.id === id && stored[i]?.stream === stream);
    if (!same) throw new FilledDifferently(`Position ${this.made + 1} of the log holds another event than the history that is made now`);
    return { outcome: 'appended', events: stored };
  }

  private commit(): void {
    if (this.db.inTransaction) this.writer.commit();
    this.uncommitted = 0;
  }

  private look(after: string | undefined, { filter = {} }: SubscribeOptions): Page {
    const from = numberOf(after);
    const rows = this.rowsAfter.all(from, Math.min(PAGE_EVENTS, this.made - from)).map(event);
    return {
      events: rows.filter((event) => isAskedFor(event, filter)),
      through: rows.at(-1)?.position ?? after,
      atHead: from + rows.length >= this.made,
    };
  }
}
