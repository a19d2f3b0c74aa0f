/** Finds what the log holds sealed and the keys beside it do not open: a keys.db from an older backup lacks the keys that were made since. */
import type { EventStore } from '@waymark/event-store';
import type { EventDefinitions } from '@waymark/kernel';
import type { People } from './people';

type Log = Pick<EventStore, 'logId' | 'subscribe' | 'hashAt'>;

/** Of one subject in one stream. */
export interface Unopened {
  readonly subject: string;
  readonly stream: string;
  readonly events: number;
}

/** Marked so seldom that a start does not wait for the disk for a few events. */
const MARK_EVENTS = 1_000;

/**
 * `since: 'mark'` reads what was not read before with every key there, so that a start costs what has happened since; an older keys.db
 * brings its older mark along. What was erased is not missing.
 */
export async function missingKeys(
  people: Pick<People, 'unopenedIn' | 'keysUpTo' | 'allKeysUpTo'>,
  log: Log,
  definitions: EventDefinitions,
  since: 'mark' | 'beginning',
  signal?: AbortSignal,
): Promise<Unopened[]> {
  const types = Object.keys(definitions).filter((type) => definitions[type]!.personal.size > 0);
  const before = since === 'mark' ? people.keysUpTo : undefined;
  const isOfThisLog = before?.logId === log.logId && (await log.hashAt(before.position)) === before.hash;
  const found = new Map<string, Unopened>();
  let seen = 0;
  let head: string | undefined;
  for await (const message of log.subscribe({
    ...(isOfThisLog ? { after: before.position } : {}),
    filter: { types },
    ...(signal ? { signal } : {}),
  })) {
    head = message.kind === 'event' ? message.event.position : message.position;
    if (message.kind === 'caught-up') break;
    if (message.kind === 'checkpoint') continue;
    seen++;
    const { stream } = message.event;
    for (const subject of people.unopenedIn(message.event)) {
      const key = JSON.stringify([stream, subject]);
      found.set(key, { subject, stream, events: (found.get(key)?.events ?? 0) + 1 });
    }
  }
  const hash = head === undefined ? undefined : await log.hashAt(head);
  if (found.size === 0 && !signal?.aborted && seen >= MARK_EVENTS && head !== undefined && hash !== undefined)
    await people.allKeysUpTo({ logId: log.logId, position: head, hash });
  return [...found.values()];
}
