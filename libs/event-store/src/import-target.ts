/** An import into the SQLite log of a data folder, which is made with the first event that is written. */
import type { Database } from 'better-sqlite3';
import { NotImported, type ImportedEvent, type ImportTarget } from './import';
import { openForReading, openForWriting, type Synchronous } from './log-file';
import { LogReader } from './log-reader';
import { headOf, insertion } from './log-writer';
import { numberOf } from './position';

export interface ImportIntoFolder {
  readonly folder: string;
  /** The id of the log, if this makes it. */
  readonly logId: string;
  readonly now: Date;
  /** `off` gives up durability; for tests only. */
  readonly synchronous?: Synchronous;
}

const PAGE_LINKS = 20_000;

export function importIntoFolder({ folder, logId, now, synchronous = 'full' }: ImportIntoFolder): ImportTarget {
  const found = openForReading(folder);
  const foundHead = found && headOf(found);
  /** Where the log ends as far as the import knows. */
  let end = 0;
  let log: FolderLog | undefined;
  return {
    *hashes() {
      const reader = new LogReader(folder);
      try {
        for (let links = reader.links(undefined, PAGE_LINKS); links.length > 0; links = reader.links(links.at(-1)!.position, PAGE_LINKS)) {
          for (const { position, hash } of links) {
            end = numberOf(position);
            yield hash;
          }
        }
      } finally {
        reader.close();
      }
    },
    headOf: (stream) => (log ? log.headOf.get(stream) : foundHead?.get(stream)),
    async write(events) {
      log ??= new FolderLog(openForWriting(folder, logId, now, synchronous));
      end = log.write(events, end);
    },
    async close() {
      found?.close();
      log?.db.close();
    },
  };
}

class FolderLog {
  readonly headOf: ReturnType<typeof headOf>;
  private readonly insert: ReturnType<typeof insertion>;

  constructor(readonly db: Database) {
    this.headOf = headOf(db);
    this.insert = insertion(db);
  }

  /** All of them or none, if the log still ends where it did. Answers where it ends then. */
  write(events: readonly ImportedEvent[], expected: number): number {
    const write = this.db.transaction(() => {
      let end = this.db.prepare<[], number | null>('SELECT max(position) FROM events').pluck().get() ?? 0;
      if (end !== expected)
        throw new NotImported('log', 'Another process has written to the log meanwhile; stop it, and import into an empty data folder');
      for (const { event, link } of events) end = this.insert(link, event.meta.service, event.hash);
      return end;
    });
    return write.immediate();
  }
}
