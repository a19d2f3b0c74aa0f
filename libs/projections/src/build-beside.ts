/**
 * Builds what a new release declares and the running one does not have, beside the running one: only into tables of its
 * own, in short transactions of its own. Then says how each new table differs from the version that serves.
 */
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { reject, type EventDefinitions, type Outcome } from '@waymark/kernel';
import type { Checkpoint } from './checkpoints';
import { TableComparison, type TableDifference } from './compare-tables';
import type { LogPages } from './log-pages';
import { OperatorRequests } from './operator-requests';
import { progressOf, type Progress } from './projection-status';
import type { Projection } from './projection';
import { inodeOf, readFileOf } from './read-file';
import { Runner } from './runner';
import { definitionOf, quoted, tableName } from './tables';

export interface BuildOptions {
  readonly folder: string;
  readonly projections: readonly Projection[];
  readonly definitions: EventDefinitions;
  readonly log: LogPages;
  readonly notice?: (message: string) => void;
  readonly look?: (name: string, progress: Progress) => void;
}

export interface Built {
  readonly name: string;
  readonly version: number;
  readonly position: string | null;
  /** The version that it was compared with; `null` = there is none. */
  readonly before: number | null;
  /** Of the columns that both have. Absent without a version before. */
  readonly difference?: TableDifference;
  /** Rows of each service, where the rows say which. */
  readonly services?: readonly { readonly service: string; readonly before: number; readonly after: number }[];
  /** The two were compared at the same place in the log. */
  readonly samePlace?: boolean;
}

/** The running program gets its turn between two of ours. */
const PAUSE_MS = 2;
/** Tries to meet the running version at one place in the log. */
const MEETINGS = 100;

/** Refused where the running release has a table of the same version in another shape. */
export async function buildBeside(options: BuildOptions): Promise<Outcome<{ built: Built[]; unchanged: string[] }>> {
  const before = standingIn(options.folder);
  const wanted = options.projections.filter((projection) => !isWhole(before, projection));
  const clash = wanted.find((projection) => before.some((row) => isOf(row, projection) && row.shape !== shapeOf(projection)));
  if (clash)
    return reject(
      'version-needed',
      `${clash.name} has another table than version ${clash.version} that is running; a changed read model needs a new version`,
    );
  const unchanged = options.projections.filter((projection) => !wanted.includes(projection)).map(({ name }) => name);
  if (wanted.length === 0) return { built: [], unchanged };

  const requests = new OperatorRequests(options.folder);
  const runner = new Runner({ ...options, projections: wanted, requests, besideAnother: true });
  try {
    // What is written meanwhile does not keep it from ending: the comparison comes as near as it can.
    const end = options.log.head() ?? '';
    while (runner.step()) {
      const at = runner.standing().reduce((hindmost, other) => (other.position < hindmost.position ? other : hindmost));
      if (at.position >= end) break;
      options.look?.(at.name, progressOf(at, options.log));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    const stopped = runner.standing().find(({ status }) => status === 'faulted' || status === 'paused');
    if (stopped) return reject('request-failed', `${stopped.name} was not built: ${stopped.lastError ?? stopped.status}`);
    const built: Built[] = [];
    for (const projection of wanted) built.push(await compared(options.folder, projection, () => runner.step()));
    return { built, unchanged };
  } finally {
    runner.close();
    requests.close();
  }
}

type Row = Pick<Checkpoint, 'name' | 'version' | 'position' | 'status'> & { readonly shape: string };

function standingIn(folder: string): Row[] {
  if (inodeOf(readFileOf(folder)) === undefined) return [];
  return reading(folder, (db) =>
    db.prepare('SELECT 1 FROM sqlite_schema WHERE name = ?').get('projections') === undefined
      ? []
      : db.prepare<[], Row>('SELECT name, version, position, status, shape FROM projections').all(),
  );
}

function isWhole(standing: readonly Row[], projection: Projection): boolean {
  return standing.some((row) => isOf(row, projection) && row.shape === shapeOf(projection) && row.status !== 'rebuilding');
}

function isOf({ name, version }: Row, projection: Projection): boolean {
  return name === projection.name && version === projection.version;
}

function shapeOf(projection: Projection): string {
  return definitionOf(projection).join(';\n');
}

/** At one place in the log if the two can be met there: the running one moves meanwhile. */
async function compared(folder: string, projection: Projection, step: () => boolean): Promise<Built> {
  for (let tries = 1; ; tries++) {
    step();
    const found = reading(folder, (db) => db.transaction(() => comparedNow(db, projection, tries >= MEETINGS))());
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

function comparedNow(db: Database, { name, version }: Projection, anywhere: boolean): Built | undefined {
  const rows = db.prepare<[string], Row>('SELECT name, version, position, status, shape FROM projections WHERE name = ?').all(name);
  const mine = rows.find((row) => row.version === version)!;
  const old = rows.filter((row) => row.version < version).sort((a, b) => b.version - a.version)[0];
  const position = mine.position || null;
  if (old === undefined) return { name, version, position, before: null };
  const samePlace = old.position === mine.position;
  if (!samePlace && !anywhere) return undefined;
  const tables = [tableName(old), tableName(mine)] as const;
  const [had, has] = tables.map((table) => columnsOf(db, table));
  const comparison = new TableComparison(
    db,
    ...tables,
    has!.filter((column) => column !== 'key' && had!.includes(column)),
  );
  while (comparison.step());
  return {
    name,
    version,
    position,
    before: old.version,
    samePlace,
    difference: comparison.difference,
    ...(had!.includes('service') && has!.includes('service') ? { services: byService(db, tables) } : {}),
  };
}

function columnsOf(db: Database, table: string): string[] {
  return db.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(table);
}

function byService(db: Database, tables: readonly [string, string]): { service: string; before: number; after: number }[] {
  const [before, after] = tables.map(
    (table) =>
      new Map(
        db
          .prepare<[], { service: string; n: number }>(`SELECT service, count(*) AS n FROM ${quoted(table)} GROUP BY service`)
          .all()
          .map(({ service, n }) => [service, n]),
      ),
  );
  return [...new Set([...before!.keys(), ...after!.keys()])]
    .sort()
    .map((service) => ({ service, before: before!.get(service) ?? 0, after: after!.get(service) ?? 0 }));
}

function reading<T>(folder: string, read: (db: Database) => T): T {
  const db = new SqliteDatabase(readFileOf(folder), { readonly: true });
  try {
    return read(db);
  } finally {
    db.close();
  }
}
