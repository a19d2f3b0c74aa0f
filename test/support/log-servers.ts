/**
 * EventStoreDB servers for the logs of data folders, in this process: for every folder where WAYMARK_TEST_STORE says so, otherwise
 * for those that a test asks for by name.
 */
import { resolve, sep } from 'node:path';
import { startEventStoreServer, type EventStoreServer } from './eventstoredb';

/** Of every data folder of this run. */
export const isOnServer = process.env['WAYMARK_TEST_STORE'] === 'eventstoredb';

const servers = new Map<string, Promise<EventStoreServer>>();

/** From the first use on, the log of this folder lies there. Never on the node that EVENTSTOREDB_URL may name: a folder begins with an empty log. */
export function logServerOf(folder: string): Promise<EventStoreServer> {
  const place = resolve(folder);
  const started = servers.get(place) ?? startEventStoreServer();
  servers.set(place, started);
  return started;
}

/** What a program is told about the log of this folder; nothing where the log is a file in it. */
export async function logEnvironment(folder: string): Promise<Readonly<Record<string, string>>> {
  if (!isOnServer && !servers.has(resolve(folder))) return {};
  const { url } = await logServerOf(folder);
  return { WAYMARK_STORE: 'eventstoredb', EVENTSTOREDB_URL: url };
}

/** Of this folder and of those in it. */
export function stopLogServers(folder: string): void {
  const place = resolve(folder);
  for (const [of, server] of servers) {
    if (of !== place && !of.startsWith(place + sep)) continue;
    servers.delete(of);
    void server.then((started) => started.stop());
  }
}
