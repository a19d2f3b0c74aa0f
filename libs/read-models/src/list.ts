/** What every list has in common: which page is asked for, which filters it knows, where the next page is, and how it answers. */
import { isDay, isRejection, reject, type Outcome, type Rejection } from '@waymark/kernel';
import type { Count, PastAsked, ReadDb, ReadModels } from '@waymark/projections';
import { sql, type RawBuilder } from 'kysely';

export interface ListRequest {
  readonly service: string;
  /** UTC instant: no query asks the clock. */
  readonly now: string;
  /** 1 to 200; 50 when absent. */
  readonly limit?: number;
  /** From the `next` of the page before. */
  readonly cursor?: string;
  /** A position that the rows must have seen. Waited for at most 2 s; after that the answer says `stale`. */
  readonly after?: string;
  /** Query parameters by column name; several codes are joined by commas. */
  readonly filters?: Readonly<Record<string, string>>;
  /** Absent = the list as it is. `now` is then the moment that is asked about. */
  readonly past?: Past;
}

/** A list as it was. */
export interface Past extends Pick<PastAsked, 'place' | 'happenedBy' | 'signal' | 'progress'> {
  /** The query parameters that name this past: every link of the answer repeats them. */
  readonly link: Readonly<Record<string, string>>;
}

/** Whose list, and as at when: what every link of an answer repeats. */
export type Shown = Pick<ListRequest, 'service' | 'past'>;

/** Everything up to here is in the rows; `null` in an empty log. */
export interface AsAt {
  readonly position: string | null;
  readonly recordedAt: string | null;
}

/** Every list answers with exactly these. */
export interface ListAnswer<Item, Summary> {
  readonly asAt: AsAt;
  readonly stale: boolean;
  readonly total: number;
  readonly summary: Summary;
  readonly items: readonly Item[];
  /** Path of the next page. */
  readonly next: string | null;
  /** Rows of this list that wait for an event which could not be folded; absent when there are none. */
  readonly notUpToDate?: number;
}

/** A number, and the path of the list that it counts. */
export interface Figure {
  readonly value: number;
  readonly items: string;
}

/** What stands in the column `owner` when nobody answers for a referral; also the code of the filter. */
export const UNALLOCATED = 'unallocated';

export const DEFAULT_LIMIT = 50;
export const MAXIMUM_LIMIT = 200;

/** How one query parameter narrows a list. */
export interface Filter {
  /** Whether this is a code that the parameter knows. */
  knows(code: string): boolean;
  /** What to send instead, for a code that it does not know. */
  readonly hint: string;
  /** Takes one value, not several. */
  readonly single?: true;
  where(codes: readonly string[]): RawBuilder<unknown>;
}

export type Filters = Readonly<Record<string, Filter>>;

/** A column that holds one of a few codes. */
export function oneOf(column: string, codes: readonly string[]): Filter {
  return { knows: (code) => codes.includes(code), hint: `Use ${codes.join(', ')}`, where: (given) => isIn(column, given) };
}

/** A column that holds a code of configuration or an id. */
export function matching(column: string, pattern: RegExp, hint: string): Filter {
  return { knows: (code) => pattern.test(code), hint, where: (given) => isIn(column, given) };
}

/** A column that holds 0 or 1. */
export function yesOrNo(column: string): Filter {
  return {
    knows: (code) => code === 'true' || code === 'false',
    hint: 'Use true or false',
    where: (given) => sql`${sql.ref(column)} in (${sql.join(given.map((code) => (code === 'true' ? 1 : 0)))})`,
  };
}

/** A column of dates, from or up to a day, inclusive. */
export function day(column: string, direction: '>=' | '<='): Filter {
  return {
    knows: isDay,
    hint: 'Use one date, YYYY-MM-DD',
    single: true,
    where: (given) => sql`${sql.ref(column)} ${sql.raw(direction)} ${given[0]}`,
  };
}

export const CODE = /^[a-z0-9][a-z0-9-]{0,63}$/;
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function isIn(column: string, codes: readonly string[]): RawBuilder<unknown> {
  return sql`${sql.ref(column)} in (${sql.join(codes)})`;
}

/** The codes of each filter that was given. An unknown parameter or code is refused by name. */
export function readFilters(filters: Filters, given: Readonly<Record<string, string>> = {}): Outcome<Record<string, string[]>> {
  const read: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(filters, name)) {
      return reject(
        'unknown-parameter',
        `This list has no filter of this name; it has ${Object.keys(filters).join(', ')}`,
        `?${name.slice(0, 40)}`,
      );
    }
    const filter = filters[name]!;
    const codes = filter.single ? [value] : [...new Set(value.split(','))];
    if (!codes.every((code) => filter.knows(code))) return reject('unknown-code', filter.hint, `?${name}`);
    read[name] = codes;
  }
  return read;
}

/** The page that was asked for, every part of it checked. */
export interface Asked {
  readonly limit: number;
  readonly given: Record<string, string[]>;
  /** The order columns of the last row of the page before. */
  readonly key?: readonly (string | number)[];
}

/** `key` describes the order columns: a cursor holds one value for each. */
export function readRequest(request: ListRequest, filters: Filters, key: readonly ('text' | 'integer')[]): Asked | Rejection {
  const limit = request.limit ?? DEFAULT_LIMIT;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAXIMUM_LIMIT) {
    return reject('invalid-parameter', `limit is a whole number from 1 to ${MAXIMUM_LIMIT}`, '?limit');
  }
  if (request.after !== undefined && !/^\d{20}$/.test(request.after)) {
    return reject('invalid-parameter', 'Take `after` from the position of an answer', '?after');
  }
  const given = readFilters(filters, request.filters);
  if (isRejection(given)) return given;
  if (request.cursor === undefined) return { limit, given };
  const values = readCursor(request.cursor, key);
  return values ? { limit, given, key: values } : reject('invalid-parameter', 'Take the cursor from `next` of the page before', '?cursor');
}

/**
 * Runs the queries of an answer in one snapshot of the read models `of`, so that total, summary and items agree. Waits
 * for `after` first.
 */
export async function answer<Found extends object>(
  readSide: ReadModels,
  of: readonly string[],
  after: string | undefined,
  read: (db: ReadDb, asAt: AsAt, count: Count) => Promise<Found>,
): Promise<Found & { readonly asAt: AsAt; readonly stale: boolean }> {
  const stale = after !== undefined && !(await readSide.waitFor(after, undefined, of));
  const { value } = await readSide.snapshot(async (db, { position, recordedAt }, count) => {
    const asAt = { position: position ?? null, recordedAt: recordedAt ?? null };
    return { ...(await read(db, asAt, count)), asAt };
  }, of);
  return { ...value, stale };
}

export function cursorOf(values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

function readCursor(cursor: string, key: readonly ('text' | 'integer')[]): (string | number)[] | undefined {
  let values: unknown;
  try {
    values = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
  const fits =
    Array.isArray(values) &&
    values.length === key.length &&
    key.every((type, i) => (type === 'text' ? typeof values[i] === 'string' : Number.isSafeInteger(values[i])));
  return fits ? (values as (string | number)[]) : undefined;
}

/** All of these; `true` when there are none. */
export function all(conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `);
}

/** The conditions of the filters that were given. */
export function conditionsOf(filters: Filters, given: Readonly<Record<string, string[]>>): RawBuilder<unknown>[] {
  return Object.entries(given).map(([name, codes]) => filters[name]!.where(codes));
}

/** The path of a list of this service, as at the same moment. */
export function pathOf(
  list: string,
  { service, past }: Shown,
  parameters: Readonly<Record<string, string | readonly string[] | number | undefined>> = {},
): string {
  const query = new URLSearchParams({ service, ...past?.link });
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, String(value));
  return `/api/v1/${list}?${query.toString()}`;
}

/** The page's rows and the path of the next page, from one row more than the page holds. */
export function pageOf<Row>(
  rows: readonly Row[],
  list: string,
  request: ListRequest,
  size: number,
  keyOf: (row: Row) => readonly (string | number)[],
): { readonly page: readonly Row[]; readonly next: string | null } {
  const { limit, filters = {} } = request;
  const page = rows.slice(0, size);
  const last = page.at(-1);
  if (rows.length <= size || last === undefined) return { page, next: null };
  return { page, next: pathOf(list, request, { ...filters, limit, cursor: cursorOf(keyOf(last)) }) };
}
