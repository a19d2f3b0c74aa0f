/**
 * Where queries meet the read models. The same in all three roles: a server beside its runner, a command-line program
 * beside a server, and a command-line program that runs the projections itself before it answers.
 */
import { filter, firstValueFrom, interval, map, NEVER, race, timer, type Observable, type Subscription } from 'rxjs';
import { eventsBetween, type LogPages } from './log-pages';
import { PageConnection, type ReadDb } from './page-connection';
import type { Checkpoint } from './checkpoints';
import type { Projection } from './projection';
import { tableName } from './tables';

/** Who moves the read models, as far as this process can tell. */
export interface Drive {
  /** Emits where all projections stand after each commit. */
  readonly moved?: Observable<readonly Checkpoint[]>;
  /** Brings them to the end of the log before it returns. */
  catchUp?(): void;
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

export interface ProjectionStatus {
  readonly name: string;
  readonly version: number;
  readonly status: Checkpoint['status'];
  readonly position: string | null;
  readonly head: string | null;
  readonly lagEvents: number;
  /** How long the oldest event that is not in it has waited. */
  readonly lagSeconds: number;
  readonly rate: number | null;
  readonly percent: number;
  readonly parked: 0;
  readonly lastError: string | null;
}

/** The place in the log that an answer shows. */
export interface AsAt {
  /** `undefined` = before the first event. */
  readonly position: string | undefined;
  readonly recordedAt: string | undefined;
}

/** What a query needs of the read side: the live one, and one of the past, answer the same. */
export type ReadModels = Pick<ReadSide, 'tableOf' | 'snapshot' | 'waitFor'>;

const POLL_MS = 10;

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
   * other snapshots queue behind it.
   */
  async snapshot<T>(read: (db: ReadDb, asAt: AsAt) => Promise<T>, of?: readonly string[]): Promise<{ readonly value: T } & AsAt> {
    return this.connected()
      .db.transaction()
      .execute(async (db) => {
        const rows = await db.selectFrom('projections').select(['name', 'version', 'position', 'recorded_at']).execute();
        const asAt = { position: undefined as string | undefined, recordedAt: undefined as string | undefined };
        let lowest: string | undefined;
        for (const row of rows) {
          if (!this.isAbout(String(row['name']), Number(row['version']), of)) continue;
          const position = String(row['position']);
          if (lowest !== undefined && position >= lowest) continue;
          lowest = position;
          asAt.position = position || undefined;
          asAt.recordedAt = row['recorded_at'] === null ? undefined : String(row['recorded_at']);
        }
        return { value: await read(db, asAt), ...asAt };
      });
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
    const head = this.options.log.head();
    const trouble = this.options.drive?.trouble?.();
    const standing = this.standing();
    return this.options.projections.map(({ name, version }) => {
      const row = standing.find((found) => found.name === name && found.version === version);
      const position = row?.position || undefined;
      const lagEvents = eventsBetween(position, head);
      const lagSeconds = lagEvents === 0 ? 0 : this.waitedSince(position);
      return {
        name,
        version,
        status: trouble !== undefined ? 'faulted' : statusNow(row?.status ?? 'rebuilding', lagEvents, lagSeconds),
        position: position ?? null,
        head: head ?? null,
        lagEvents,
        lagSeconds,
        rate: lagEvents === 0 ? null : (row?.rate ?? null),
        percent: lagEvents === 0 ? 100 : Math.floor((1000 * eventsBetween(undefined, position)) / eventsBetween(undefined, head)) / 10,
        parked: 0,
        lastError: trouble ?? row?.lastError ?? null,
      };
    });
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

/** What a row says is what its runner last knew; without a runner it may say `live` for ever. */
function statusNow(said: Checkpoint['status'], lagEvents: number, lagSeconds: number): Checkpoint['status'] {
  if (said === 'live' && lagSeconds > 2) return 'catching-up';
  if ((said === 'catching-up' || said === 'rebuilding') && lagEvents === 0) return 'live';
  return said;
}
