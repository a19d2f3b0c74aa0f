/** What the runner needs of a log: pages in order, read without waiting, and enough to tell this log from another. */
import type { RecordedEvent } from '@waymark/kernel';

/**
 * Events that are read at once. Few: what is handled before the collector looks costs it nothing, and the engine comes to put what it
 * often finds alive among the long-lived.
 */
export const PAGE_EVENTS = 100;

export interface LogPages {
  /** Drawn when the log was created; another log never has it. `undefined` until the log holds its first event. */
  readonly logId: string | undefined;
  /** The events after `after` (exclusive; absent = from the beginning), in log order, at most `max`. Their hashes are not looked at. */
  page(after: string | undefined, max: number): readonly RecordedEvent[];
  /** Position of the last event, `undefined` for an empty log. */
  head(): string | undefined;
  /** How many events lie after a position, near enough for somebody who waits; 0 only at the head. */
  eventsAfter(position: string | undefined): number;
  /** Hash of the event at exactly this position, `undefined` when there is none. */
  hashAt(position: string): string | undefined;
  close(): void;
}

/** How far a position is on the way to the head, in per cent with one decimal. Positions are decimal text in the log's own order. */
export function percentAt(position: string | undefined, head: string | undefined): number {
  return Math.floor((1000 * Number(position || 0)) / Math.max(1, Number(head ?? 0))) / 10;
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
    eventsAfter: (position) => events.length - (position === undefined ? 0 : firstAfter(position)),
    hashAt(position) {
      const event = events[firstAfter(position) - 1];
      return event?.position === position ? event.hash : undefined;
    },
    close() {},
  };
}
