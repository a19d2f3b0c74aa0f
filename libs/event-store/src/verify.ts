/** Reads a log that may be damaged or tampered with and says what is so, stream by stream. Never throws because of what it finds. */
import { existsSync } from 'node:fs';
import Database, { type Statement } from 'better-sqlite3';
import { canonical, sqliteCode } from '@waymark/kernel';
import { BEFORE_THE_FIRST, hashOfLink } from './chain';
import { LogUnusable } from './event-store';
import { logFileIn } from './log-file';
import { EVENT_COLUMNS, type EventRow } from './log-reader';
import { positionOf } from './position';
import { Fold, type Witness } from './witness';

export interface LogProblem {
  /** `null` where the problem is not at one event. */
  readonly position: string | null;
  readonly stream: string | null;
  readonly revision: number | null;
  readonly kind: 'hash' | 'revision' | 'gap' | 'missing' | 'unreadable';
  readonly message: string;
}

export interface LogVerdict {
  readonly ok: boolean;
  readonly events: number;
  readonly streams: number;
  readonly head: { readonly position: string; readonly hash: string } | null;
  /** `matched`: every witness agrees with the log. */
  readonly witness: 'none' | 'matched' | 'broken';
  /** What a witness of the log as it is now would say. */
  readonly digest: string;
  /** The first 1,000. */
  readonly problems: readonly LogProblem[];
  /** What this check cannot tell, in words. */
  readonly note: string;
}

const WITHOUT_WITNESS =
  'Checked without a witness: events cut from the end of a stream or of the log, or a log rewritten as a whole, cannot be excluded. Compare the head with one that was noted elsewhere.';
const AFTER_WITNESS =
  'What came after the last witness is checked without one: events cut from the end after it cannot be excluded. Witness the log now, and keep that elsewhere.';
const PAGE_ROWS = 500;
const MOST_PROBLEMS = 1_000;
/** An event with its ids and hashes is never smaller. */
const LEAST_BYTES = 200;

export interface VerifyOptions {
  /** Positions are places on a server, with others between them: a gap tells nothing. */
  readonly sparse?: boolean;
}

/** Constant memory: what an event is compared with is looked up in the log itself. */
export async function verifyLog(
  folder: string,
  witnesses: readonly Witness[] = [],
  { sparse = false }: VerifyOptions = {},
): Promise<LogVerdict> {
  if (!existsSync(logFileIn(folder))) throw new LogUnusable('There is no log in the data folder; check WAYMARK_DATA');
  const problems = new Problems();
  const fold = new Fold(witnesses);
  let db: Database.Database | undefined;
  let walk: Walk | undefined;
  try {
    db = new Database(logFileIn(folder), { readonly: true });
    checkFile(db, problems);
    walk = new Walk(db, problems, fold, sparse);
    for (let more = true; more; more = walk.page()) await new Promise((resolve) => setImmediate(resolve));
    walk.checkEnd();
  } catch (fault) {
    problems.add('unreadable', `The log cannot be read${walk ? ' further' : ''}: ${said(fault)}`);
  } finally {
    db?.close();
  }
  fold.end();
  if (fold.contradiction !== undefined) problems.add('missing', fold.contradiction);
  return {
    ok: problems.count === 0,
    events: walk?.events ?? 0,
    streams: walk?.streams ?? 0,
    head: walk?.head ?? null,
    witness: witnesses.length === 0 ? 'none' : fold.contradiction === undefined ? 'matched' : 'broken',
    digest: fold.digest,
    problems: problems.listed,
    note: witnesses.length === 0 ? WITHOUT_WITNESS : AFTER_WITNESS,
  };
}

interface Where {
  readonly position?: number;
  readonly stream?: string;
  readonly revision?: number;
}

class Problems {
  count = 0;
  readonly listed: LogProblem[] = [];

  add(kind: LogProblem['kind'], message: string, { position, stream, revision }: Where = {}): void {
    if (++this.count > MOST_PROBLEMS) return;
    this.listed.push({
      position: position === undefined ? null : positionOf(position),
      stream: stream ?? null,
      revision: revision ?? null,
      kind,
      message,
    });
  }
}

/** The column `service` is a copy of what the meta says. */
type CheckedRow = [...Required<EventRow>, service: string];

class Walk {
  events = 0;
  readonly streams: number;
  head: LogVerdict['head'] = null;
  private readonly after: Statement<[number, number], CheckedRow>;
  private readonly at: Statement<[number], CheckedRow>;
  private readonly upTo: Statement<[string, number, number], { position: number; revision: number; hash: string }>;
  /** Where the log ends, by whatever still says so. */
  private readonly end: number;
  /** No event can stand beyond this in a file of this size, whatever a damaged counter says. */
  private readonly readable: number;
  private position = 0;

  constructor(
    db: Database.Database,
    private readonly problems: Problems,
    private readonly fold: Fold,
    private readonly sparse: boolean,
  ) {
    this.after = db
      .prepare<[number, number], CheckedRow>(`SELECT ${EVENT_COLUMNS}, service FROM events WHERE position > ? ORDER BY position LIMIT ?`)
      .raw();
    this.at = db.prepare<[number], CheckedRow>(`SELECT ${EVENT_COLUMNS}, service FROM events WHERE position = ?`).raw();
    this.upTo = db.prepare(
      'SELECT position, revision, hash FROM events WHERE stream = ? AND revision <= ? AND position <> ? ORDER BY revision DESC LIMIT 2',
    );
    this.streams = attempt(() => Number(db.prepare('SELECT count(DISTINCT stream) FROM events').pluck().get()), 0);
    // The counter of AUTOINCREMENT remembers a tail that is gone.
    const ends = ["SELECT seq FROM sqlite_sequence WHERE name = 'events'", 'SELECT max(position) FROM events'];
    const counted = (sql: string): number => attempt(() => Number(db.prepare(sql).pluck().get() ?? 0), 0);
    this.end = Math.max(...ends.map(counted));
    this.readable = Math.min(this.end, (counted('PRAGMA page_count') * counted('PRAGMA page_size')) / LEAST_BYTES);
    if (counted('SELECT count(*) FROM events WHERE position < 1') > 0)
      problems.add('revision', 'An event stands before the beginning of the log');
  }

  /** Checks some more; `false` at the end. */
  page(): boolean {
    const rows = attempt(() => this.after.all(this.position, PAGE_ROWS), undefined);
    if (!rows) return this.oneByOne();
    for (const row of rows) this.check(row);
    return rows.length > 0;
  }

  checkEnd(): void {
    if (this.position < this.end) this.gap(this.position + 1, this.end);
  }

  /** A page that SQLite cannot give as a whole may still hold readable events. */
  private oneByOne(): boolean {
    const until = Math.min(this.position + PAGE_ROWS, this.readable);
    while (this.position < until) {
      const position = this.position + 1;
      try {
        const row = this.at.get(position);
        if (row) this.check(row);
        else this.gap(position, position);
      } catch (fault) {
        this.problems.add('unreadable', `The event at position ${position} cannot be read: ${said(fault)}`, { position });
      }
      this.position = position;
    }
    return this.position < this.readable;
  }

  private gap(from: number, to: number): void {
    this.position = to;
    if (this.sparse) return;
    const message = from === to ? `Position ${from} is missing` : `Positions ${from} to ${to} are missing`;
    this.problems.add('gap', message, { position: from });
  }

  private check(row: CheckedRow): void {
    const [position, , stream, revision, , , , , , , , hash] = row;
    if (position > this.position + 1) this.gap(this.position + 1, position - 1);
    this.position = position;
    this.events++;
    this.head = { position: positionOf(position), hash };
    this.fold.add(hash);
    const where = { position, stream, revision };
    try {
      this.checkHash(row, where);
      this.checkLink(row, where);
    } catch (fault) {
      this.problems.add('unreadable', `The event cannot be made out: ${said(fault)}`, where);
    }
  }

  private checkHash(row: CheckedRow, where: Where): void {
    const [, id, stream, revision, type, schemaVersion, occurredAt, recordedAt, data, meta, previousHash, hash, service] = row;
    const texts = [data, meta].map((text) => attempt((): unknown => JSON.parse(text), undefined));
    if (texts.includes(undefined)) return this.problems.add('unreadable', 'The data or meta of the event is not JSON', where);
    const link = { id, stream, revision, type, schemaVersion, occurredAt, recordedAt, data, meta, previousHash };
    const asStored = texts.every((value, i) => canonical(value) === [data, meta][i]);
    const sameService = (texts[1] as { service?: unknown } | null)?.service === service;
    if (!asStored || !sameService || hashOfLink(link) !== hash)
      this.problems.add('hash', 'The event is not what its hash was made of', where);
  }

  private checkLink([position, , stream, revision, , , , , , , previousHash]: CheckedRow, where: Where): void {
    const neighbours = this.upTo.all(stream, revision, position);
    const previous = neighbours.find((other) => other.revision < revision);
    if (neighbours[0]?.revision === revision) this.problems.add('revision', 'The stream has this revision twice', where);
    if ((previous?.revision ?? -1) < revision - 1) {
      const [from, to] = [(previous?.revision ?? -1) + 1, revision - 1];
      this.problems.add(
        'missing',
        from === to ? `Revision ${from} of the stream is missing` : `Revisions ${from} to ${to} of the stream are missing`,
        where,
      );
    } else if ((previous?.hash ?? BEFORE_THE_FIRST) !== previousHash) {
      this.problems.add('hash', 'The event does not follow the one before it in its stream as that is now', where);
    } else if (previous && previous.position > position) {
      this.problems.add('revision', 'The event before it in its stream comes after it in the log', where);
    }
  }
}

/** The file as SQLite sees it: its pages, and whether the indexes hold what the table holds. */
function checkFile(db: Database.Database, problems: Problems): void {
  let found: readonly string[];
  try {
    found = db.prepare<[], string>('PRAGMA integrity_check(100)').pluck().all();
  } catch (fault) {
    if (sqliteCode(fault) === 'SQLITE_NOTADB') throw fault;
    found = [said(fault)];
  }
  for (const problem of found) if (problem !== 'ok') problems.add('unreadable', `The file itself is damaged: ${problem}`);
}

function attempt<T, Otherwise>(work: () => T, otherwise: Otherwise): T | Otherwise {
  try {
    return work();
  } catch {
    return otherwise;
  }
}

function said(fault: unknown): string {
  const code = sqliteCode(fault);
  return code === undefined ? 'it has not the shape of an event' : `${(fault as Error).message} (${code})`;
}
