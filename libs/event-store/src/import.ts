/** Takes an exported log in as it was: ids, revisions, times and hashes stay, positions and the id of the log are the store's own. */
import { canonical, NotJson, type RecordedEvent } from '@waymark/kernel';
import { z } from 'zod';
import { BEFORE_THE_FIRST, hashOfLink, type Link } from './chain';

/** An event of the file with the texts that its hash was made of. */
export interface ImportedEvent {
  readonly event: RecordedEvent;
  readonly link: Link;
}

/** The log that an import is written to. */
export interface ImportTarget {
  /** The hashes of what it holds already, in its order. */
  hashes(): AsyncIterable<string> | Iterable<string>;
  /** The last event of a stream, of what is written so far. */
  headOf(stream: string): { readonly revision: number; readonly hash: string } | undefined;
  /** Puts them at the end of the log, in this order. What a kill leaves is the beginning of them. */
  write(events: readonly ImportedEvent[]): Promise<void>;
  close(): Promise<void>;
}

export interface ImportOptions {
  readonly target: ImportTarget;
  /** The lines of `events export`, in their order. */
  readonly lines: AsyncIterable<string>;
  /** Called once it is certain that something will be written, before it is. */
  readonly beforeWriting?: () => void;
  readonly progress?: (events: number) => void;
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
export async function importEvents({ target, lines: source, beforeWriting, progress }: ImportOptions): Promise<Imported> {
  const lines = new Lines(source);
  try {
    const found = await passOver(target, lines);
    let events = found;
    for (let batch = await lines.take(BATCH); batch.length > 0; batch = await lines.take(BATCH)) {
      if (events === found) beforeWriting?.();
      await target.write(checked(batch, target));
      events += batch.length;
      progress?.(events);
    }
    if (events === 0) throw new NotImported('file', 'The file holds no event; name what events export has written');
    return { events, written: events - found };
  } finally {
    await target.close();
  }
}

/** Compares what the log holds with the beginning of the file, and counts it. */
async function passOver(target: ImportTarget, lines: Lines): Promise<number> {
  let seen = 0;
  for await (const hash of target.hashes()) {
    const [line] = await lines.take(1);
    if (!line || eventIn(line).hash !== hash)
      throw new NotImported(
        'log',
        `The log is not empty and not the beginning of the file: ${line ? 'they differ' : 'the file ends'} after ${seen} events. Import into an empty log`,
      );
    seen++;
  }
  return seen;
}

/** Each follows the one before it in its stream, and is what its hash was made of. */
function checked(batch: readonly Line[], target: ImportTarget): ImportedEvent[] {
  const heads = new Map<string, { readonly revision: number; readonly hash: string }>();
  return batch.map((line) => {
    const event = eventIn(line);
    const { id, stream, revision, type, schemaVersion, occurredAt, recordedAt, previousHash, hash } = event;
    const head = heads.get(stream) ?? target.headOf(stream);
    if (revision !== (head?.revision ?? -1) + 1 || previousHash !== (head?.hash ?? BEFORE_THE_FIRST))
      throw atLine(line, 'does not follow the event before it in its stream');
    const link = { id, stream, revision, type, schemaVersion, occurredAt, recordedAt, ...textsOf(line, event), previousHash };
    if (hashOfLink(link) !== hash) throw atLine(line, 'is not what its hash was made of');
    heads.set(stream, { revision, hash });
    return { event, link };
  });
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
