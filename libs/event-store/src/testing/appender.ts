/** A process that appends one event with a given id to a stream, says how it went, and ends by itself: `appender.ts URL STREAM ID`. */
import { openEventStoreDb } from '../eventstoredb/eventstoredb-event-store';
import { appendable } from './appendable';

async function main([url, stream, id]: string[]): Promise<void> {
  const store = await openEventStoreDb({ url: url! });
  const { outcome } = await store.append(stream!, 'none', [appendable('A', {}, { id: id! })]);
  process.stdout.write(outcome);
  await store.close();
}

void main(process.argv.slice(2));
