/** What the runner needs of a log: pages in order, read without waiting, and enough to tell this log from another. */
import type { RecordedEvent } from '@waymark/kernel';

/** Pages and batches never hold more than this, so nobody keeps a cursor open across a turn. */
export const PAGE_EVENTS = 2_000;

export interface LogPages {
  /** Drawn when the log was created; another log never has it. `undefined` until the log holds its first event. */
  readonly logId: string | undefined;
  /** The events after `after` (exclusive; absent = from the beginning), in log order, at most `max`. Their hashes are not looked at. */
  page(after: string | undefined, max: number): readonly RecordedEvent[];
  /** Position of the last event, `undefined` for an empty log. */
  head(): string | undefined;
  /** Hash of the event at exactly this position, `undefined` when there is none. */
  hashAt(position: string): string | undefined;
  close(): void;
}

/** How many events lie after `from` up to `to`. Positions are decimal text in the log's own order. */
export function eventsBetween(from: string | undefined, to: string | undefined): number {
  return Math.max(0, Number(to ?? 0) - Number(from ?? 0));
}

/** A log that is already in memory, for the memory store and for tests. */
export function pagesOf(logId: string, events: readonly RecordedEvent[]): LogPages {
  const firstAfter = (position: string): number => {
    let low = 0;
    let high = events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (events[middle]!.position <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    logId,
    page(after, max) {
      const from = after === undefined ? 0 : firstAfter(after);
      return events.slice(from, from + max);
    },
    head: () => events.at(-1)?.position,
    hashAt(position) {
      const event = events[firstAfter(position) - 1];
      return event?.position === position ? event.hash : undefined;
    },
    close() {},
  };
}
