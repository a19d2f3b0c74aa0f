/** Asks a server until there is a clear answer, or the budget is used up. */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '@waymark/kernel';
import { LogUnusable, UnknownAppendOutcome } from '../event-store';
import { meaningOf, needsNewClient } from './answers';
import type { Connection } from './connection';

/** For one append or read, all its tries together. The command loop sends again twice. */
export const BUDGET_MS = 5_000;
/** Not sooner: a node often answers a time-out where a re-send meets its twin. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

/** `what` is named when there is no answer. Rejects with `UnknownAppendOutcome` then, with `LogUnusable` at a clear no. */
export async function asked<T>(what: string, connection: Connection, ask: () => Promise<T>): Promise<T> {
  const until = performance.now() + BUDGET_MS;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await ask();
    } catch (fault) {
      const meaning = meaningOf(fault);
      if (fault instanceof LogUnusable || meaning === 'conflict') throw fault;
      if (meaning === 'refused') throw new LogUnusable(`The server refuses ${what}: ${messageOf(fault)}`, { cause: fault });
      if (needsNewClient(fault)) connection.replace();
      if (performance.now() + pause > until)
        throw new UnknownAppendOutcome(`The server gave no clear answer about ${what} for ${BUDGET_MS / 1000} s`, { cause: fault });
    }
    await sleep(pause);
  }
}
