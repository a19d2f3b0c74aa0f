/** What the services of one server share. */
import type { Call, Faults } from './faults';
import type { Records } from './records';

export interface Settings {
  /** After how long a commit is answered by a time-out, in ms. */
  readonly commitTimeoutMs: number;
  /** How long after that answer it is stored all the same, in ms. */
  readonly storedLaterMs: number;
  /** How many events may wait for a live subscriber before it is cut as too slow; a real node cuts somewhere between 100 and 500. */
  readonly liveBuffer: number;
}

export const AS_THE_NODE: Settings = { commitTimeoutMs: 2_000, storedLaterMs: 200, liveBuffer: 250 };

export interface Node {
  readonly records: Records;
  readonly faults: Faults;
  readonly calls: Record<Call, number>;
  readonly appends: { longestWaitMs: number };
  readonly settings: Settings;
  /** The calls of subscriptions that are open. */
  readonly subscriptions: Set<object>;
}

/** A server that is stopped is not kept alive by what it would still have said. */
export function later(ms: number, what: () => void): void {
  setTimeout(what, ms).unref();
}
