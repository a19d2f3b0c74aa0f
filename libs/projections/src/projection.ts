/** What a read model is: one row for each key, made by a pure function of the events with that key. */
import type { RecordedEvent } from '@waymark/kernel';

export type ColumnType = 'text' | 'integer' | 'real' | 'json';

export interface Column {
  readonly type: ColumnType;
  readonly nullable?: true;
}

type ColumnName<Row> = [keyof Row] extends [never] ? string : keyof Row & string;

export interface Table<Row> {
  /** Every column of the row but the key; `json` columns hold arrays and objects. A row always has every column: `null`, never `undefined`. */
  readonly columns: { readonly [C in ColumnName<Row>]: Column };
  /** Column lists, `where` for a partial index. Chosen for the queries of the same file. */
  readonly indexes?: readonly { readonly columns: readonly ColumnName<Row>[]; readonly where?: string }[];
}

/**
 * `undefined` in = no row yet; `undefined` out = the row goes. Pure: no clock, no randomness, no I/O, no decryption.
 * Typed as a method, so that a projection of any row is a `Projection`.
 */
export type On<Row, Event extends RecordedEvent = RecordedEvent> = { on(row: Row | undefined, event: Event): Row | undefined }['on'];

export interface Projection<Row extends object = object> {
  /** The word on the screen; with the version it names the table (`waitlist_v1`). */
  readonly name: string;
  /** Raised with every change of table or `on`. Each version has its own table and checkpoint. */
  readonly version: number;
  readonly table: Table<Row>;
  /** The row that an event belongs to; it is stored in the column `key`. */
  key(event: RecordedEvent): string;
  /** Event type to function. Its keys are the subscription filter. */
  readonly on: Readonly<Record<string, On<Row>>>;
  /**
   * Event types after which there is no row, whatever it was and whatever could not be folded before. Only where the key is the
   * event's stream: a past is read without what came before the last of them.
   */
  readonly ends?: readonly string[];
  /** Event types that say of a whole row that it never was so: what is known now about a moment before them leaves the row out. */
  readonly neverWas?: readonly string[];
}
