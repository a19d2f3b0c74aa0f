/** A subscription that goes on whatever happens to the server: resumed after the last event handled, in order, nothing twice. */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '@waymark/kernel';
import { LogUnusable, UnknownAppendOutcome, type SubscribeOptions, type SubscriptionMessage } from '../event-store';
import { isAskedFor } from '../filter';
import { numberOf } from '../position';
import { isTooSlow, meaningOf } from './answers';
import type { Connection } from './connection';
import { Hearing } from './hearing';

export interface Followed {
  readonly connect: () => Connection;
  readonly prefix: string;
  /** How long a server may stay away before it is given up; without end when absent. */
  readonly patienceMs?: number;
  /**
   * Whether this is still the log that was read: it has an event at this position, with this hash where one is given. A server that
   * is asked for what comes after a place it never reached is silent for ever, and a restored backup uses positions again.
   */
  holds(position: string, hash?: string): Promise<boolean>;
  /** Before the first event is handed out: whoever gets it knows the log by its id. */
  known(): Promise<unknown>;
  /** In one line; `trouble` until it is said to be over. */
  notice(message: string, trouble: boolean): void;
}

/** A reader learns how far it is at least this often. */
const EVENTS_A_CHECKPOINT = 1_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

export async function* follow(
  { after, filter = {}, signal }: SubscribeOptions,
  { connect, prefix, patienceMs = Number.POSITIVE_INFINITY, holds, known, notice }: Followed,
): AsyncGenerator<SubscriptionMessage, void, void> {
  /** Of the last event handled, and how far readers were told. */
  let position = after;
  let hash: string | undefined;
  let told = after;
  let uncounted = 0;
  let caughtUp = false;
  let pause = FIRST_PAUSE_MS;
  let inTrouble = false;
  let givenUpAt = Number.POSITIVE_INFINITY;
  const isThatLog = async (): Promise<void> => {
    if (numberOf(position) > 0 && !(await holds(position!, hash)))
      throw new LogUnusable(
        `The log on the server has no event at position ${position}, or another one; it is another log, or an older one`,
      );
  };
  const hearing = new Hearing({ connect, prefix, isThatLog, signal }, BigInt(numberOf(after)));
  try {
    while (!signal?.aborted) {
      const batch = await hearing.next();
      for (const heard of batch) {
        if (heard.kind === 'event') {
          if (position === after) await known();
          ({ position, hash } = heard.event);
          uncounted++;
          givenUpAt = performance.now() + patienceMs;
          if (isAskedFor(heard.event, filter)) yield heard;
          if (signal?.aborted) return;
        }
        const isLast = heard === batch.at(-1) && hearing.isIdle;
        const isResting = heard.kind === 'caught-up' || (caughtUp && isLast) || uncounted >= EVENTS_A_CHECKPOINT;
        if (position !== undefined && position !== told && isResting) {
          told = position;
          uncounted = 0;
          yield { kind: 'checkpoint', position };
        }
        if (heard.kind === 'caught-up') {
          pause = FIRST_PAUSE_MS;
          if (inTrouble) notice('The event log on the server is followed again; nothing was left out', false);
          inTrouble = false;
          if (!caughtUp) yield { kind: 'caught-up', position };
          caughtUp = true;
        }
        // Handed more at once than a live reader may take is the usual end of a subscription, and no trouble.
        if (heard.kind === 'cut' && !isTooSlow(heard.fault)) {
          if (heard.fault instanceof LogUnusable) throw heard.fault;
          const why = messageOf(heard.fault);
          if (meaningOf(heard.fault) === 'refused')
            throw new LogUnusable(`The server refuses to be followed: ${why}`, { cause: heard.fault });
          if (!inTrouble) {
            notice(`The event log on the server cannot be followed just now (${why}); it is tried again until it can`, true);
            givenUpAt = performance.now() + patienceMs;
          }
          inTrouble = true;
          if (performance.now() > givenUpAt)
            throw new UnknownAppendOutcome('The server does not say what the log holds; look at it, then try again', {
              cause: heard.fault,
            });
          await sleep(pause, undefined, signal ? { signal } : {}).catch(() => {});
          pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
        }
      }
    }
  } finally {
    await hearing.close();
  }
}
