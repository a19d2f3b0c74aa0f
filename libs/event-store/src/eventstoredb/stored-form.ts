/** How an event of the log is written on an EventStoreDB server, and read back. Stored format. */
import type { EventMeta, RecordedEvent } from '@waymark/kernel';
import { LogUnusable } from '../event-store';
import { positionOf } from '../position';
import type { SentEvent, StoredEvent } from './connection';

/** The stream that says which log this is. */
export const LOG_STREAM = 'waymark-log';

/** What the server keeps beside the data of an event: everything that it has no place of its own for. */
interface Envelope {
  readonly schemaVersion: number;
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly meta: EventMeta;
  readonly previousHash: string;
  readonly hash: string;
}

/** An event with its place in its stream, before the server has given it a position. */
export type Linked = Omit<RecordedEvent, 'position'>;

export function sentForm({ id, type, data, schemaVersion, occurredAt, recordedAt, meta, previousHash, hash }: Linked): SentEvent {
  return { id, type, data, metadata: { schemaVersion, occurredAt, recordedAt, meta, previousHash, hash } satisfies Envelope };
}

/** Neither the server's own, nor another log's, nor the one that only says which log this is. */
export function isEventOf(prefix: string, { stream }: StoredEvent): boolean {
  return stream.startsWith(prefix) && !stream.startsWith('$') && stream !== prefix + LOG_STREAM;
}

/** `prefix` stands before every stream of this log on the server and is no part of its name. */
export function recordedForm(stored: StoredEvent, prefix: string): RecordedEvent {
  const { stream, revision, id, type, position, data, metadata } = stored;
  // What does not parse comes back as text or bytes, without a fault.
  if (position === undefined || !isRecord(data) || !isEnvelope(metadata)) {
    throw new LogUnusable(
      `Revision ${revision} of ${stream} on the server is no event of Waymark; give the log a server, or a database, of its own`,
    );
  }
  return {
    id,
    stream: prefix === '' ? stream : stream.slice(prefix.length),
    revision,
    position: positionOf(position),
    type,
    schemaVersion: metadata.schemaVersion,
    occurredAt: metadata.occurredAt,
    recordedAt: metadata.recordedAt,
    data,
    meta: metadata.meta,
    previousHash: metadata.previousHash,
    hash: metadata.hash,
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function isEnvelope(value: unknown): value is Envelope {
  return (
    isRecord(value) &&
    Number.isSafeInteger(value['schemaVersion']) &&
    isRecord(value['meta']) &&
    typeof value['occurredAt'] === 'string' &&
    typeof value['recordedAt'] === 'string' &&
    typeof value['previousHash'] === 'string' &&
    typeof value['hash'] === 'string'
  );
}
