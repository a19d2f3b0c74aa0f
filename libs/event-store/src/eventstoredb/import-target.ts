/** An import into the log on an EventStoreDB server: one append after the other, so that the order of the log is that of the file. */
import { NotImported, type ImportedEvent, type ImportTarget } from '../import';
import { openEventStoreDb } from './eventstoredb-event-store';
import type { Linked } from './stored-form';

/** From its first event on the log is refused to everybody else until `importVerified`. In memory: where each stream stands. */
export async function importIntoServer(url: string): Promise<ImportTarget> {
  const store = await openEventStoreDb({ url, evenPart: true });
  const heads = new Map<string, { readonly revision: number; readonly hash: string }>();
  return {
    async *hashes() {
      for await (const { stream, revision, hash } of store.readAll()) {
        heads.set(stream, { revision, hash });
        yield hash;
      }
    },
    headOf: (stream) => heads.get(stream),
    async write(events) {
      await store.sayWhetherPart(true);
      for (const run of runsOf(events)) {
        if (!(await store.appendLinked(run)))
          throw new NotImported('log', 'Another process has written to the log meanwhile; stop it, and import into an empty log');
        const { stream, revision, hash } = run.at(-1)!;
        heads.set(stream, { revision, hash });
      }
    },
    close: () => store.close(),
  };
}

/** What an import has left there is the whole log. */
export async function importVerified(url: string): Promise<void> {
  const store = await openEventStoreDb({ url, evenPart: true });
  try {
    await store.sayWhetherPart(false);
  } finally {
    await store.close();
  }
}

/** Far below what a server takes in one append. */
const BYTES_A_RUN = 500_000;

/** Neighbours in the file that are neighbours in their stream go in one append. */
function runsOf(events: readonly ImportedEvent[]): Linked[][] {
  const runs: Linked[][] = [];
  let bytes = 0;
  for (const { event, link } of events) {
    const run = runs.at(-1);
    bytes += link.data.length;
    if (run?.[0]!.stream === event.stream && bytes <= BYTES_A_RUN) run.push(event);
    else {
      runs.push([event]);
      bytes = link.data.length;
    }
  }
  return runs;
}
