/** The log in memory: the only test double of the store. It gives the answers of the real ones and nothing more. */
import { randomUUID } from 'node:crypto';
import type { RecordedEvent } from '@waymark/kernel';
import { accepted, type AcceptedEvent } from './acceptable';
import { BEFORE_THE_FIRST, hashOfLink, type Link } from './chain';
import type { EventFilter, EventStore } from './event-store';
import { isAskedFor } from './filter';
import { PAGE_EVENTS, type Page } from './log-reader';
import { firstRevision, placing, recordedAtAfter } from './placing';
import { numberOf, positionOf } from './position';
import { Commits, eventsUntilCaughtUp, subscription } from './subscription';

interface Kept extends Link {
  readonly position: string;
  readonly hash: string;
}

export function memoryEventStore({ clock = () => new Date() }: { clock?: () => Date } = {}): EventStore {
  const log: Kept[] = [];
  const streams = new Map<string, Kept[]>();
  const commits = new Commits();
  let closed = false;

  const link = (stream: string, before: Kept[], events: readonly AcceptedEvent[]): Kept[] => {
    const recordedAt = recordedAtAfter(log.at(-1)?.recordedAt, clock());
    return events.map(({ event: { id, type, schemaVersion, occurredAt }, ...texts }) => {
      const previousHash = before.at(-1)?.hash ?? BEFORE_THE_FIRST;
      const placed = { id, stream, revision: before.length, type, schemaVersion, occurredAt, recordedAt, ...texts, previousHash };
      const kept = { ...placed, position: positionOf(log.length + 1), hash: hashOfLink(placed) };
      log.push(kept);
      before.push(kept);
      return kept;
    });
  };

  const look = (after: string | undefined, filter: EventFilter | undefined): Page => {
    const from = numberOf(after);
    const window = log.slice(from, from + PAGE_EVENTS);
    return {
      events: window.map(recorded).filter((event) => isAskedFor(event, filter ?? {})),
      through: window.at(-1)?.position ?? after,
      atHead: from + window.length >= log.length,
    };
  };

  const store: EventStore = {
    logId: randomUUID(),
    async append(stream, expected, events) {
      if (closed) throw new Error('This event store is closed');
      const texts = accepted(stream, expected, events);
      const before = streams.get(stream) ?? [];
      const first = firstRevision(expected);
      const idsFrom = (from: number, max: number): string[] => before.slice(from, from + max).map(({ id }) => id);
      const outcome = placing(stream, expected, before.length - 1, texts, idsFrom);
      switch (outcome) {
        case 'conflict':
          return { outcome, actual: before.length === 0 ? 'none' : before.length - 1 };
        case 'repeated':
          return { outcome, events: before.slice(first, first + texts.length).map(recorded) };
        case 'append': {
          const stored = link(stream, before, texts);
          streams.set(stream, before);
          commits.happened();
          return { outcome: 'appended', events: stored.map(recorded) };
        }
      }
    },
    read: async (stream, from = 0, max = Number.MAX_SAFE_INTEGER) => (streams.get(stream) ?? []).slice(from, from + max).map(recorded),
    subscribe: (options = {}) => subscription((after) => look(after, options.filter), commits, options),
    readAll: (options = {}) => eventsUntilCaughtUp(store.subscribe(options)),
    head: async () => log.at(-1)?.position,
    hashAt: async (position) => log[numberOf(position) - 1]?.hash,
    async close() {
      closed = true;
      commits.close();
    },
  };
  return store;
}

/** A new object at every reading, so that no reader can change what another reads. */
function recorded({
  id,
  stream,
  revision,
  position,
  type,
  schemaVersion,
  occurredAt,
  recordedAt,
  data,
  meta,
  previousHash,
  hash,
}: Kept): RecordedEvent {
  return {
    id,
    stream,
    revision,
    position,
    type,
    schemaVersion,
    occurredAt,
    recordedAt,
    data: JSON.parse(data) as RecordedEvent['data'],
    meta: JSON.parse(meta) as RecordedEvent['meta'],
    previousHash,
    hash,
  };
}
