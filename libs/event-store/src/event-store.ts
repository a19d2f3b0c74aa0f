/** The port of the log. Every adapter gives the same answers; `testing/event-store.contract.ts` holds them to it. */
import type { NewEvent, RecordedEvent } from '@waymark/kernel';

/** `none`: the stream must not exist yet. A number: the revision of its last event. There is no `any`. */
export type ExpectedRevision = 'none' | number;

export type AppendResult =
  /** Stored now. */
  | { readonly outcome: 'appended'; readonly events: readonly RecordedEvent[] }
  /** All these ids stand at these revisions already: the original success, nothing stored again. */
  | { readonly outcome: 'repeated'; readonly events: readonly RecordedEvent[] }
  /** Somebody else was first. Nothing stored. `actual` is the head that was found. */
  | { readonly outcome: 'conflict'; readonly actual: ExpectedRevision };

/** Nothing to append, one id twice, too much data, or data that JSON does not give back: refused before any store is asked. */
export class UnacceptableAppend extends Error {
  override readonly name = 'UnacceptableAppend';
  constructor(
    /** `too-large` and `broken-text` come from what somebody sent; the rest are defects of the caller. */
    readonly reason: 'empty' | 'expected' | 'one-id-twice' | 'too-large' | 'broken-text' | 'not-json',
    message: string,
  ) {
    super(message);
  }
}

/** Some of the ids stand at those revisions and some do not: a defect in the caller, never retried. */
export class PartlyRepeatedAppend extends Error {
  override readonly name = 'PartlyRepeatedAppend';
}

/** The store gave neither a yes nor a no within its budget. It may be stored: send the same append again. */
export class UnknownAppendOutcome extends Error {
  override readonly name = 'UnknownAppendOutcome';
}

/** The data folder holds no log that this program can serve: damaged, newer than the program, or not durable. Says what to do. */
export class LogUnusable extends Error {
  override readonly name = 'LogUnusable';
}

/** Bytes of JSON data in one append. A real EventStoreDB node takes 1,048,576; all stores refuse alike so that a log can move. */
export const APPEND_LIMIT_BYTES = 1_000_000;

export interface EventFilter {
  /** Only streams whose name starts with one of these. */
  readonly streamPrefixes?: readonly string[];
  readonly types?: readonly string[];
  /** Only events of this service. */
  readonly service?: string;
}

export type SubscriptionMessage =
  | { readonly kind: 'event'; readonly event: RecordedEvent }
  /** Everything up to here was looked at, whether or not anything matched. */
  | { readonly kind: 'checkpoint'; readonly position: string }
  /** All that was in the log when the reader got here has been delivered; live from now on. */
  | { readonly kind: 'caught-up'; readonly position: string | undefined };

export interface SubscribeOptions {
  /** Exclusive. Absent = from the beginning. */
  readonly after?: string;
  readonly filter?: EventFilter;
  readonly signal?: AbortSignal;
}

export interface EventStore {
  /** Drawn when the log was created; another log never has it. */
  readonly logId: string;
  /** One atomic append to one stream, durable when the promise resolves. */
  append(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<AppendResult>;
  /** Events of one stream in order, from `from` (default 0), at most `max`. An unknown stream is empty. */
  read(stream: string, from?: number, max?: number): Promise<RecordedEvent[]>;
  /** The one way to read across streams: catches up, says so, then goes on live until the signal. */
  subscribe(options?: SubscribeOptions): AsyncIterable<SubscriptionMessage>;
  /** `subscribe` ended by caught-up. */
  readAll(options?: SubscribeOptions): AsyncIterable<RecordedEvent>;
  /** Position of the last event, `undefined` for an empty log. */
  head(): Promise<string | undefined>;
  /** Hash of the event at exactly this position, `undefined` when there is none: tells whether a checkpoint belongs to this log. */
  hashAt(position: string): Promise<string | undefined>;
  close(): Promise<void>;
}
