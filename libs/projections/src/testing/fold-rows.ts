/** The rows that a projection must have, folded in memory from its events, and how a table differs from them. */
import { isDeepStrictEqual } from 'node:util';
import type { Database } from 'better-sqlite3';
import type { RecordedEvent } from '@waymark/kernel';
import type { Projection } from '../projection';
import { decoded, tableName, type StoredRow } from '../tables';

/** No batches, no table, no cache: one event after another. */
export function foldRows<Row extends object>(projection: Projection<Row>, events: Iterable<RecordedEvent>): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const event of events) {
    const on = Object.hasOwn(projection.on, event.type) ? projection.on[event.type] : undefined;
    if (on === undefined) continue;
    const key = projection.key(event);
    const row = on(rows.get(key), event);
    if (row === undefined) rows.delete(key);
    else rows.set(key, row);
  }
  return rows;
}

export interface Difference {
  readonly key: string;
  /** `*` = the whole row is there and should not be, or the other way round. */
  readonly column: string;
  readonly inTable: unknown;
  readonly inFold: unknown;
}

/** Every column of every row of the table that is not what the fold of `events` says. */
export function compareWithFold(db: Database, projection: Projection, events: Iterable<RecordedEvent>): Difference[] {
  const differences: Difference[] = [];
  const expected = foldRows(projection, events);
  const columns = Object.keys(projection.table.columns);
  for (const stored of db.prepare<[], StoredRow>(`SELECT * FROM "${tableName(projection)}" ORDER BY key`).all()) {
    const { key, ...row } = decoded(projection, stored) as Record<string, unknown> & { key: string };
    const fold = expected.get(key) as Record<string, unknown> | undefined;
    expected.delete(key);
    if (fold === undefined) {
      differences.push({ key, column: '*', inTable: row, inFold: undefined });
      continue;
    }
    for (const column of new Set([...columns, ...Object.keys(row), ...Object.keys(fold)])) {
      if (!isDeepStrictEqual(row[column], asJson(fold[column])))
        differences.push({ key, column, inTable: row[column], inFold: fold[column] });
    }
  }
  for (const [key, inFold] of expected) differences.push({ key, column: '*', inTable: undefined, inFold });
  return differences;
}

function asJson(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? JSON.parse(JSON.stringify(value)) : value;
}

/** `givenEvents(events).rows(waitlist)`: what a read model shows after them. */
export function givenEvents(events: readonly RecordedEvent[]): { rows<Row extends object>(projection: Projection<Row>): Row[] } {
  return { rows: (projection) => [...foldRows(projection, events).values()] };
}
