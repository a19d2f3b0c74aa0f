/** A process that does with a server whatever a store can do, closes, and then has nothing left to stay for: `visitor.ts URL`. */
import { openEventStoreDb } from '../eventstoredb/eventstoredb-event-store';
import { appendable } from './appendable';

async function main(url: string): Promise<void> {
  const store = await openEventStoreDb({ url });
  await store.append('referral-northbank-1', 'none', [appendable('A'), appendable('B')]);
  await store.read('referral-northbank-1');
  // One reader leaves early, one has caught up, and one is still waiting when the store is closed.
  for await (const message of store.subscribe()) if (message.kind === 'event') break;
  for await (const message of store.subscribe()) if (message.kind === 'caught-up') break;
  const underway = store.append('referral-northbank-1', 1, [appendable('C')]);
  for await (const message of store.subscribe()) if (message.kind === 'caught-up') setImmediate(() => void store.close());
  await underway;
  process.stdout.write('done');
}

void main(process.argv[2]!);
