/** Heavy work: the read models of one service as they stood at a place in the log, folded in memory and written once into a file of their own. */
import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import SqliteDatabase from 'better-sqlite3';
import { numberOf, PAGE_EVENTS, PastLog, positionOf, type Outline } from '@waymark/event-store';
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
  /** Where the log is read from. */
  readonly logFolder: string;
  /** Absolute path of a CommonJS module that exports `readModels` and `eventDefinitions`. */
  readonly modelsModule: string;
  readonly names: readonly string[];
}

export interface PastWritten {
  readonly events: number;
  readonly bytes: number;
}

/** What the fold reads: a page at a time, nothing held in between. */
export type ServiceEvents = Pick<PastLog, 'outlines' | 'at'>;

export const work: HeavyWork<PastInput, PastWritten> = async ({ folder, logFolder, modelsModule, names, ...wanted }, turn) => {
  const models = createRequire(__filename)(modelsModule) as { readModels: readonly Projection[]; eventDefinitions: EventDefinitions };
  const projections = models.readModels.filter(({ name }) => names.includes(name));
  const log = new PastLog(logFolder);
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
  log: ServiceEvents,
  projections: readonly Projection[],
  definitions: EventDefinitions,
  wanted: PastWanted & { readonly skippedBy?: (projection: string) => ReadonlySet<string> },
  turn: HeavyTurn,
): Promise<PastWritten> {
  const upcast = upcasting(definitions);
  const folds = projections.map((projection) => new PastFold(projection, wanted.happenedBy, wanted.skippedBy?.(projection.name)));
  const places = await worthReading(log, folds, definitions, wanted, turn);
  for (let from = 0; from < places.length; from += PAGE_EVENTS) {
    for (const stored of log.at(places.slice(from, from + PAGE_EVENTS))) {
      const event = upcast(stored);
      for (const each of folds) each.take(event);
    }
    await turn.turn(SEARCH_PERCENT + Math.floor(((100 - SEARCH_PERCENT) * from) / places.length));
  }
  await turn.turn(100);
  return { events: places.length, bytes: write(wanted.file, folds) };
}

/** How much of the work it is, in per cent, to find what is worth reading. */
const SEARCH_PERCENT = 30;

/**
 * The places to read, in the order of the log. Looked for from the end: what came before the end of a stream has left every
 * row, and in a service of some years that is most of the log.
 */
async function worthReading(
  log: ServiceEvents,
  folds: readonly PastFold[],
  definitions: EventDefinitions,
  { service, upTo }: PastWanted,
  turn: HeavyTurn,
): Promise<string[]> {
  const places: string[] = [];
  const ended = new Set<string>();
  for (let last = upTo; ;) {
    const page = log.outlines(service, last, PAGE_EVENTS);
    for (const event of page) {
      if (isNews(event, definitions)) places.push(event.position);
      if (ended.has(event.stream)) continue;
      if (folds.every((fold) => fold.isEndedBy(event))) ended.add(event.stream);
      else if (folds.some((fold) => fold.counts(event))) places.push(event.position);
    }
    if (page.length < PAGE_EVENTS) return places.reverse();
    last = positionOf(numberOf(page.at(-1)!.position) - 1);
    await turn.turn(Math.floor(SEARCH_PERCENT * (1 - Number(last) / Number(upTo))));
  }
}

/** Written by a newer program: whoever brings it up to date says so. */
function isNews({ type, schemaVersion }: Outline, definitions: EventDefinitions): boolean {
  return !Object.hasOwn(definitions, type) || schemaVersion > definitions[type]!.schemaVersion;
}

class PastFold {
  readonly rows = new Map<string, object>();
  /** Keys of which an event could not be folded, and whose row stays as it was before it: what a live table parks. Key to service. */
  readonly parked = new Map<string, string>();
  readonly shape: RowShape;
  private readonly on: ReadonlyMap<string, Projection['on'][string]>;
  private readonly neverWas: ReadonlySet<string>;
  private readonly ends: ReadonlySet<string>;

  constructor(
    readonly projection: Projection,
    private readonly happenedBy: string | undefined,
    /** Ids of events that an operator has this read model pass over. */
    private readonly skipped: ReadonlySet<string> = new Set(),
  ) {
    this.on = new Map(Object.entries(projection.on));
    this.neverWas = new Set(projection.neverWas);
    this.ends = new Set(projection.ends);
    this.shape = new RowShape(projection);
  }

  /** Whether the row depends on it. */
  counts({ id, type, occurredAt }: Outline): boolean {
    return this.on.has(type) && !this.skipped.has(id) && (this.hadHappened(occurredAt) || this.neverWas.has(type));
  }

  /** Whether it leaves no row, whatever the row was. */
  isEndedBy(event: Outline): boolean {
    return this.ends.has(event.type) && this.counts(event);
  }

  take(event: RecordedEvent): void {
    if (!this.counts(event)) return;
    const key = this.projection.key(event);
    if (!this.hadHappened(event.occurredAt)) {
      this.rows.delete(key);
      this.parked.delete(key);
      return;
    }
    if (this.parked.size > 0 && this.parked.has(key)) return;
    try {
      const row = this.on.get(event.type)!(this.rows.get(key), event);
      if (row === undefined) this.rows.delete(key);
      else {
        this.shape.check(row as Record<string, unknown>);
        this.rows.set(key, row);
      }
    } catch {
      this.parked.set(key, event.meta.service);
    }
  }

  private hadHappened(occurredAt: string): boolean {
    return this.happenedBy === undefined || occurredAt <= this.happenedBy;
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
        for (const [key, row] of rows) statements.put(key, row as Record<string, unknown>);
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
