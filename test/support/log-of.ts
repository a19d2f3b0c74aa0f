/** The log of a data folder, wherever it lies, as another process would open it. */
import { openEventStore, openEventStoreDb, type EventStore } from '@waymark/event-store';
import { logEnvironment } from './log-servers';

export async function openLogOf(folder: string, options: { readonly readOnly?: boolean } = {}): Promise<EventStore> {
  const { EVENTSTOREDB_URL: url } = await logEnvironment(folder);
  return url === undefined ? openEventStore({ folder, ...options }) : openEventStoreDb({ url });
}
