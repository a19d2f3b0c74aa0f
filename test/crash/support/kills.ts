/** How many kills a crash suite makes, in rounds so that a log stays short and a kill cheap, and what they showed, for whoever sums it up. */
import { appendFileSync } from 'node:fs';

/** Of each suite. */
export const KILLS = Number(process.env['WAYMARK_CRASH_KILLS'] ?? 10);

/** Sizes of the rounds: about the same, at most `most` kills each. */
export function rounds(most: number): number[] {
  const count = Math.ceil(KILLS / most);
  return Array.from({ length: count }, (_, n) => Math.floor(((n + 1) * KILLS) / count) - Math.floor((n * KILLS) / count));
}

export interface Tally {
  readonly suite: string;
  readonly kills: number;
  /** Kills that fell where a transaction was open, or between two steps that belong together. */
  readonly inside: number;
  readonly acknowledged: number;
  readonly lost: number;
  readonly doubled: number;
  readonly bookedTwice: number;
}

/** Counted before anything is expected of it, so that a failure is in the summary, too. */
export function count(tally: Tally): void {
  const file = process.env['WAYMARK_CRASH_TALLY'];
  if (file) appendFileSync(file, `${JSON.stringify(tally)}\n`);
}
