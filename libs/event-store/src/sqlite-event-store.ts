/** The log in one SQLite file: durable before it answers, one commit for all appends of a turn, open to other processes. */
import { randomUUID } from 'node:crypto';
import type { NewEvent, RecordedEvent } from '@waymark/kernel';
import { accepted } from './acceptable';
import type { AppendResult, EventStore, ExpectedRevision, SubscribeOptions, SubscriptionMessage } from './event-store';
import { GroupCommit } from './group-commit';
import { openForWriting, type Synchronous } from './log-file';
import { LogReader } from './log-reader';
import { LogWriter } from './log-writer';
import { Commits, eventsUntilCaughtUp, subscription } from './subscription';

export interface OpenEventStoreOptions {
  /** Made on the first write. */
  readonly folder: string;
  /** `off` gives up durability; for tests only. */
  readonly synchronous?: Synchronous;
  readonly clock?: () => Date;
  readonly readOnly?: boolean;
}

export function openEventStore(options: OpenEventStoreOptions): SqliteEventStore {
  return new SqliteEventStore(options);
}

export class SqliteEventStore implements EventStore {
  private readonly reader: LogReader;
  private readonly commits: Commits;
  private readonly group: GroupCommit;
  private readonly drawnId = randomUUID();
  private writer: LogWriter | undefined;
  private closed = false;

  constructor(private readonly options: OpenEventStoreOptions) {
    this.reader = new LogReader(options.folder);
    this.commits = new Commits(othersHaveWritten(this.reader));
    this.group = new GroupCommit(
      () => this.openWriter(),
      () => this.commits.happened(),
    );
    // A log that is there is asked at once whether it can be served.
    if (!options.readOnly && this.reader.logId !== undefined) this.openWriter();
  }

  /** Until the first write, the id that the log will get unless another process makes it first. */
  get logId(): string {
    return this.reader.logId ?? this.drawnId;
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult> {
    if (this.options.readOnly) throw new Error('This event store was opened to be read only');
    if (this.closed) throw new Error('This event store is closed');
    return this.group.append(stream, expected, accepted(stream, expected, events));
  }

  async read(stream: string, from = 0, max = Number.MAX_SAFE_INTEGER): Promise<RecordedEvent[]> {
    return (this.writer ?? this.reader).stream(stream, from, max);
  }

  subscribe(options: SubscribeOptions = {}): AsyncIterable<SubscriptionMessage> {
    return subscription((after) => this.reader.look(after, options.filter), this.commits, options);
  }

  readAll(options: SubscribeOptions = {}): AsyncIterable<RecordedEvent> {
    return eventsUntilCaughtUp(this.subscribe(options));
  }

  async head(): Promise<string | undefined> {
    return this.reader.head();
  }

  async hashAt(position: string): Promise<string | undefined> {
    return this.reader.hashAt(position);
  }

  /** What was appended before is answered first; subscriptions end. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.group.settled();
    this.commits.close();
    this.writer?.close();
    this.reader.close();
  }

  private openWriter(): LogWriter {
    if (this.writer) return this.writer;
    const { folder, synchronous = 'full', clock = () => new Date() } = this.options;
    this.writer = new LogWriter(openForWriting(folder, this.drawnId, clock(), synchronous), clock);
    return this.writer;
  }
}

/** Also true once after a commit of our own, which costs a waiting reader one look in vain. */
function othersHaveWritten(reader: LogReader): () => boolean {
  let known = reader.dataVersion();
  return () => {
    const version = reader.dataVersion();
    if (version === known) return false;
    known = version;
    return true;
  };
}
