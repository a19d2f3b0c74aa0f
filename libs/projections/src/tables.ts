/** From a projection to its SQLite table: the definition, the statements, and a row on its way in and out. */
import type { Database, Statement } from 'better-sqlite3';
import { RecentlyUsed } from '@waymark/kernel';
import type { ColumnType, Projection } from './projection';

/** What a column holds in SQLite. */
export type StoredValue = string | number | null;
/** A row as the page connection reads it: `json` columns are still text. */
export type StoredRow = Record<string, StoredValue>;

/** A row that does not fit its table: a defect of the projection. Names the column, never the value. */
export class RowDoesNotFit extends Error {
  override readonly name = 'RowDoesNotFit';
}

/** The name under which a table is built beside the one that serves, for the request of this number. */
export function nameBeside(name: string, request: number): string {
  return `${name}~${request}`;
}

/** The name that the table has, or will have, for readers. */
export function servedName(name: string): string {
  return name.split('~', 1)[0]!;
}

export function tableName(projection: Pick<Projection, 'name' | 'version'>): string {
  if (!/^[a-z][A-Za-z0-9_-]*(~\d+)?$/.test(projection.name) || !Number.isSafeInteger(projection.version)) {
    throw new Error(`A projection needs a name of letters, digits and hyphens and a whole version, not '${projection.name}'`);
  }
  return `${projection.name}_v${projection.version}`;
}

/** The table and its indexes. Also the table's shape: when it differs from what was built, the table is rebuilt. */
export function definitionOf(projection: Projection): string[] {
  const table = tableName(projection);
  const columns = Object.entries(projection.table.columns);
  if (columns.some(([name]) => name === 'key')) throw new Error(`The column 'key' of ${table} holds the row's key and cannot be declared`);
  return [
    `CREATE TABLE ${quoted(table)} (key TEXT PRIMARY KEY${columns
      .map(([name, { type, nullable }]) => `, ${quoted(name)} ${SQL_TYPE[type]}${nullable ? '' : ' NOT NULL'}`)
      .join('')}) STRICT`,
    ...(projection.table.indexes ?? []).map(
      (index, n) =>
        `CREATE INDEX ${quoted(`${table}_${n + 1}`)} ON ${quoted(table)} (${index.columns.map(quoted).join(', ')})` +
        (index.where === undefined ? '' : ` WHERE ${index.where}`),
    ),
  ];
}

const SQL_TYPE: Readonly<Record<ColumnType, string>> = { text: 'TEXT', integer: 'INTEGER', real: 'REAL', json: 'TEXT' };

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** How the rows of one projection are checked, written as values, and read back. */
export class RowShape {
  readonly names: readonly string[];
  private readonly types: readonly ColumnType[];
  private readonly nullable: readonly boolean[];
  private readonly declared: ReadonlySet<string>;

  constructor(private readonly projection: Projection) {
    const columns = Object.entries(projection.table.columns);
    this.names = columns.map(([name]) => name);
    this.types = columns.map(([, column]) => column.type);
    this.nullable = columns.map(([, column]) => column.nullable === true);
    this.declared = new Set(this.names);
  }

  /** Throws unless what comes back from the table will be what went in. */
  check(row: Record<string, unknown>): void {
    for (let i = 0; i < this.names.length; i++) {
      const value = row[this.names[i]!];
      if (value === null ? !this.nullable[i] : !FITS[this.types[i]!](value)) throw this.misfit(this.names[i]!, this.types[i]!, value);
    }
    for (const name in row) if (!this.declared.has(name)) throw new RowDoesNotFit(`${this.projection.name} has no column '${name}'`);
  }

  /** What the table holds of the row in this column. */
  value(row: Readonly<Record<string, unknown>>, column: number): StoredValue {
    const value = row[this.names[column]!];
    return this.types[column] !== 'json' || value === null ? (value as StoredValue) : JSON.stringify(value);
  }

  row(values: readonly StoredValue[]): Record<string, unknown> {
    const row: Record<string, unknown> = {};
    for (let i = 0; i < this.names.length; i++) {
      const value = values[i]!;
      row[this.names[i]!] = this.types[i] === 'json' && value !== null ? JSON.parse(value as string) : value;
    }
    return row;
  }

  private misfit(name: string, type: ColumnType, value: unknown): RowDoesNotFit {
    const given = value === undefined ? 'nothing (use null)' : value === null ? 'null, though it is not nullable' : `a ${typeof value}`;
    return new RowDoesNotFit(`${this.projection.name}.${name} is ${type} and was given ${given}`);
  }
}

const FITS: Readonly<Record<ColumnType, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  integer: (value) => Number.isSafeInteger(value),
  real: (value) => Number.isFinite(value),
  json: (value) => typeof value === 'object',
};

/** A row of the page connection with its `json` columns parsed. Columns that a query added stay as they are. */
export function decoded<Row extends object>(projection: Projection<Row>, stored: StoredRow): Row & { key: string } {
  const row: Record<string, unknown> = { ...stored };
  for (const [name, column] of Object.entries<{ type: ColumnType }>(projection.table.columns)) {
    const value = stored[name];
    if (column.type === 'json' && typeof value === 'string') row[name] = JSON.parse(value);
  }
  return row as Row & { key: string };
}

/** Ways in which a row changes that have a statement at hand. */
const KEPT_UPDATES = 100;

/** The prepared statements of one table. */
export class TableStatements {
  private readonly one: Statement<[string], StoredValue[]>;
  private readonly upsert: Statement<StoredValue[]>;
  private readonly updates = new RecentlyUsed<string, Statement<StoredValue[]>>(KEPT_UPDATES);
  private readonly remove: Statement<[string]>;
  private readonly table: string;

  constructor(
    private readonly db: Database,
    projection: Projection,
    private readonly shape: RowShape,
  ) {
    const table = (this.table = quoted(tableName(projection)));
    const names = shape.names.map(quoted);
    this.one = db.prepare<[string], StoredValue[]>(`SELECT ${names.join(', ') || 'key'} FROM ${table} WHERE key = ?`).raw();
    this.upsert = db.prepare<StoredValue[]>(
      `INSERT INTO ${table} (${['key', ...names].join(', ')}) VALUES (${['key', ...names].map(() => '?').join(', ')}) ON CONFLICT (key) ` +
        (names.length === 0 ? 'DO NOTHING' : `DO UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join(', ')}`),
    );
    this.remove = db.prepare<[string]>(`DELETE FROM ${table} WHERE key = ?`);
  }

  get(key: string): StoredValue[] | undefined {
    return this.one.get(key);
  }

  /** `before` = the row that stands in the table. Only columns that differ are written: each costs the indexes that hold it. */
  put(key: string, row: Readonly<Record<string, unknown>>, before?: Readonly<Record<string, unknown>>): void {
    const { names } = this.shape;
    if (before !== undefined) {
      const changed = [];
      for (let i = 0; i < names.length; i++) if (row[names[i]!] !== before[names[i]!]) changed.push(i);
      if (changed.length === 0 || this.updateOf(changed).run(...changed.map((i) => this.shape.value(row, i)), key).changes > 0) return;
    }
    this.upsert.run(key, ...names.map((_, i) => this.shape.value(row, i)));
  }

  delete(key: string): void {
    this.remove.run(key);
  }

  private updateOf(columns: readonly number[]): Statement<StoredValue[]> {
    const kept = this.updates.get(columns.join());
    if (kept !== undefined) return kept;
    const update = this.db.prepare<StoredValue[]>(
      `UPDATE ${this.table} SET ${columns.map((i) => `${quoted(this.shape.names[i]!)} = ?`).join(', ')} WHERE key = ?`,
    );
    this.updates.set(columns.join(), update);
    return update;
  }
}
