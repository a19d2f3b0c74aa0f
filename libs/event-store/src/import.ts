/** Takes an exported log in as it was: ids, revisions, times and hashes stay, positions and the id of the log are this store's own. */
import { canonical, NotJson, type RecordedEvent } from '@waymark/kernel';
import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { BEFORE_THE_FIRST, hashOfLink } from './chain';
import { openForWriting, type Synchronous } from './log-file';
import { LogReader } from './log-reader';
import { headOf, insertion } from './log-writer';
import { numberOf } from './position';

export interface ImportOptions {
  readonly folder: string;
  /** The lines of `events export`, in their order. */
  readonly lines: AsyncIterable<string>;
  /** The id of the log, if this makes it. */
  readonly logId: string;
  readonly now: Date;
  /** Called once it is certain that something will be written, before it is. */
  readonly beforeWriting?: () => void;
  readonly progress?: (events: number) => void;
  /** `off` gives up durability; for tests only. */
  readonly synchronous?: Synchronous;
}

export interface Imported {
  /** In the log now. */
  readonly events: number;
  /** By this import; the others were there from one that did not end. */
  readonly written: number;
}

/** The log or the file does not allow it. Says where, and what to do; never what an event holds. */
export class NotImported extends Error {
  override readonly name = 'NotImported';
  constructor(
    readonly because: 'log' | 'file',
    message: string,
  ) {
    super(message);
  }
}

/** Events a commit. */
const BATCH = 1_000;
const PAGE_LINKS = 20_000;

const HASH = z.string().regex(/^[0-9a-f]{64}$/);
const EXPORTED = z.strictObject({
  id: z.string(),
  stream: z.string().min(1),
  revision: z.int().nonnegative(),
  position: z.string(),
  type: z.string(),
  schemaVersion: z.int().positive(),
  occurredAt: z.string(),
  recordedAt: z.string(),
  data: z.record(z.string(), z.unknown()),
  meta: z.looseObject({ service: z.string() }),
  previousHash: HASH,
  hash: HASH,
});

/** An import that was killed is gone on with by calling this again: what is in the log must be the beginning of the file. */
export async function importEvents(options: ImportOptions): Promise<Imported> {
  const { folder, logId, now, synchronous = 'full', beforeWriting, progress } = options;
  const lines = new Lines(options.lines);
  const found = await passOver(folder, lines);
  let events = found.events;
  let log: ImportedLog | undefined;
  try {
    for (let batch = await lines.take(BATCH); batch.length > 0; batch = await lines.take(BATCH)) {
      if (!log) beforeWriting?.();
      log ??= new ImportedLog(openForWriting(folder, logId, now, synchronous), numberOf(found.head));
      log.write(batch);
      events += batch.length;
      progress?.(events);
    }
  } finally {
    log?.close();
  }
  if (events === 0) throw new NotImported('file', 'The file holds no event; name what events export has written');
  return { events, written: events - found.events };
}

/** Compares what the log holds with the beginning of the file. */
async function passOver(folder: string, lines: Lines): Promise<{ readonly events: number; readonly head: string | undefined }> {
  const reader = new LogReader(folder);
  try {
    let seen = 0;
    let after: string | undefined;
    for (let links = reader.links(after, PAGE_LINKS); links.length > 0; links = reader.links(after, PAGE_LINKS)) {
      for (const { position, hash } of links) {
        const [line] = await lines.take(1);
        if (!line || eventIn(line).hash !== hash)
          throw new NotImported(
            'log',
            `The log is not empty and not the beginning of the file: ${line ? 'they differ' : 'the file ends'} after ${seen} events. Import into an empty data folder`,
          );
        seen++;
        after = position;
      }
    }
    return { events: seen, head: after };
  } finally {
    reader.close();
  }
}

interface Line {
  readonly number: number;
  readonly text: string;
}

class Lines {
  private readonly source: AsyncIterator<string>;
  private number = 0;

  constructor(lines: AsyncIterable<string>) {
    this.source = lines[Symbol.asyncIterator]();
  }

  /** At most `count`; none at the end. */
  async take(count: number): Promise<Line[]> {
    const taken: Line[] = [];
    while (taken.length < count) {
      const next = await this.source.next();
      if (next.done) break;
      taken.push({ number: ++this.number, text: next.value });
    }
    return taken;
  }
}

class ImportedLog {
  private readonly insert: ReturnType<typeof insertion>;
  private readonly headOf: ReturnType<typeof headOf>;

  constructor(
    private readonly db: Database,
    /** Where the log ends as far as the import knows. */
    private head: number,
  ) {
    this.insert = insertion(db);
    this.headOf = headOf(db);
  }

  /** All of them or none. */
  write(batch: readonly Line[]): void {
    this.db
      .transaction(() => {
        if ((this.db.prepare('SELECT max(position) FROM events').pluck().get() ?? 0) !== this.head)
          throw new NotImported('log', 'Another process has written to the log meanwhile; stop it, and import into an empty data folder');
        for (const line of batch) this.place(line);
      })
      .immediate();
  }

  close(): void {
    this.db.close();
  }

  private place(line: Line): void {
    const event = eventIn(line);
    const head = this.headOf.get(event.stream);
    const { id, stream, revision, type, schemaVersion, occurredAt, recordedAt, meta, previousHash, hash } = event;
    if (revision !== (head?.revision ?? -1) + 1 || previousHash !== (head?.hash ?? BEFORE_THE_FIRST))
      throw atLine(line, 'does not follow the event before it in its stream');
    const link = { id, stream, revision, type, schemaVersion, occurredAt, recordedAt, ...textsOf(line, event), previousHash };
    if (hashOfLink(link) !== hash) throw atLine(line, 'is not what its hash was made of');
    this.head = this.insert(link, meta.service, hash);
  }
}

function textsOf(line: Line, event: RecordedEvent): { data: string; meta: string } {
  try {
    return { data: canonical(event.data), meta: canonical(event.meta) };
  } catch (fault) {
    if (!(fault instanceof NotJson)) throw fault;
    throw atLine(line, 'is not what its hash was made of');
  }
}

function eventIn(line: Line): RecordedEvent {
  let event: unknown;
  try {
    event = JSON.parse(line.text);
  } catch {
    throw atLine(line, 'is not a whole line of JSON');
  }
  if (!EXPORTED.safeParse(event).success) throw atLine(line, 'is not an exported event');
  return event as RecordedEvent;
}

function atLine({ number }: Line, what: string): NotImported {
  return new NotImported('file', `Line ${number} ${what}. Import a sound export; the events before it need not be imported again`);
}

const NEWLINE = 0x0a;

/** Lines as `events export` ends them; not as a terminal would, since a text may hold other characters that end a line. */
export async function* exportedLines(bytes: AsyncIterable<Buffer>): AsyncIterable<string> {
  let rest = Buffer.alloc(0);
  for await (const more of bytes) {
    const chunk = rest.length === 0 ? more : Buffer.concat([rest, more]);
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      yield chunk.toString('utf8', from, end);
      from = end + 1;
    }
    rest = Buffer.from(chunk.subarray(from));
  }
  if (rest.length > 0) yield rest.toString('utf8');
}
