/** Reads the SQLite log, page by page and without waiting, in any thread or process. Never writes. */
import type { Database, Statement } from 'better-sqlite3';
import type { RecordedEvent } from '@waymark/kernel';
import type { EventFilter } from './event-store';
import { logIdIn, openForReading } from './log-file';
import { numberOf, positionOf } from './position';

/** Nobody holds a cursor across a turn; this is the most that one turn reads. */
export const PAGE_EVENTS = 2_000;
/** As many as a subscription reads at once: it shares its thread with whoever asks for a page. */
const LOOK_EVENTS = 500;
/** How many events one page looks at when a filter lets little through. */
const WINDOW_EVENTS = 10_000;

const COUNTED_EVENTS = 1_000;

const COLUMNS = 'position, id, stream, revision, type, schema_version, occurred_at, recorded_at, data, meta';
export const EVENT_COLUMNS = `${COLUMNS}, previous_hash, hash`;

export type EventRow = [
  position: number,
  id: string,
  stream: string,
  revision: number,
  type: string,
  schemaVersion: number,
  occurredAt: string,
  recordedAt: string,
  data: string,
  meta: string,
  previousHash?: string,
  hash?: string,
];

/** Some events, and how far the log was looked through for them. */
export interface Page {
  readonly events: readonly RecordedEvent[];
  /** Everything up to here was looked at; `undefined` = the log is empty. */
  readonly through: string | undefined;
  /** Nothing lay beyond `through` when the page was read. */
  readonly atHead: boolean;
}

export interface LogReaderOptions {
  /** `false` leaves `previousHash` and `hash` empty, for those who fold and do not verify. */
  readonly hashes?: boolean;
}

export class LogReader {
  private db: Database | undefined;
  private id: string | undefined;
  private readonly statements = new Map<string, Statement<unknown[], EventRow>>();
  private readonly scalars = new Map<string, Statement>();
  private readonly columns: string;

  constructor(
    private readonly folder: string,
    { hashes = true }: LogReaderOptions = {},
  ) {
    this.columns = hashes ? EVENT_COLUMNS : COLUMNS;
    this.open();
  }

  /** `undefined` until somebody has written the first event. */
  get logId(): string | undefined {
    this.open();
    return this.id;
  }

  /** The events after `after` (exclusive), in log order, at most `max`. */
  page(after: string | undefined, max: number, filter: EventFilter = {}): RecordedEvent[] {
    return this.rows(after, Number.MAX_SAFE_INTEGER, max, filter);
  }

  /** The next page of a subscription: bounded in what it looks at as well as in what it gives. */
  look(after: string | undefined, filter: EventFilter = {}): Page {
    const head = this.headNumber();
    const from = numberOf(after);
    if (head <= from) return { events: [], through: after ?? (head === 0 ? undefined : positionOf(head)), atHead: true };
    const until = Object.keys(filter).length === 0 ? head : this.windowEnd(from, head);
    const events = this.rows(after, until, LOOK_EVENTS, filter);
    const through = events.length === LOOK_EVENTS ? events.at(-1)!.position : positionOf(until);
    return { events, through, atHead: through === positionOf(head) };
  }

  stream(stream: string, from: number, max: number): RecordedEvent[] {
    return this.prepared('WHERE stream = ? AND revision >= ? ORDER BY revision LIMIT ?')?.all(stream, from, max).map(event) ?? [];
  }

  head(): string | undefined {
    const head = this.headNumber();
    return head === 0 ? undefined : positionOf(head);
  }

  /** How many events lie after a position: counted up to a thousand, then taken to lie as close as the next thousand do. */
  eventsAfter(position: string | undefined): number {
    const from = numberOf(position);
    const there = this.headNumber() - from;
    if (there <= 0) return 0;
    const far = this.nth(from, COUNTED_EVENTS);
    if (far !== undefined) return Math.round((COUNTED_EVENTS * there) / (far - from));
    return this.scalar<number>('SELECT count(*) FROM events WHERE position > ?')?.get(from) ?? 0;
  }

  hashAt(position: string): string | undefined {
    return this.scalar<string>('SELECT hash FROM events WHERE position = ?')?.get(numberOf(position));
  }

  /** Only what chains and witnesses are made of: places and hashes after `after`, in log order, at most `max`. */
  links(after: string | undefined, max: number): { readonly position: string; readonly hash: string }[] {
    const rows = this.open()?.prepare<[number, number], [number, string]>(
      'SELECT position, hash FROM events WHERE position > ? ORDER BY position LIMIT ?',
    );
    return (
      rows
        ?.raw()
        .all(numberOf(after), max)
        .map(([position, hash]) => ({ position: positionOf(position), hash })) ?? []
    );
  }

  /** A number that changes when anybody else has committed to the log; asking is cheap. */
  dataVersion(): number {
    return this.scalar<number>('PRAGMA data_version')?.get() ?? -1;
  }

  close(): void {
    this.db?.close();
  }

  private rows(after: string | undefined, until: number, max: number, filter: EventFilter): RecordedEvent[] {
    const { condition, values } = conditionOf(filter);
    return (
      this.prepared(`WHERE position > ? AND position <= ?${condition} ORDER BY position LIMIT ?`)
        ?.all(numberOf(after), until, ...values, max)
        .map(event) ?? []
    );
  }

  /** The positions of a copy lie as far apart as on its server; those of a file of our own are dense, and need not be counted. */
  private windowEnd(from: number, head: number): number {
    const dense = from + WINDOW_EVENTS;
    if (dense >= head) return head;
    return this.hashAt(positionOf(dense)) === undefined ? (this.nth(from, WINDOW_EVENTS) ?? head) : dense;
  }

  private nth(after: number, count: number): number | undefined {
    return this.scalar<number>('SELECT position FROM events WHERE position > ? ORDER BY position LIMIT 1 OFFSET ?')?.get(after, count - 1);
  }

  private headNumber(): number {
    return this.scalar<number | null>('SELECT max(position) FROM events')?.get() ?? 0;
  }

  private prepared(rest: string): Statement<unknown[], EventRow> | undefined {
    const db = this.open();
    if (!db) return undefined;
    let statement = this.statements.get(rest);
    if (!statement)
      this.statements.set(rest, (statement = db.prepare<unknown[], EventRow>(`SELECT ${this.columns} FROM events ${rest}`).raw()));
    return statement;
  }

  private scalar<T>(sql: string): Statement<unknown[], T> | undefined {
    const db = this.open();
    if (!db) return undefined;
    let statement = this.scalars.get(sql);
    if (!statement) this.scalars.set(sql, (statement = db.prepare(sql).pluck()));
    return statement as Statement<unknown[], T>;
  }

  /** The log may be made by another process after this reader. */
  private open(): Database | undefined {
    if (this.db) return this.db;
    this.db = openForReading(this.folder);
    if (this.db) this.id = logIdIn(this.db);
    return this.db;
  }
}

export function event(row: EventRow): RecordedEvent {
  return {
    id: row[1],
    stream: row[2],
    revision: row[3],
    position: positionOf(row[0]),
    type: row[4],
    schemaVersion: row[5],
    occurredAt: row[6],
    recordedAt: row[7],
    data: JSON.parse(row[8]) as RecordedEvent['data'],
    meta: JSON.parse(row[9]) as RecordedEvent['meta'],
    previousHash: row[10] ?? '',
    hash: row[11] ?? '',
  };
}

/** A filter as SQL. The prefix test is written so that the reader keeps walking the log in order instead of the stream index. */
function conditionOf({ service, types, streamPrefixes }: EventFilter): { condition: string; values: readonly string[] } {
  const conditions: string[] = [];
  const values: string[] = [];
  if (service !== undefined) {
    conditions.push('service = ?');
    values.push(service);
  }
  if (types) {
    conditions.push(`type IN (${types.map(() => '?').join(', ')})`);
    values.push(...types);
  }
  if (streamPrefixes) {
    conditions.push(`(${streamPrefixes.map(() => 'substr(stream, 1, length(?)) = ?').join(' OR ') || '0'})`);
    values.push(...streamPrefixes.flatMap((prefix) => [prefix, prefix]));
  }
  return { condition: conditions.map((condition) => ` AND ${condition}`).join(''), values };
}
