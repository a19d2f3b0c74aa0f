/** One connection to an EventStoreDB server: the only file that knows its client. Calls are single tries; what a fault means is in answers.ts. */
import type * as ClientModule from '@eventstore/db-client';
import type { AllStreamRecordedEvent, EventStoreDBClient, RecordedEvent, StreamingRead } from '@eventstore/db-client';
import { LogUnusable, type ExpectedRevision } from '../event-store';
import { ServerUrlMistake, userIn, withDefaults } from './server-url';

/** An event as it goes to the server. */
export interface SentEvent {
  readonly id: string;
  readonly type: string;
  readonly data: object;
  readonly metadata: object;
}

/**
 * An event as the server gives it back. Data and metadata that are not JSON come as text or bytes. A class, because the engine may
 * come to put what a literal makes among the long-lived, and each event of a catch-up would then be kept until the next full collection.
 */
export class StoredEvent {
  readonly stream: string;
  readonly id: string;
  readonly type: string;
  readonly revision: number;
  /** The commit position of the record. Missing on reads of a stream from servers before 22.6. */
  readonly position: bigint | undefined;
  readonly data: unknown;
  readonly metadata: unknown;

  constructor({ streamId, id, type, revision, position, data, metadata }: RecordedEvent | AllStreamRecordedEvent) {
    this.stream = streamId;
    this.id = id;
    this.type = type;
    this.revision = Number(revision);
    this.position = position?.commit;
    this.data = data;
    this.metadata = metadata;
  }
}

export interface AppendAnswer {
  /** Of the last event of the append; the original's where it was stored before. */
  readonly revision: number;
  /** Absent where the original can no longer be read. */
  readonly position: bigint | undefined;
}

/** Called in the order of the log. `caughtUp` comes after the last event that was there, and never before one that came earlier. */
export interface Listener {
  event(event: StoredEvent): void;
  /** Everything up to this commit position was looked at, and every event before it was delivered. */
  checkpoint(position: bigint): void;
  caughtUp(): void;
  /** The end, whatever the cause. Nothing comes after it. */
  cut(fault: unknown): void;
}

export interface OpenSubscription {
  pause(): void;
  resume(): void;
  stop(): void;
}

/** No answer in time. Whatever was asked may have been done. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** What the server is given to answer one append; a re-send follows. */
const DEADLINE_MS = 2_500;
/** Above the deadline, for the cases in which the client does not keep it, and for the next event of a read, which has none. */
const WATCHDOG_MS = 3_500;
/** What a node says to a position within a record: unknown. */
const NO_RECORD_BEGINS_THERE = 2;
/** Records that a filtered subscription may look at between two checkpoints. */
const CHECKPOINT_RECORDS = 1_024;

export class Connection {
  private client: EventStoreDBClient | undefined;
  private closed = false;
  private readonly credentials: { readonly username: string; readonly password: string };
  private readonly url: string;

  constructor(
    private readonly library: typeof ClientModule,
    url: string,
  ) {
    this.url = withDefaults(url);
    this.credentials = userIn(url) ?? { username: 'waymark', password: 'none' };
  }

  /** The client is loaded only by those who use it. Throws `ServerUrlMistake`. */
  static async to(url: string): Promise<() => Connection> {
    const library = await import('@eventstore/db-client');
    try {
      quietly(() => library.EventStoreDBClient.connectionString(url));
    } catch (fault) {
      throw ServerUrlMistake.from(fault);
    }
    return () => new Connection(library, url);
  }

  /** Credentials with the call, a placeholder without TLS, lead the client to the unary call: its batches lose and double appends. */
  async append(stream: string, expected: ExpectedRevision, events: readonly SentEvent[]): Promise<AppendAnswer> {
    const { jsonEvent, NO_STREAM } = this.library;
    const sent = events.map(({ id, type, data, metadata }) => jsonEvent({ id, type, data: { ...data }, metadata: { ...metadata } }));
    const result = await within(
      this.current().appendToStream(stream, sent, {
        expectedRevision: expected === 'none' ? NO_STREAM : BigInt(expected),
        credentials: this.credentials,
        requiresLeader: true,
        deadline: DEADLINE_MS,
      }),
    );
    return { revision: Number(result.nextExpectedRevision), position: result.position?.commit };
  }

  /** Events of one stream from a revision on. A missing stream is empty. */
  async readStream(stream: string, from: number, max: number): Promise<StoredEvent[]> {
    const read = this.current().readStream(stream, { fromRevision: BigInt(from), maxCount: max, ...this.reading() });
    return this.collected(read, ({ event }) => event);
  }

  /** The last event of a stream, if it has one. */
  async lastOf(stream: string): Promise<StoredEvent | undefined> {
    const { BACKWARDS, END } = this.library;
    const read = this.current().readStream(stream, { direction: BACKWARDS, fromRevision: END, maxCount: 1, ...this.reading() });
    return (await this.collected(read, ({ event }) => event))[0];
  }

  /** The records of the whole server before a position (exclusive), or before the end, the latest first. */
  async before(position: bigint | undefined, max: number): Promise<StoredEvent[]> {
    const { BACKWARDS, END } = this.library;
    const fromPosition = position === undefined ? END : { commit: position, prepare: position };
    const read = this.current().readAll({ direction: BACKWARDS, fromPosition, maxCount: max, ...this.reading() });
    return this.collected(read, ({ event }) => event);
  }

  /** The record at exactly this position, whoever's it is. */
  async at(position: bigint): Promise<StoredEvent | undefined> {
    const read = this.current().readAll({ fromPosition: { commit: position, prepare: position }, maxCount: 1, ...this.reading() });
    const found = await this.collected(read, ({ event }) => event).catch((fault: unknown) => {
      if (Object(fault).code === NO_RECORD_BEGINS_THERE) return [];
      throw fault;
    });
    return found.find((record) => record.position === position);
  }

  /** Events after a position (exclusive), or from the beginning, of the streams whose name the pattern matches; then live. */
  subscribe(
    after: bigint | undefined,
    streams: { readonly prefixes: string[] } | { readonly regex: string },
    listener: Listener,
  ): OpenSubscription {
    const { START, STREAM_NAME } = this.library;
    let cut = false;
    let caughtUp = false;
    const end = (fault: unknown): void => {
      if (!cut) listener.cut(fault);
      cut = true;
    };
    const subscription = this.current().subscribeToAll({
      fromPosition: after === undefined ? START : { commit: after, prepare: after },
      credentials: this.credentials,
      filter: {
        filterOn: STREAM_NAME,
        ...streams,
        checkpointInterval: 1,
        maxSearchWindow: CHECKPOINT_RECORDS,
        // The client tells of marks at once, and of events through a buffer: a mark that overtakes an event is passed over.
        checkpointReached: (_, { commit }) => {
          if (!cut && subscription.readableLength === 0) listener.checkpoint(commit);
        },
      },
    });
    const told = (): void => {
      if (!caughtUp || cut || subscription.readableLength > 0) return;
      caughtUp = false;
      listener.caughtUp();
    };
    // These stay for life: a fault that nobody hears would end the process.
    subscription.on('error', end);
    subscription.on('end', () => end(new NoAnswer('The server has ended the subscription')));
    subscription.on('data', ({ event }) => {
      if (cut) return;
      if (event) listener.event(new StoredEvent(event));
      told();
    });
    subscription.on('caughtUp', () => {
      caughtUp = true;
      told();
    });
    return {
      pause: () => void subscription.pause(),
      resume: () => {
        subscription.resume();
        told();
      },
      stop: () => {
        cut = true;
        void subscription.unsubscribe().catch(() => {});
      },
    };
  }

  /** Whoever did not get an answer asks through a new client: the old one may wait for a node that never comes back. */
  replace(): void {
    const old = this.client;
    this.client = undefined;
    if (old) void disposed(old);
  }

  async close(): Promise<void> {
    this.closed = true;
    const { client } = this;
    this.client = undefined;
    if (client) await disposed(client);
  }

  private current(): EventStoreDBClient {
    if (this.closed) throw new LogUnusable('This event store is closed');
    return (this.client ??= quietly(() => this.library.EventStoreDBClient.connectionString(this.url)));
  }

  private reading() {
    return { credentials: this.credentials, requiresLeader: true };
  }

  private collected<T>(
    read: StreamingRead<T>,
    eventOf: (record: T) => RecordedEvent | AllStreamRecordedEvent | undefined,
  ): Promise<StoredEvent[]> {
    const { StreamNotFoundError } = this.library;
    const { client } = this;
    return new Promise((resolve, reject) => {
      const found: StoredEvent[] = [];
      const giveUp = (): void => {
        void read.cancel().catch(() => {});
        reject(new NoAnswer('The server does not answer a read'));
      };
      let watchdog = setTimeout(giveUp, WATCHDOG_MS);
      read.on('data', (record: T) => {
        clearTimeout(watchdog);
        watchdog = setTimeout(giveUp, WATCHDOG_MS);
        const event = eventOf(record);
        if (event) found.push(new StoredEvent(event));
      });
      read.on('error', (fault) => {
        clearTimeout(watchdog);
        if (fault instanceof StreamNotFoundError) resolve([]);
        else reject(fault);
      });
      read.on('end', () => {
        clearTimeout(watchdog);
        // A call of a client that was replaced meanwhile ends without a fault, and short.
        if (this.client === client) resolve(found);
        else reject(new NoAnswer('The connection was given up during a read'));
      });
    });
  }
}

/** What answers too late is not heard any more. */
function within<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const watchdog = setTimeout(() => reject(new NoAnswer('The server does not answer an append')), WATCHDOG_MS);
    answer.then(resolve, reject).finally(() => clearTimeout(watchdog));
  });
}

/** Ends its calls and closes its socket; the client itself only ends its calls. Nobody waits for a socket that was never opened. */
async function disposed(client: EventStoreDBClient): Promise<void> {
  await client.dispose().catch(() => {});
  // Private to the client, and the only way to its socket.
  const channel = Reflect.get(client, 'getChannel') as () => Promise<{ close(): void }>;
  void channel().then(
    (opened) => opened.close(),
    () => {},
  );
}

/** The client warns on standard error of every keep-alive under ten seconds. A second was measured to be right, and nobody can act on the warning. */
function quietly<T>(make: () => T): T {
  const { console: voice } = globalThis;
  const { warn } = voice;
  voice.warn = () => {};
  try {
    return make();
  } finally {
    voice.warn = warn;
  }
}
