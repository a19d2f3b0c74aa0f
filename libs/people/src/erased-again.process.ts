/** Before anybody is served: the keys of everybody whom the log calls erased are destroyed, whatever backup they came back with. */
import type { EventStore } from '@waymark/event-store';
import type { RecordedEvent } from '@waymark/kernel';
import type { ErasureEvent } from './erasure';
import { People, type PeopleOptions } from './people';

type Log = Pick<EventStore, 'logId' | 'subscribe' | 'hashAt'>;

/** People as they may be served beside this log. Throws DataFolderUnusable. */
export async function openPeople(options: PeopleOptions, log: Log, now: Date): Promise<People> {
  const people = People.open(options);
  try {
    await eraseAgain(people, log, now);
    return people;
  } catch (fault) {
    people.close();
    throw fault;
  }
}

/** Reads the log from where keys.db says that it was read, so that a start costs what has happened since. */
export async function eraseAgain(people: Pick<People, 'erase' | 'erasedUpTo'>, log: Log, now: Date): Promise<void> {
  const before = people.erasedUpTo;
  const isOfThisLog = before?.logId === log.logId && (await log.hashAt(before.position)) === before.hash;
  const erased = new Set<string>();
  let pages = 0;
  let head: string | undefined;
  for await (const message of log.subscribe({ ...(isOfThisLog ? { after: before.position } : {}), filter: { types: ['PersonErased'] } })) {
    if (message.kind === 'event')
      erased.add((message.event as RecordedEvent<Extract<ErasureEvent, { type: 'PersonErased' }>>).data.personId);
    if (message.kind === 'checkpoint') pages++;
    head = message.kind === 'event' ? message.event.position : message.position;
    if (message.kind === 'caught-up') break;
  }
  const hash = head === undefined ? undefined : await log.hashAt(head);
  // A short way is walked again next time rather than waiting for the disk at every start.
  const isFar = pages > 1 || erased.size > 0;
  const mark = isFar && head !== undefined && hash !== undefined ? { logId: log.logId, position: head, hash } : undefined;
  await people.erase([...erased], now.toISOString(), mark);
}
