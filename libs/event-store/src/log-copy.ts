/**
 * A copy of a log that lies on a server, in the form of the SQLite log, so that whatever reads many events (read models, pasts,
 * the journal) reads them beside it. It is made from the log and may be lost at any time: nothing is ever written back.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import { canonical, messageOf, type RecordedEvent } from '@waymark/kernel';
import type { EventStore } from './event-store';
import { logFileIn, openForWriting } from './log-file';
import { LogReader } from './log-reader';
import { insertion } from './log-writer';
import { numberOf } from './position';

/** `database` tells one database of a server from another, where the server shows it. */
export type CopiedLog = EventStore & { readonly database?: string | undefined };

export interface LogCopyOptions {
  readonly folder: string;
  readonly of: CopiedLog;
  readonly signal: AbortSignal;
  /** After each commit of the copy. */
  readonly copied?: () => void;
  /** Once, when it holds all that was in the log when it got there. */
  readonly caughtUp?: () => void;
}

/** The file that says which database it was copied from. */
const DATABASE = 'database';
/** Events of one commit. */
const BATCH = 1_000;

/** Throws a copy of another log away. To be called before anybody reads it. Answers why, in words for the operator. */
export async function dropForeignCopy(folder: string, log: CopiedLog): Promise<string | undefined> {
  if (!existsSync(logFileIn(folder))) return undefined;
  const why = await whyForeign(folder, log);
  if (why !== undefined) rmSync(folder, { recursive: true, force: true });
  return why && `The copy of the log is made again: ${why}`;
}

/** Copies until the signal. Resolves then; rejects where the log cannot be followed. */
export async function copyLog({ folder, of: log, signal, copied, caughtUp }: LogCopyOptions): Promise<void> {
  const copy = new Copy(folder, log, copied);
  const reader = new LogReader(folder);
  const after = reader.head();
  reader.close();
  try {
    for await (const message of log.subscribe({ ...(after === undefined ? {} : { after }), signal })) {
      if (message.kind === 'event') copy.add(message.event);
      else copy.commit();
      if (message.kind === 'caught-up') caughtUp?.();
    }
    copy.commit();
  } finally {
    copy.close();
  }
}

/** Copies what the log holds now. Rejects where it cannot be read to its end: a server that stays away is not waited for. */
export async function copyWholeLog(folder: string, log: CopiedLog): Promise<void> {
  const copy = new Copy(folder, log);
  try {
    for await (const event of log.readAll()) copy.add(event);
    copy.commit();
  } finally {
    copy.close();
  }
}

async function whyForeign(folder: string, log: CopiedLog): Promise<string | undefined> {
  const copy = standingOf(folder);
  if (typeof copy === 'string') return copy;
  // Asks the server, so that the id is the one that the log has now.
  await log.head();
  if (copy.logId !== undefined && copy.logId !== log.logId) return 'it is of another log';
  if (copy.database !== '' && log.database !== undefined && copy.database !== log.database) return 'the log lies in another database';
  if (copy.head !== undefined && (await log.hashAt(copy.head)) !== copy.hash)
    return `the log holds another event, or none, at position ${copy.head}`;
  return undefined;
}

/** Or why it cannot be read. */
function standingOf(folder: string) {
  let reader: LogReader | undefined;
  try {
    reader = new LogReader(folder);
    const head = reader.head();
    const database = readFileSync(join(folder, DATABASE), { encoding: 'utf8' });
    return { logId: reader.logId, database, head, hash: head === undefined ? undefined : reader.hashAt(head) };
  } catch (fault) {
    return `it cannot be read (${messageOf(fault)})`;
  } finally {
    reader?.close();
  }
}

/** The file, made with the first event: a log is known by its id from then on. */
class Copy {
  private file: { readonly db: Database; readonly insert: ReturnType<typeof insertion> } | undefined;
  private waiting: RecordedEvent[] = [];

  constructor(
    private readonly folder: string,
    private readonly log: CopiedLog,
    private readonly copied?: () => void,
  ) {}

  add(event: RecordedEvent): void {
    this.waiting.push(event);
    if (this.waiting.length >= BATCH) this.commit();
  }

  /** All that wait, or none. */
  commit(): void {
    if (this.waiting.length === 0) return;
    const { db, insert } = (this.file ??= this.made());
    db.transaction(() => {
      for (const { position, hash, data, meta, ...link } of this.waiting)
        insert({ ...link, data: canonical(data), meta: canonical(meta) }, meta.service, hash, numberOf(position));
    }).immediate();
    this.waiting = [];
    this.copied?.();
  }

  close(): void {
    this.file?.db.close();
  }

  private made() {
    const db = openForWriting(this.folder, this.log.logId, new Date(), 'normal');
    writeFileSync(join(this.folder, DATABASE), this.log.database ?? '');
    return { db, insert: insertion(db) };
  }
}
