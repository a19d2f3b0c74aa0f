/** Heavy work: the read models of one service as they stood at a place in the log, folded in memory and written once into a file of their own. */
import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import SqliteDatabase from 'better-sqlite3';
import { PAGE_EVENTS, PastLog } from '@waymark/event-store';
import { upcasting, type EventDefinitions, type RecordedEvent } from '@waymark/kernel';
import type { HeavyTurn, HeavyWork } from './heavy.worker';
import { OperatorRequests } from './operator-requests';
import { NOT_UP_TO_DATE } from './past-file';
import type { Projection } from './projection';
import { definitionOf, RowShape, TableStatements } from './tables';

export interface PastWanted {
  readonly service: string;
  /** The last event that counts; absent = before the first. */
  readonly upTo?: string;
  /** Only what had happened by this instant, however late it was recorded. Absent = everything up to `upTo`. */
  readonly happenedBy?: string;
  /** Where the rows are written. */
  readonly file: string;
}

export interface PastInput extends PastWanted {
  /** The data folder. */
  readonly folder: string;
  /** Absolute path of a CommonJS module that exports `readModels` and `eventDefinitions`. */
  readonly modelsModule: string;
  readonly names: readonly string[];
}

export interface PastWritten {
  readonly events: number;
  readonly bytes: number;
}

/** What the fold reads: a page at a time, nothing held in between. */
export type ServicePages = Pick<PastLog, 'page'>;

export const work: HeavyWork<PastInput, PastWritten> = async ({ folder, modelsModule, names, ...wanted }, turn) => {
  const models = createRequire(__filename)(modelsModule) as { readModels: readonly Projection[]; eventDefinitions: EventDefinitions };
  const projections = models.readModels.filter(({ name }) => names.includes(name));
  const log = new PastLog(folder);
  const operator = new OperatorRequests(folder);
  try {
    return await foldPast(log, projections, models.eventDefinitions, { ...wanted, skippedBy: (name) => operator.skippedBy(name) }, turn);
  } finally {
    operator.close();
    log.close();
  }
};

/** Leaves no file behind when it is given up or fails. */
export async function foldPast(
  log: ServicePages,
  projections: readonly Projection[],
  definitions: EventDefinitions,
  wanted: PastWanted & { readonly skippedBy?: (projection: string) => ReadonlySet<string> },
  turn: HeavyTurn,
): Promise<PastWritten> {
  const upcast = upcasting(definitions);
  const folds = projections.map((projection) => new PastFold(projection, wanted.happenedBy, wanted.skippedBy?.(projection.name)));
  let events = 0;
  for (let after: string | undefined; ;) {
    const page = log.page(wanted.service, after, wanted.upTo, PAGE_EVENTS);
    for (const stored of page) {
      const event = upcast(stored);
      for (const each of folds) each.take(event);
    }
    events += page.length;
    after = page.at(-1)?.position;
    if (page.length < PAGE_EVENTS) break;
    await turn.turn(Math.floor((100 * Number(after)) / Number(wanted.upTo)));
  }
  await turn.turn(100);
  return { events, bytes: write(wanted.file, folds) };
}

class PastFold {
  readonly rows = new Map<string, object>();
  /** Keys of which an event could not be folded, and whose row stays as it was before it: what a live table parks. Key to service. */
  readonly parked = new Map<string, string>();
  readonly shape: RowShape;
  private readonly on: ReadonlyMap<string, Projection['on'][string]>;
  private readonly neverWas: ReadonlySet<string>;

  constructor(
    readonly projection: Projection,
    private readonly happenedBy: string | undefined,
    /** Ids of events that an operator has this read model pass over. */
    private readonly skipped: ReadonlySet<string> = new Set(),
  ) {
    this.on = new Map(Object.entries(projection.on));
    this.neverWas = new Set(projection.neverWas);
    this.shape = new RowShape(projection);
  }

  take(event: RecordedEvent): void {
    const on = this.on.get(event.type);
    if (on === undefined || this.skipped.has(event.id)) return;
    const key = this.projection.key(event);
    if (this.happenedBy !== undefined && event.occurredAt > this.happenedBy) {
      if (this.neverWas.has(event.type)) {
        this.rows.delete(key);
        this.parked.delete(key);
      }
      return;
    }
    if (this.parked.size > 0 && this.parked.has(key)) return;
    try {
      const row = on(this.rows.get(key), event);
      if (row === undefined) this.rows.delete(key);
      else {
        this.shape.check(row as Record<string, unknown>);
        this.rows.set(key, row);
      }
    } catch {
      this.parked.set(key, event.meta.service);
    }
  }
}

/** Whoever owns the folder may read it, and nobody else. Indexes come last, so that they are sorted once. */
function write(file: string, folds: readonly PastFold[]): number {
  closeSync(openSync(file, 'wx', 0o600));
  const db = new SqliteDatabase(file);
  try {
    // Nobody reads before it is whole, and nobody misses it after a crash.
    for (const pragma of ['journal_mode = OFF', 'synchronous = OFF', 'locking_mode = EXCLUSIVE']) db.pragma(pragma);
    db.transaction(() => {
      db.exec(NOT_UP_TO_DATE);
      const park = db.prepare('INSERT INTO not_up_to_date VALUES (?, ?, ?)');
      for (const { projection, rows, parked, shape } of folds) {
        const [table, ...indexes] = definitionOf(projection);
        db.exec(table!);
        const statements = new TableStatements(db, projection, shape);
        for (const [key, row] of rows) statements.put(key, shape.values(row as Record<string, unknown>));
        for (const [key, service] of parked) park.run(projection.name, key, service);
        for (const index of indexes) db.exec(index);
      }
    })();
    db.close();
    return statSync(file).size;
  } catch (fault) {
    db.close();
    rmSync(file, { force: true });
    throw fault;
  }
}
