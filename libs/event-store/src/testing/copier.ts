/** A process that copies a log from its server, says so after each commit, and goes on until it is killed: `copier.ts URL FOLDER`. */
import { openEventStoreDb } from '../eventstoredb/eventstoredb-event-store';
import { copyLog } from '../log-copy';

async function main([url, folder]: string[]): Promise<void> {
  const log = await openEventStoreDb({ url: url! });
  const { signal } = new AbortController();
  await copyLog({ folder: folder!, of: log, signal, copied: () => process.stdout.write('copied\n') });
}

void main(process.argv.slice(2));
