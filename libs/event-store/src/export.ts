/** An event as it leaves the log: the line of `events export` and `events tail`. Its hash can be computed from it anywhere. */
import type { RecordedEvent } from '@waymark/kernel';

/** Members in the order of the contract. `hash` = SHA-256 of the RFC 8785 form without `position` and `hash`. */
export function exportLine(event: RecordedEvent): RecordedEvent {
  const { id, stream, revision, position, type, schemaVersion, occurredAt, recordedAt, data, meta, previousHash, hash } = event;
  return { id, stream, revision, position, type, schemaVersion, occurredAt, recordedAt, data, meta, previousHash, hash };
}
