/**
 * The one writer of the read models. It reads the log once for all projections that stand at the same place, tries again
 * what could not be folded, and carries out what operators ask. Synchronous: a worker thread or a command-line program
 * calls it.
 */
import type { Database } from 'better-sqlite3';
import { upcasting, type EventDefinitions, type RecordedEvent } from '@waymark/kernel';
import { Batches, isStopped, type Track } from './batches';
import { Checkpoints, type Checkpoint, type RunStatus } from './checkpoints';
import { Lane } from './lane';
import type { LogPages } from './log-pages';
import type { OperatorRequests } from './operator-requests';
import { Orders, pausedBy } from './orders';
import { Parking } from './parking';
import type { Projection } from './projection';
import { inodeOf, openForRunner, readFileOf } from './read-file';
import { Rebuild } from './rebuild';
import { nameBeside, servedName } from './tables';

/** Events a commit holds while nobody else waits for this pass. */
export const CATCH_UP_EVENTS = 50_000;
/** While others wait. */
const TURN_EVENTS = 2_000;

export interface RunnerOptions {
  readonly folder: string;
  readonly log: LogPages;
  readonly projections: readonly Projection[];
  /** Every event type this program knows. Absent: events are taken as they are. */
  readonly definitions?: EventDefinitions;
  /** What operators ask for. Absent: nobody asks, and nothing was skipped or paused. Stays open. */
  readonly requests?: OperatorRequests;
  readonly clock?: () => Date;
  /** Hears what an operator must hear: a rebuild, a fault, a pause, a row that is parked. */
  readonly notice?: (message: string) => void;
  /**
   * Another program runs the projections of this folder: only those named here are touched, in short turns, and what
   * operators ask is left to the other one.
   */
  readonly besideAnother?: true;
  /** Called between the last row and its checkpoint, inside the transaction. */
  readonly beforeCommit?: () => void;
}

export class Runner {
  private db!: Database;
  private inode: number | undefined;
  /** `''` while there is no log. */
  private logId = '';
  private checkpoints!: Checkpoints;
  private batches!: Batches;
  private orders: Orders | undefined;
  /** Of the projections, in their order; after them those that are built beside. */
  private tracks: Track[] = [];
  private readonly upcast: (event: RecordedEvent) => RecordedEvent;
  private readonly clock: () => Date;
  private readonly notice: (message: string) => void;
  private handledBefore = 0;

  constructor(private readonly options: RunnerOptions) {
    this.clock = options.clock ?? (() => new Date());
    this.notice = options.notice ?? (() => {});
    this.upcast = options.definitions ? upcasting(options.definitions) : (event) => event;
    this.open();
  }

  /** What operators asked, what is tried again, and one batch for every group of projections at one place. False: nothing was left to do. */
  step(): boolean {
    if (inodeOf(readFileOf(this.options.folder)) !== this.inode) this.reopen();
    if (this.logId === '' && this.options.log.logId !== undefined) this.attach();
    let moved = this.orders?.carryOut() ?? false;
    for (const track of this.tracks) if (this.tryAgain(track)) moved = true;
    const groups = this.groups();
    for (const [i, group] of groups.entries()) {
      const next = groups[i + 1]?.[0]?.checkpoint.position;
      if (this.batches.advance(group, next, groups.length === 1 && !this.options.besideAnother ? CATCH_UP_EVENTS : TURN_EVENTS))
        moved = true;
    }
    return moved;
  }

  /** Steps until the end of the log. Events are counted once however many projections fold them. */
  catchUp(): { readonly events: number; readonly position: string | undefined } {
    const before = this.handled;
    while (this.step());
    const positions = this.standing()
      .map(({ position }) => position)
      .sort();
    return { events: this.handled - before, position: positions[0] || undefined };
  }

  /** Where the projections stand that serve. */
  standing(): readonly Checkpoint[] {
    return this.tracks.slice(0, this.options.projections.length).map((track) => track.checkpoint);
  }

  close(): void {
    this.db.close();
  }

  private get handled(): number {
    return this.handledBefore + this.batches.handled;
  }

  private open(): void {
    const { folder, log, beforeCommit } = this.options;
    this.db = openForRunner(folder, this.notice);
    this.inode = inodeOf(readFileOf(folder));
    this.checkpoints = new Checkpoints(this.db, this.clock);
    this.batches = new Batches({
      db: this.db,
      log,
      checkpoints: this.checkpoints,
      upcast: this.upcast,
      notice: this.notice,
      ...(beforeCommit ? { beforeCommit } : {}),
    });
    this.attach();
  }

  /** Somebody deleted the file: the rows this connection writes are nobody's any more. */
  private reopen(): void {
    this.notice('The read models were deleted and are rebuilt from the log');
    this.handledBefore += this.batches.handled;
    this.db.close();
    this.open();
  }

  private attach(): void {
    const { log, projections } = this.options;
    const requests = this.options.besideAnother ? undefined : this.options.requests;
    this.logId = log.logId ?? '';
    this.orders = requests && this.ordersOf(requests);
    this.tracks = projections.map((projection) => {
      const track = this.track(projection);
      const by = requests?.pausedBy(projection.name);
      if (by !== undefined) this.say(track, 'paused', pausedBy(by));
      // Starting again is how an operator retries what had stopped.
      else if (isStopped(track.checkpoint)) this.say(track, 'catching-up', null);
      track.lane.parking.tryNow();
      return track;
    });
    if (requests) this.clearAway(requests);
  }

  /** What is left of rebuilds that nobody asks for any more. */
  private clearAway(requests: OperatorRequests): void {
    const open = new Set(requests.unfinished().map(({ projection, id }) => nameBeside(projection, id)));
    for (const made of this.checkpoints.all())
      if (made.name !== servedName(made.name) && !open.has(made.name)) this.checkpoints.remove(made);
  }

  private track(projection: Projection): Track {
    const { checkpoint, notice } = this.checkpoints.attach(projection, this.options.log, this.logId);
    if (notice !== undefined) this.notice(notice);
    const skips = this.options.requests?.skippedBy(servedName(projection.name)) ?? new Set<string>();
    const parking = new Parking(this.db, checkpoint, this.clock, skips);
    return { lane: new Lane(this.db, projection, parking, checkpoint.position === ''), checkpoint };
  }

  /** Keys whose pause is over. */
  private tryAgain(track: Track): boolean {
    const due = track.lane.parking.due();
    for (const key of due) this.retry(track, key);
    return due.length > 0;
  }

  private retry(track: Track, key: string): void {
    const { parking, projection } = track.lane;
    this.batches.retry(track, key);
    if (parking.isParked(key)) this.notice(`A row of ${projection.name} is parked: waymark projections parked says why`);
  }

  /** Running projections by where they stand, the hindmost first. */
  private groups(): Track[][] {
    const byPosition = new Map<string, Track[]>();
    for (const track of this.tracks) {
      if (isStopped(track.checkpoint)) continue;
      const group = byPosition.get(track.checkpoint.position);
      if (group) group.push(track);
      else byPosition.set(track.checkpoint.position, [track]);
    }
    return [...byPosition.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
  }

  private say(track: Track, status: RunStatus, lastError: string | null): void {
    this.checkpoints.say(track.checkpoint.name, track.checkpoint.version, status, lastError);
    track.checkpoint = { ...track.checkpoint, status, lastError };
  }

  private ordersOf(requests: OperatorRequests): Orders {
    return new Orders({
      requests,
      clock: this.clock,
      notice: this.notice,
      head: () => this.options.log.head(),
      track: (name) => this.tracks.find((track) => track.lane.projection.name === name),
      say: (track, status, lastError) => this.say(track, status, lastError),
      retry: (track, key) => this.retry(track, key),
      beside: (serving, request) => this.beside(serving, request),
      giveUp: ({ beside }) => {
        this.tracks = this.tracks.filter((track) => track !== beside);
        this.checkpoints.remove(beside.lane.projection);
      },
      swap: (serving, rebuild) => this.swap(serving, rebuild),
      drop: (name, version) => this.drop(name, version),
    });
  }

  private beside(serving: Track, request: number): Rebuild {
    const { projection } = serving.lane;
    const track = this.track({ ...projection, name: nameBeside(projection.name, request) });
    this.tracks.push(track);
    return new Rebuild(this.db, this.checkpoints, track);
  }

  private swap(serving: Track, rebuild: Rebuild): void {
    rebuild.swap(serving);
    const { projection } = serving.lane;
    const track = this.track(projection);
    const by = this.options.requests?.pausedBy(projection.name);
    if (by !== undefined) this.say(track, 'paused', pausedBy(by));
    // What was parked in the old table may have been a passing fault in the new one.
    track.lane.parking.tryNow();
    this.tracks = this.tracks.filter((other) => other !== rebuild.beside).map((other) => (other === serving ? track : other));
  }

  private drop(name: string, version: number): boolean {
    const declared = this.options.projections.some((projection) => projection.name === name && projection.version === version);
    if (declared || !this.checkpoints.all().some((made) => made.name === name && made.version === version)) return false;
    this.db.transaction(() => this.checkpoints.remove({ name, version })).immediate();
    return true;
  }
}
