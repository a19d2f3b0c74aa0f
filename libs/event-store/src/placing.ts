/** Where an append stands in its stream: new, a repeat, a conflict, or a defect. The same answer in every store. */
import { PartlyRepeatedAppend, type ExpectedRevision } from './event-store';
import type { AcceptedEvent } from './acceptable';

/**
 * `head` is the revision of the stream's last event, -1 when there is none. `idsFrom` gives the stored ids from a revision on,
 * at most `max`; it is asked only when the stream has moved past the expected revision.
 */
export function placing(
  stream: string,
  expected: ExpectedRevision,
  head: number,
  events: readonly AcceptedEvent[],
  idsFrom: (revision: number, max: number) => readonly string[],
): 'append' | 'repeated' | 'conflict' {
  const first = firstRevision(expected);
  if (head === first - 1) return 'append';
  if (head < first) return 'conflict';
  const stored = idsFrom(first, events.length);
  const same = events.filter(({ event }, i) => stored[i] === event.id).length;
  if (same === 0) return 'conflict';
  if (same === events.length) return 'repeated';
  throw new PartlyRepeatedAppend(`${same} of ${events.length} events stand in ${stream} from revision ${first}, the rest do not`);
}

export function firstRevision(expected: ExpectedRevision): number {
  return expected === 'none' ? 0 : expected + 1;
}

/** The later of the clock and the last event: a clock that is set back repeats the last value. Instants of one width compare as text. */
export function recordedAtAfter(last: string | undefined, now: Date): string {
  const instant = now.toISOString();
  return last !== undefined && last > instant ? last : instant;
}
