/** One projection on its way through the log: folds events into rows it keeps in memory, writes each changed row once a batch, and lets the keys wait that cannot go on. */
import type { Database } from 'better-sqlite3';
import type { RecordedEvent } from '@waymark/kernel';
import type { Parking, Queued } from './parking';
import type { On, Projection } from './projection';
import { RowShape, TableStatements } from './tables';

/** Rows kept between batches; twice as many at most, so that memory stays flat however many rows there are. */
const KEPT_ROWS = 10_000;
/** Changed rows after which a batch ends, however few events it has taken so far. */
const FULL_ROWS = 20_000;
/** Events of a key that waited, folded in one transaction. */
const RETRIED_EVENTS = 2_000;

interface Entry {
  row: Record<string, unknown> | undefined;
  /** The row that stands in the table; `undefined` = none there. */
  stored: Record<string, unknown> | undefined;
  changed: boolean;
}

export class Lane {
  private readonly shape: RowShape;
  private readonly statements: TableStatements;
  private readonly on: ReadonlyMap<string, On<object>>;
  /** Two generations: what was touched since the last turn, and what was before it. */
  private young = new Map<string, Entry>();
  private old = new Map<string, Entry>();
  private changed: [string, Entry][] = [];
  /** Every row of the table is in memory, so a key that is not here has no row. */
  private whole: boolean;

  constructor(
    db: Database,
    readonly projection: Projection,
    readonly parking: Parking,
    tableIsEmpty: boolean,
  ) {
    this.shape = new RowShape(projection);
    this.statements = new TableStatements(db, projection, this.shape);
    this.on = new Map(Object.entries(projection.on));
    this.whole = tableIsEmpty;
  }

  /**
   * `after` is the position before the event. An event that cannot be folded, and every later one for its key, waits in
   * `parking`. Throws only where the event has no key or too many keys wait, and then has not moved.
   */
  fold(event: RecordedEvent, after: string): void {
    const on = this.on.get(event.type);
    if (on === undefined || this.parking.skipped(event)) return;
    const key = this.projection.key(event);
    if (this.parking.holds(key)) return this.parking.queue(key, event, after);
    try {
      this.apply(on, key, event);
    } catch (fault) {
      this.parking.park(key, event, after, fault);
    }
  }

  /** Folds what waits for a key, in log order and as far as it goes, and writes it. Inside a transaction. */
  retry(key: string, read: (queued: Queued) => RecordedEvent, upcast: (event: RecordedEvent) => RecordedEvent): void {
    const waiting = this.parking.waiting(key, RETRIED_EVENTS);
    let through: string | undefined;
    let failed = false;
    for (const queued of waiting) {
      const event = read(queued);
      const on = this.on.get(event.type);
      try {
        if (on !== undefined && !this.parking.skipped(event)) this.apply(on, key, upcast(event));
      } catch (fault) {
        this.parking.again(key, event, fault);
        failed = true;
        break;
      }
      through = queued.position;
    }
    this.write();
    if (through !== undefined) this.parking.through(key, through);
    if (failed) return;
    if (waiting.length < RETRIED_EVENTS) this.parking.release(key);
    else this.parking.tryNow(key);
  }

  /** So many rows are waiting to be written that the batch should end. */
  get full(): boolean {
    return this.changed.length >= FULL_ROWS;
  }

  /** Writes the rows that changed. Inside the transaction of the checkpoint. */
  write(): void {
    for (const [key, entry] of this.changed) {
      if (entry.row !== undefined) this.statements.put(key, entry.row, entry.stored);
      else if (entry.stored !== undefined) this.statements.delete(key);
      entry.stored = entry.row;
    }
    this.parking.write();
  }

  /** After the commit: nothing waits any more. */
  committed(): void {
    for (const [, entry] of this.changed) entry.changed = false;
    this.changed = [];
    this.parking.committed();
    if (this.young.size < KEPT_ROWS) return;
    if (this.old.size > 0) this.whole = false;
    this.old = this.young;
    this.young = new Map();
  }

  /** After a roll back: the table is the truth and nothing in memory is. */
  forget(): void {
    this.young = new Map();
    this.old = new Map();
    this.changed = [];
    this.whole = false;
    this.parking.forget();
  }

  /** Throws what the projection throws, and then nothing has changed. */
  private apply(on: On<object>, key: string, event: RecordedEvent): void {
    const entry = this.entry(key);
    const row = on(entry.row, event) as Record<string, unknown> | undefined;
    if (row === entry.row) return;
    if (row !== undefined) this.shape.check(row);
    entry.row = row;
    if (entry.changed) return;
    entry.changed = true;
    this.changed.push([key, entry]);
  }

  private entry(key: string): Entry {
    const young = this.young.get(key);
    if (young !== undefined) return young;
    const entry = this.old.get(key) ?? this.load(key);
    this.young.set(key, entry);
    return entry;
  }

  private load(key: string): Entry {
    const values = this.whole ? undefined : this.statements.get(key);
    if (values === undefined) return { row: undefined, stored: undefined, changed: false };
    const row = this.shape.row(values);
    return { row, stored: row, changed: false };
  }
}
