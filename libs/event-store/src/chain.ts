/** The hash chain of a stream: every event carries the hash of the one before it. Stored format. */
import { hash } from 'node:crypto';
import { canonical, type RecordedEvent } from '@waymark/kernel';

/** What stands before the first event of a stream. */
export const BEFORE_THE_FIRST = '0'.repeat(64);

/** An event placed in its stream, its data and meta already in the RFC 8785 form. */
export interface Link {
  readonly id: string;
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  readonly schemaVersion: number;
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly data: string;
  readonly meta: string;
  readonly previousHash: string;
}

/** SHA-256, in hex, of the RFC 8785 form of the event without `position` and `hash`. */
export function hashOfLink(link: Link): string {
  // The members stand in the order that RFC 8785 asks for, so that data and meta are written once, for storing and hashing.
  return hash(
    'sha256',
    `{"data":${link.data},"id":${canonical(link.id)},"meta":${link.meta},"occurredAt":${canonical(link.occurredAt)}` +
      `,"previousHash":"${link.previousHash}","recordedAt":${canonical(link.recordedAt)},"revision":${link.revision}` +
      `,"schemaVersion":${link.schemaVersion},"stream":${canonical(link.stream)},"type":${canonical(link.type)}}`,
    'hex',
  );
}

export function hashOf(event: Omit<RecordedEvent, 'hash' | 'position'>): string {
  return hashOfLink({ ...event, data: canonical(event.data), meta: canonical(event.meta) });
}
