/**
 * Where queries meet the read models. The same in all three roles: a server beside its runner, a command-line program
 * beside a server, and a command-line program that runs the projections itself before it answers.
 */
import { filter, firstValueFrom, interval, map, NEVER, race, timer, type Observable, type Subscription } from 'rxjs';
import type { Checkpoint } from './checkpoints';
import type { Count } from './figures';
import type { LogPages } from './log-pages';
import { PageConnection, type ReadDb } from './page-connection';
import type { ParkedKey, ParkedRow } from './parking';
import type { Projection } from './projection';
import { BeingPrepared, progressOf, statusOf, type KeptVersion, type ProjectionStatus } from './projection-status';
import { servedName, tableName } from './tables';

/** Who moves the read models, as far as this process can tell. */
export interface Drive {
  /** Emits where all projections stand after each commit. */
  readonly moved?: Observable<readonly Checkpoint[]>;
  /** Brings them to the end of the log before it returns. */
  catchUp?(): void;
  /** This process has the folder: nobody else runs anything there. Absent: it never has. */
  hasFolder?(): boolean;
  /** Why nothing moves at present; `undefined` = nothing is wrong. */
  trouble?(): string | undefined;
}

export interface ReadSideOptions {
  readonly folder: string;
  readonly projections: readonly Projection[];
  readonly log: LogPages;
  readonly drive?: Drive;
  readonly clock?: () => Date;
}

/** The place in the log that an answer shows. */
export interface AsAt {
  /** `undefined` = before the first event. */
  readonly position: string | undefined;
  readonly recordedAt: string | undefined;
}

/** The queries of one answer. `count` is for figures over many rows, and remembers them until a row may have changed. */
export type Read<T> = (db: ReadDb, asAt: AsAt, count: Count) => Promise<T>;

/** What a query needs of the read side: the live one, and one of the past, answer the same. */
export interface ReadModels extends Pick<ReadSide, 'tableOf' | 'snapshot' | 'waitFor'> {
  /** Rows that lack an event which could not be folded. */
  parked(): readonly ParkedRow[] | Promise<readonly ParkedRow[]>;
}

const POLL_MS = 10;
/** How long an answer waits for a read model that is nearly there. */
const PREPARED_WITHIN_MS = 2_000;

export class ReadSide {
  /** One for each commit of the read models, with what every running projection has reached. Silent outside a server. */
  readonly changes: Observable<{ readonly position: string }>;
  private readonly projections: ReadonlyMap<string, Projection>;
  private readonly clock: () => Date;
  private readonly listening: Subscription | undefined;
  private connection: PageConnection | undefined;
  /** What the runner's thread said last, so that nobody who waits has to look into the file. */
  private said: readonly Checkpoint[] | undefined;
  /** Connections to a file that was deleted meanwhile; a query may still be reading there. */
  private readonly retired: PageConnection[] = [];

  constructor(private readonly options: ReadSideOptions) {
    this.projections = new Map(options.projections.map((projection) => [projection.name, projection]));
    this.clock = options.clock ?? (() => new Date());
    this.listening = options.drive?.moved?.subscribe((standing) => (this.said = standing));
    this.changes = (options.drive?.moved ?? NEVER).pipe(
      map((standing) => ({ position: this.lowest(standing) })),
      filter((change): change is { position: string } => change.position !== undefined && change.position !== ''),
    );
  }

  /** `undefined` until the log holds its first event. */
  get logId(): string | undefined {
    return this.options.log.logId;
  }

  /** Queries outside a snapshot. For a list with a total use `snapshot`. */
  get db(): ReadDb {
    return this.connected().db;
  }

  /** The table of a read model's present version. */
  tableOf(name: string): string {
    const projection = this.projections.get(name);
    if (projection === undefined) throw new Error(`There is no read model '${name}'`);
    return tableName(projection);
  }

  /**
   * Runs `read` in one read transaction, so that total, summary and items agree, and says which place in the log they
   * show: the lowest among the read models `of` (default: all). Do not wait for anything but the database inside `read`:
   * other snapshots queue behind it. Throws BeingPrepared when one of those named holds only a part of the log.
   */
  async snapshot<T>(read: Read<T>, of?: readonly string[]): Promise<{ readonly value: T } & AsAt> {
    const deadline = performance.now() + PREPARED_WITHIN_MS;
    for (;;) {
      try {
        return await this.snapshotNow(read, of);
      } catch (fault) {
        const soon = fault instanceof BeingPrepared && (fault.progress.secondsLeft ?? 0) < PREPARED_WITHIN_MS / 1000;
        if (!soon || performance.now() > deadline) throw fault;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    }
  }

  /**
   * Waits until the read models `of` (default: all that run) hold the event at `position`. False when that takes longer
   * than `ms`, or when one of them has stopped and will not get there.
   */
  async waitFor(position: string, ms = 2_000, of?: readonly string[]): Promise<boolean> {
    const now = this.reached(position, of);
    if (now !== undefined || ms <= 0) return now ?? false;
    const moments: Observable<unknown> = this.options.drive?.moved ?? interval(POLL_MS);
    const looks = moments.pipe(
      map(() => this.reached(position, of)),
      filter((answer) => answer !== undefined),
    );
    return firstValueFrom(race(looks, timer(ms).pipe(map(() => false))), { defaultValue: false });
  }

  /** The last event that a read model holds. */
  position(name: string): string | undefined {
    const { version } = this.projections.get(name) ?? {};
    return this.standing().find((row) => row.name === name && row.version === version)?.position || undefined;
  }

  /** Every read model, whether it runs, and how far it is behind the log. */
  status(): ProjectionStatus[] {
    return statusOf({
      projections: this.options.projections,
      checkpoints: this.standing(),
      parked: this.parked(),
      log: this.options.log,
      trouble: this.options.drive?.trouble?.(),
      waitedSince: (position) => this.waitedSince(position),
    });
  }

  /** Rows that are not up to date: their keys, and the event that each waits for. */
  parked(): ParkedKey[] {
    const all = this.open()?.parked() ?? [];
    return all.filter(({ projection, version }) => this.projections.get(projection)?.version === version);
  }

  /** Versions in the file that this program does not declare: nobody reads or folds them here. */
  kept(): KeptVersion[] {
    return this.standing()
      .filter(({ name, version }) => name === servedName(name) && this.projections.get(name)?.version !== version)
      .map(({ name, version, position }) => ({ name, version, position: position || null }));
  }

  /** Resolves when every table is there to be read; the runner makes them when it starts. */
  async ready(ms = 10_000): Promise<void> {
    const deadline = performance.now() + ms;
    while (this.open() === undefined) {
      if (performance.now() > deadline) throw new Error('The read models are not there: no runner has made them');
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  close(): void {
    this.listening?.unsubscribe();
    for (const connection of [...this.retired, this.connection]) connection?.close();
    this.retired.length = 0;
    this.connection = undefined;
    this.options.log.close();
  }

  private snapshotNow<T>(read: Read<T>, of?: readonly string[]): Promise<{ readonly value: T } & AsAt> {
    const { db: pages, figures } = this.connected();
    return pages.transaction().execute(async (db) => {
      const rows = await db.selectFrom('projections').select(['name', 'version', 'position', 'recorded_at', 'status', 'rate']).execute();
      const asAt = { position: undefined as string | undefined, recordedAt: undefined as string | undefined };
      let lowest: string | undefined;
      for (const row of rows) {
        if (!this.isAbout(String(row['name']), Number(row['version']), of)) continue;
        const position = String(row['position']);
        if (of !== undefined && row['status'] === 'rebuilding') this.mustBeWhole(String(row['name']), position, row['rate']);
        if (lowest !== undefined && position >= lowest) continue;
        lowest = position;
        asAt.position = position || undefined;
        asAt.recordedAt = row['recorded_at'] === null ? undefined : String(row['recorded_at']);
      }
      return { value: await read(db, asAt, figures.in(db)), ...asAt };
    });
  }

  /** A list with a part of its rows would say that the others do not exist. */
  private mustBeWhole(name: string, position: string, rate: unknown): void {
    const progress = progressOf({ position, rate: typeof rate === 'number' ? rate : null }, this.options.log);
    if (progress.percent < 100) throw new BeingPrepared(name, progress);
  }

  /** `undefined` = not yet; false = not before somebody looks after a read model that has stopped. */
  private reached(position: string, of: readonly string[] | undefined): boolean | undefined {
    const named = (this.said ?? this.standing()).filter(({ name, version }) => this.isAbout(name, version, of));
    const running = named.filter(({ status }) => status !== 'paused' && status !== 'faulted');
    if (named.length === 0) return undefined;
    const stopped = running.length === 0 || (of !== undefined && running.length < of.length);
    if ((stopped ? named : running).every((row) => row.position >= position)) return true;
    return stopped ? false : undefined;
  }

  private standing(): Checkpoint[] {
    return this.open()?.checkpoints() ?? [];
  }

  private connected(): PageConnection {
    const connection = this.open();
    if (connection === undefined) throw new Error('The read models are not there yet');
    return connection;
  }

  /** The connection to the file that stands in the folder now; the last one as long as the runner prepares another. */
  private open(): PageConnection | undefined {
    this.options.drive?.catchUp?.();
    if (this.connection !== undefined && !this.connection.isStale()) return this.connection;
    const fresh = PageConnection.open(this.options.folder, this.options.projections);
    if (fresh === undefined) return this.connection;
    if (this.connection !== undefined) this.retired.push(this.connection);
    this.connection = fresh;
    return fresh;
  }

  private isAbout(name: string, version: number, of: readonly string[] | undefined): boolean {
    return this.projections.get(name)?.version === version && (of === undefined || of.includes(name));
  }

  private lowest(standing: readonly Checkpoint[]): string | undefined {
    return standing
      .filter(({ status }) => status !== 'paused' && status !== 'faulted')
      .map(({ position }) => position)
      .sort()[0];
  }

  private waitedSince(position: string | undefined): number {
    const next = this.options.log.page(position, 1)[0];
    return next === undefined ? 0 : Math.max(0, Math.round((this.clock().getTime() - Date.parse(next.recordedAt)) / 100) / 10);
  }
}
