/** Where an append goes: new, a repeat that is answered as the first time, or refused. Ids decide, never bytes. */
import { jsonEvent, type ProposedEvent, type Records, type StoredEvent } from './records';

export type Expected = 'none' | 'any' | 'exists' | bigint;

export type Placed =
  | {
      readonly outcome: 'stored' | 'repeated';
      /** Absent when nothing was appended and the stream is empty. */
      readonly revision: bigint | undefined;
      /** Absent when the original can no longer be read. */
      readonly position: bigint | undefined;
    }
  | { readonly outcome: 'wrong-revision'; readonly actual: bigint | undefined }
  | { readonly outcome: 'deleted' };

export function append(records: Records, stream: string, expected: Expected, events: readonly ProposedEvent[]): Placed {
  if (records.isTombstoned(stream)) return { outcome: 'deleted' };
  const before = records.of(stream);
  const actual = before.at(-1)?.revision;
  if (expected === 'exists' && records.isSoftlyDeleted(stream)) return { outcome: 'deleted' };
  if (expected === 'exists' && actual === undefined) return { outcome: 'wrong-revision', actual };
  if (expectedIs(expected, actual)) return stored(records, stream, events);

  const first = expected === 'any' || expected === 'exists' ? lastWithId(before, events[0]?.id) : afterRevision(expected);
  if (first === undefined) return stored(records, stream, events);
  if (events.every(({ id }, i) => before[Number(first) + i]?.id === id))
    return repeated(records, stream, first + BigInt(events.length) - 1n);
  if (expected === 'none' && records.isSoftlyDeleted(stream)) return stored(records, stream, events);
  return { outcome: 'wrong-revision', actual };
}

/** Deletes and tombstones look at the revision alone. Stands also for a stream that must not exist. */
export function isAsExpected(records: Records, stream: string, expected: Expected): boolean {
  const actual = records.of(stream).at(-1)?.revision;
  if (expected === 'any' || expected === 'exists') return actual !== undefined;
  return expectedIs(expected, actual);
}

function expectedIs(expected: Expected, actual: bigint | undefined): boolean {
  return expected === 'none' ? actual === undefined : expected === actual;
}

function afterRevision(expected: 'none' | bigint): bigint {
  return expected === 'none' ? 0n : expected + 1n;
}

function lastWithId(before: readonly StoredEvent[], id: string | undefined): bigint | undefined {
  return before.findLast((event) => event.id === id)?.revision;
}

function stored(records: Records, stream: string, events: readonly ProposedEvent[]): Placed {
  const comesBack = records.isSoftlyDeleted(stream);
  if (events.length === 0) return { outcome: 'stored', revision: records.of(stream).at(-1)?.revision, position: records.end };
  const placed = records.store(stream, events);
  // A stream that comes back begins where it ended.
  if (comesBack) records.store(`$$${stream}`, [jsonEvent('$metadata', { ...records.metadataOf(stream), $tb: placed[0]!.revision })]);
  const { revision, position } = placed.at(-1)!;
  return { outcome: 'stored', revision, position };
}

function repeated(records: Records, stream: string, revision: bigint): Placed {
  const original = revision >= records.firstReadable(stream) ? records.of(stream)[Number(revision)] : undefined;
  return { outcome: 'repeated', revision, position: original?.position };
}
