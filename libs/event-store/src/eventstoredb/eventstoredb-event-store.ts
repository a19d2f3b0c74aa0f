/**
 * The log on an EventStoreDB server: unary appends at `none` or an exact revision, sent again with the same ids until the answer
 * is clear, and read back, so that what is answered is what is stored.
 */
import { RecentlyUsed, type NewEvent, type RecordedEvent } from '@waymark/kernel';
import { accepted, type AcceptedEvent } from '../acceptable';
import { BEFORE_THE_FIRST, hashOfLink } from '../chain';
import {
  LogUnusable,
  UnknownAppendOutcome,
  type AppendResult,
  type EventStore,
  type ExpectedRevision,
  type SubscribeOptions,
  type SubscriptionMessage,
} from '../event-store';
import { firstRevision, placing, recordedAtAfter } from '../placing';
import { numberOf } from '../position';
import { eventsUntilCaughtUp } from '../subscription';
import { meaningOf } from './answers';
import { asked, BUDGET_MS } from './asking';
import { Connection } from './connection';
import { follow } from './following';
import { InHand } from './in-hand';
import { LogIdentity } from './log-identity';
import { isEventOf, recordedForm, sentForm, type Linked } from './stored-form';

export interface EventStoreDbOptions {
  /** `esdb://…`: one node, or all of a cluster. */
  readonly url: string;
  readonly clock?: () => Date;
  /** Stands before the name of every stream on the server, so that several logs can be on one. Nothing when absent. */
  readonly prefix?: string;
  /** A log of which an import has left only a part is refused, except to who goes on with the import or looks at what is there. */
  readonly evenPart?: boolean;
  /** Hears in one line what is wrong with the server, and when it is over. */
  readonly notice?: (message: string, trouble: boolean) => void;
}

/** Their time begins when they are sent, not while they wait. */
const APPENDS_AT_ONCE = 64;
const PAGE_EVENTS = 500;
/** Streams whose last hash is remembered, so that an append after a read asks nothing more. */
const TAILS = 10_000;

interface Tail {
  readonly revision: number;
  readonly hash: string;
}

/** In words for whoever runs it. */
export const ONLY_A_PART =
  'EVENTSTOREDB_URL: the log on this server is only a part of one: waymark events import did not end. Run it again with the same file; it goes on';

/** Opens the log and learns its id. Throws `LogUnusable` when no server answers, or it holds only a part of a log. */
export async function openEventStoreDb(options: EventStoreDbOptions): Promise<EventStoreDbEventStore> {
  const connect = await Connection.to(options.url);
  const store = new EventStoreDbEventStore(options, connect);
  await store.attach();
  return store;
}

export class EventStoreDbEventStore implements EventStore {
  /** Apart, so that a reader who waits does not hold up a writer. */
  private readonly appends: Connection;
  private readonly reads: Connection;
  private readonly tails = new RecentlyUsed<string, Tail>(TAILS);
  /** Positions that were answered as new: what comes twice in one moment is new only once. */
  private readonly answered = new RecentlyUsed<string, true>(TAILS);
  private readonly inHand = new InHand(APPENDS_AT_ONCE);
  private readonly ended = new AbortController();
  private readonly underway = new Set<Promise<unknown>>();
  private readonly prefix: string;
  private readonly identity: LogIdentity;
  private recordedAt: string | undefined;

  constructor(
    private readonly options: EventStoreDbOptions,
    private readonly connect: () => Connection,
  ) {
    this.prefix = options.prefix ?? '';
    this.appends = connect();
    this.reads = connect();
    this.identity = new LogIdentity(this.reads, this.prefix, options.notice ?? (() => {}));
  }

  /** Until the first append, the id that the log will get unless another process makes it first. */
  get logId(): string {
    return this.identity.id;
  }

  /** Tells this database from every other, as far as the server shows it. */
  get database(): string | undefined {
    return this.identity.database;
  }

  async attach(): Promise<void> {
    try {
      await this.mustBeWhole();
      this.recordedAt = (await this.last())?.recordedAt;
    } catch (fault) {
      await this.close();
      if (!(fault instanceof UnknownAppendOutcome)) throw fault;
      throw new LogUnusable('EVENTSTOREDB_URL: no server answers there; start it, or name another', { cause: fault.cause });
    }
  }

  /** An import did not end. */
  isPart(): Promise<boolean> {
    return this.identity.isPart();
  }

  /** For an import alone. */
  sayWhetherPart(isPart: boolean): Promise<void> {
    return this.identity.sayWhetherPart(isPart, this.appends);
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    if (this.ended.signal.aborted) throw new Error('This event store is closed');
    const ready = accepted(stream, expected, events);
    const appending = this.inHand.run(() => this.placed(stream, expected, ready));
    this.underway.add(appending);
    try {
      return await appending;
    } finally {
      this.underway.delete(appending);
    }
  }

  /**
   * Events of one stream as they stood in another log, with their own times and hashes. `false` when the stream holds others there.
   * For an import alone, which has said that it is one: nothing is decided or computed here.
   */
  async appendLinked(linked: readonly Linked[]): Promise<boolean> {
    const { stream, revision } = linked[0]!;
    const expected = revision === 0 ? 'none' : revision - 1;
    try {
      await asked(`${linked.length} events for ${stream}`, this.appends, () => this.sent(stream, expected, linked));
    } catch (fault) {
      if (meaningOf(fault) !== 'conflict') throw fault;
    }
    const stored = await this.page(stream, revision, linked.length);
    return stored.length === linked.length && stored.every(({ hash }, i) => hash === linked[i]!.hash);
  }

  async read(stream: string, from = 0, max = Number.MAX_SAFE_INTEGER): Promise<RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    while (events.length < max) {
      const wanted = Math.min(PAGE_EVENTS, max - events.length);
      const page = await this.page(stream, from + events.length, wanted);
      events.push(...page);
      if (page.length < wanted) break;
    }
    return events;
  }

  /** A server that stays away is waited for without end, until the signal. */
  subscribe(options: SubscribeOptions = {}): AsyncIterable<SubscriptionMessage> {
    return this.followed(options);
  }

  /** Whoever wants all there is now wants an answer: a server that stays away is given up, with `UnknownAppendOutcome`. */
  readAll(options: SubscribeOptions = {}): AsyncIterable<RecordedEvent> {
    return eventsUntilCaughtUp(this.followed(options, BUDGET_MS));
  }

  private followed(options: SubscribeOptions, patienceMs?: number): AsyncIterable<SubscriptionMessage> {
    const signal = options.signal ? AbortSignal.any([options.signal, this.ended.signal]) : this.ended.signal;
    return follow(
      { ...options, signal },
      {
        connect: this.connect,
        prefix: this.prefix,
        ...(patienceMs === undefined ? {} : { patienceMs }),
        known: () => this.identity.beginning(),
        holds: (position, hash) => this.holds(position, hash),
        notice: this.options.notice ?? (() => {}),
      },
    );
  }

  async head(): Promise<string | undefined> {
    return (await this.last())?.position;
  }

  async hashAt(position: string): Promise<string | undefined> {
    const number = BigInt(numberOf(position));
    const found = await asked(`position ${position}`, this.reads, () => this.reads.at(number));
    return found && isEventOf(this.prefix, found) ? recordedForm(found, this.prefix).hash : undefined;
  }

  /** What was appended before is answered first; subscriptions end. */
  async close(): Promise<void> {
    this.ended.abort();
    await Promise.allSettled(this.underway);
    await Promise.all([this.appends.close(), this.reads.close()]);
  }

  private async holds(position: string, hash: string | undefined): Promise<boolean> {
    if (!(await this.identity.isThere())) return false;
    const found = await this.hashAt(position);
    return found !== undefined && (hash === undefined || found === hash);
  }

  private async mustBeWhole(): Promise<void> {
    if ((await this.identity.isPart()) && !this.options.evenPart) throw new LogUnusable(ONLY_A_PART);
  }

  private async placed(stream: string, expected: ExpectedRevision, events: readonly AcceptedEvent[]): Promise<AppendResult> {
    await this.identity.make(this.appends);
    await this.mustBeWhole();
    const first = firstRevision(expected);
    const tail = await this.tailAt(stream, first - 1);
    // Nothing stands there to follow on: whatever the stream holds instead tells the rest.
    if (tail === undefined) return this.compared(stream, expected, events);

    const linked = this.linked(stream, tail, events);
    let position: bigint | undefined;
    try {
      position = await asked(`${events.length} events for ${stream}`, this.appends, () => this.sent(stream, expected, linked));
    } catch (fault) {
      if (meaningOf(fault) !== 'conflict') throw fault;
      return this.compared(stream, expected, events);
    }
    // A success may be that of an earlier append with these ids, whose times and hashes are its own.
    const stored = await this.page(stream, first, events.length);
    if (stored.length < events.length) {
      // A success that does not say where is that of an original which nobody can read any more.
      if (position === undefined) throw deleted(stream, 'and what it held cannot be read');
      throw new UnknownAppendOutcome(`The server has said that ${stream} was stored, and does not show it`);
    }
    const isNew = stored.every(({ hash, position }, i) => hash === linked[i]!.hash && !this.answered.get(position));
    for (const { position } of stored) this.answered.set(position, true);
    return { outcome: isNew ? 'appended' : 'repeated', events: stored };
  }

  /** One try. A stream that was deleted on the server goes on at its old revision; what is stored there cannot be read in order. */
  private async sent(stream: string, expected: ExpectedRevision, linked: readonly Linked[]): Promise<bigint | undefined> {
    const { revision, position } = await this.appends.append(this.prefix + stream, expected, linked.map(sentForm));
    if (revision !== firstRevision(expected) + linked.length - 1) throw deleted(stream, `and goes on at revision ${revision}`);
    return position;
  }

  /** The stream stands elsewhere than expected: a repeat, a conflict or a defect, by what it holds. */
  private async compared(stream: string, expected: ExpectedRevision, events: readonly AcceptedEvent[]): Promise<AppendResult> {
    const first = firstRevision(expected);
    const stored = await this.page(stream, first, events.length);
    const last = await asked(stream, this.reads, () => this.reads.lastOf(this.prefix + stream));
    const head = last?.revision ?? -1;
    const outcome = head < first ? 'conflict' : placing(stream, expected, head, events, () => stored.map(({ id }) => id));
    if (outcome === 'repeated') return { outcome, events: stored };
    return { outcome: 'conflict', actual: head < 0 ? 'none' : head };
  }

  private linked(stream: string, tail: Tail, events: readonly AcceptedEvent[]): Linked[] {
    const { clock = () => new Date() } = this.options;
    const recordedAt = (this.recordedAt = recordedAtAfter(this.recordedAt, clock()));
    let { revision, hash: previousHash } = tail;
    return events.map(({ event: { id, type, schemaVersion, occurredAt, data, meta }, ...texts }) => {
      revision++;
      const placed = { id, stream, revision, type, schemaVersion, occurredAt, recordedAt, previousHash };
      const hash = hashOfLink({ ...placed, ...texts });
      previousHash = hash;
      return { ...placed, data, meta, hash };
    });
  }

  /** The event at this revision, which the next one follows on; `undefined` when the stream does not reach so far. */
  private async tailAt(stream: string, revision: number): Promise<Tail | undefined> {
    if (revision < 0) return { revision, hash: BEFORE_THE_FIRST };
    const known = this.tails.get(stream);
    if (known?.revision === revision) return known;
    await this.page(stream, revision, 1);
    const read = this.tails.get(stream);
    return read?.revision === revision ? read : undefined;
  }

  private async page(stream: string, from: number, max: number): Promise<RecordedEvent[]> {
    const stored = await asked(stream, this.reads, () => this.reads.readStream(this.prefix + stream, from, max));
    if (stored[0] && stored[0].revision !== from) throw deleted(stream, `up to revision ${stored[0].revision}`);
    const events = stored.map((each) => recordedForm(each, this.prefix));
    const last = events.at(-1);
    if (last) this.tails.set(stream, { revision: last.revision, hash: last.hash });
    return events;
  }

  /** Backwards from the end of the server, past what is not of this log, and no further than where this log begins. */
  private async last(): Promise<RecordedEvent | undefined> {
    const beginning = await this.identity.beginning();
    for (let before: bigint | undefined; beginning !== undefined;) {
      const page = await asked('the end of the log', this.reads, () => this.reads.before(before, PAGE_EVENTS));
      const own = page.find((stored) => isEventOf(this.prefix, stored));
      if (own) return recordedForm(own, this.prefix);
      before = page.at(-1)?.position;
      if (before === undefined || before <= beginning) return undefined;
    }
    return undefined;
  }
}

function deleted(stream: string, so: string): LogUnusable {
  return new LogUnusable(`${stream} was deleted on the server ${so}; restore it from a backup`);
}
