/** A test server of its own for one test, a link before it, and stores on both: tests that mostly wait run beside each other. */
import { jsonEvent, Records, startEventStoreServer, startRelay } from '../../../../test/support/eventstoredb';
import type { EventStoreServer, ProposedEvent, Relay, ServerOptions, StoredEvent } from '../../../../test/support/eventstoredb';
import {
  LogUnusable,
  UnknownAppendOutcome,
  type AppendResult,
  type EventStore,
  type ExpectedRevision,
  type SubscribeOptions,
} from '../event-store';
import type { EventStoreDbEventStore, EventStoreDbOptions } from '../eventstoredb/eventstoredb-event-store';
import { openEventStoreDb } from '../eventstoredb/eventstoredb-event-store';
import { memoryEventStore } from '../memory-event-store';
import type { NewEvent, RecordedEvent } from '@waymark/kernel';
import { appendable } from './appendable';

export const STREAM = 'referral-northbank-1';

/** Of a URL, for tests of what a store does when nothing is wrong: a busy machine answers late. */
export const PATIENT = '&keepAliveTimeout=60000';

/** `$tb` of a stream that was deleted softly. */
const ALL_HIDDEN = 2n ** 63n - 1n;

export interface Notice {
  readonly message: string;
  readonly trouble: boolean;
}

/** A database that can say how many subscriptions it is telling, live. */
export class WatchedRecords extends Records {
  live = 0;

  override onStored(listener: Parameters<Records['onStored']>[0]): () => void {
    const stop = super.onStored(listener);
    this.live++;
    return () => {
      this.live--;
      return stop();
    };
  }
}

export interface OnServer {
  readonly server: EventStoreServer;
  readonly records: WatchedRecords;
  /** Before the server. */
  readonly relay: Relay;
  /** What the stores of this test have said. */
  readonly notices: readonly Notice[];
  /** On the server itself, and closed after the test. */
  open(options?: Partial<EventStoreDbOptions>): Promise<EventStoreDbEventStore>;
  /** Through the link. `more` = parameters of the URL. */
  openBehind(more?: string): Promise<EventStoreDbEventStore>;
}

export function onServer(run: (given: OnServer) => Promise<void>, options: ServerOptions = {}): () => Promise<void> {
  return async () => {
    const records = new WatchedRecords();
    const server = await startEventStoreServer({ records, ...options });
    const relay = await startRelay(server.port);
    const stores: EventStore[] = [];
    const notices: Notice[] = [];
    const open = async (wanted: Partial<EventStoreDbOptions> = {}): Promise<EventStoreDbEventStore> => {
      const store = await opened({ url: server.url, notice: (message, trouble) => notices.push({ message, trouble }), ...wanted });
      stores.push(store);
      return store;
    };
    try {
      await run({ server, records, relay, notices, open, openBehind: (more = '') => open({ url: relay.url + more }) });
    } finally {
      server.faults.switchOff();
      relay.accept();
      relay.thaw();
      await Promise.all(stores.map((store) => store.close()));
      await relay.close();
      await server.stop();
    }
  };
}

/** However long the machine lets the server wait. */
async function opened(options: EventStoreDbOptions): Promise<EventStoreDbEventStore> {
  for (;;) {
    try {
      return await openEventStoreDb(options);
    } catch (fault) {
      if (!(fault instanceof LogUnusable && fault.message.startsWith('EVENTSTOREDB_URL: no server'))) throw fault;
    }
  }
}

/** Waits as long as the test may take. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Events at the end of a stream, which must succeed. */
export async function appendTo(store: EventStore, stream: string, after: ExpectedRevision, count = 1): Promise<readonly RecordedEvent[]> {
  return eventsOf(await appended(store, stream, after, several(count)));
}

/** As the command loop does it, however long the machine lets the server wait. */
export async function appended(
  store: EventStore,
  stream: string,
  after: ExpectedRevision,
  events: readonly NewEvent[],
  unclear: () => void = () => {},
): Promise<AppendResult> {
  for (;;) {
    try {
      return await store.append(stream, after, events);
    } catch (fault) {
      if (!(fault instanceof UnknownAppendOutcome)) throw fault;
      unclear();
    }
  }
}

/** Many events put into a database in one go, in the form in which a store writes them, which is a stored format: streams of so many each. */
export async function burst(records: Records, streams: readonly string[], each: number): Promise<void> {
  const made = memoryEventStore();
  const appends = [];
  for (const stream of streams) appends.push({ stream, events: eventsOf(await made.append(stream, 'none', several(each))) });
  for (const { stream, events } of appends) records.store(stream, events.map(proposed));
}

function proposed({ id, type, data, schemaVersion, occurredAt, recordedAt, meta, previousHash, hash }: RecordedEvent): ProposedEvent {
  const metadata = { schemaVersion, occurredAt, recordedAt, meta, previousHash, hash };
  return { id, type, isJson: true, data: Buffer.from(JSON.stringify(data)), metadata: Buffer.from(JSON.stringify(metadata)) };
}

export function several(count: number) {
  return Array.from({ length: count }, (_, n) => appendable('A', { n }));
}

export function eventsOf(result: AppendResult): readonly RecordedEvent[] {
  if (result.outcome === 'conflict') throw new Error(`expected to append, found the stream at ${result.actual}`);
  return result.events;
}

export async function all(store: EventStore, options?: SubscribeOptions): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const event of store.readAll(options)) events.push(event);
  return events;
}

/** What a database holds of Waymark's events, as ids in the order of the log: each once, or it is there twice. */
export function idsIn(records: Records): string[] {
  return records.all.filter(({ stream, type }) => !stream.startsWith('$') && type !== 'LogCreated').map(({ id }) => id);
}

export function idsOf(events: readonly (RecordedEvent | StoredEvent)[]): string[] {
  return events.map(({ id }) => id);
}

/** As an operator does it by hand, for want of knowing better. */
export function deleteSoftly(records: Records, stream: string): void {
  records.store(`$$${stream}`, [jsonEvent('$metadata', { $tb: ALL_HIDDEN })]);
}
