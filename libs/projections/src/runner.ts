/**
 * The one writer of the read models. It reads the log once for all projections that stand at the same place, folds a
 * batch into rows, and commits the rows with the checkpoints that say so. Synchronous: a worker thread or a command-line
 * program calls it.
 */
import type { Database } from 'better-sqlite3';
import { LogIsNewer, messageOf, UnknownEventType, upcasting, type EventDefinitions, type RecordedEvent } from '@waymark/kernel';
import { CheckpointLost, Checkpoints, type Checkpoint, type RunStatus } from './checkpoints';
import { Lane } from './lane';
import { PAGE_EVENTS, type LogPages } from './log-pages';
import type { Projection } from './projection';
import { inodeOf, openForRunner, readFileOf } from './read-file';

/** Events a commit holds while nobody else waits for this pass. */
export const CATCH_UP_EVENTS = 50_000;

export interface RunnerOptions {
  readonly folder: string;
  readonly log: LogPages;
  readonly projections: readonly Projection[];
  /** Every event type this program knows. Absent: events are taken as they are. */
  readonly definitions?: EventDefinitions;
  readonly clock?: () => Date;
  /** Hears what an operator must hear: a rebuild, a fault, a pause. */
  readonly notice?: (message: string) => void;
  /** Called between the last row and its checkpoint, inside the transaction. */
  readonly beforeCommit?: () => void;
}

/** A projection and where it stands. */
interface Track {
  readonly lane: Lane;
  checkpoint: Checkpoint;
}

export class Runner {
  private db: Database;
  private inode: number | undefined;
  /** `''` while there is no log. */
  private logId = '';
  private checkpoints: Checkpoints;
  private tracks: Track[] = [];
  private readonly upcast: (event: RecordedEvent) => RecordedEvent;
  private readonly clock: () => Date;
  private readonly notice: (message: string) => void;
  private handled = 0;

  constructor(private readonly options: RunnerOptions) {
    this.clock = options.clock ?? (() => new Date());
    this.notice = options.notice ?? (() => {});
    this.upcast = options.definitions ? upcasting(options.definitions) : (event) => event;
    this.db = openForRunner(options.folder, this.notice);
    this.inode = inodeOf(readFileOf(options.folder));
    this.checkpoints = new Checkpoints(this.db, this.clock);
    this.attach();
  }

  /** One batch for every group of projections that stand at the same place. False: nothing was left to do. */
  step(): boolean {
    if (inodeOf(readFileOf(this.options.folder)) !== this.inode) this.reopen();
    if (this.logId === '' && this.options.log.logId !== undefined) this.attach();
    const groups = this.groups();
    let moved = false;
    for (const [i, group] of groups.entries()) {
      const next = groups[i + 1]?.[0]?.checkpoint.position;
      if (this.advance(group, next, groups.length === 1 ? CATCH_UP_EVENTS : PAGE_EVENTS)) moved = true;
    }
    return moved;
  }

  /** Steps until the end of the log. Events are counted once however many projections fold them. */
  catchUp(): { readonly events: number; readonly position: string | undefined } {
    const before = this.handled;
    while (this.step());
    const positions = this.tracks.map((track) => track.checkpoint.position).sort();
    return { events: this.handled - before, position: positions[0] || undefined };
  }

  standing(): readonly Checkpoint[] {
    return this.tracks.map((track) => track.checkpoint);
  }

  close(): void {
    this.db.close();
  }

  private attach(): void {
    this.logId = this.options.log.logId ?? '';
    this.tracks = this.options.projections.map((projection) => {
      const { checkpoint, notice } = this.checkpoints.attach(projection, this.options.log, this.logId);
      if (notice !== undefined) this.notice(notice);
      const track: Track = { lane: new Lane(this.db, projection, checkpoint.position === ''), checkpoint };
      // Starting again is how an operator retries what had stopped.
      if (isStopped(checkpoint)) this.say(track, 'catching-up', null);
      return track;
    });
  }

  /** Somebody deleted the file: the rows this connection writes are nobody's any more. */
  private reopen(): void {
    this.notice('The read models were deleted and are rebuilt from the log');
    this.db.close();
    this.db = openForRunner(this.options.folder, this.notice);
    this.inode = inodeOf(readFileOf(this.options.folder));
    this.checkpoints = new Checkpoints(this.db, this.clock);
    this.attach();
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

  /** Folds up to `max` events, but none after `until`, where the next group stands and will be joined. */
  private advance(group: readonly Track[], until: string | undefined, max: number): boolean {
    const startedAt = performance.now();
    const running = new Set(group);
    const stops = new Map<Track, Stop>();
    let at: Place = group[0]!.checkpoint;
    let seen = 0;
    let more = true;

    const stop: StopTrack = (track, status, event, why) => {
      running.delete(track);
      stops.set(track, { at, status, lastError: `${why}, at position ${event.position} (event ${event.id})` });
    };

    while (more && running.size > 0 && seen < max) {
      const asked = Math.min(PAGE_EVENTS, max - seen);
      const events = this.options.log.page(at.position || undefined, asked);
      more = events.length === asked;
      for (const stored of events) {
        if (until !== undefined && stored.position > until) {
          more = true;
          max = seen;
          break;
        }
        this.fold(stored, running, stop);
        if (running.size === 0) break;
        at = stored;
        seen++;
      }
      if (group.some((track) => track.lane.full)) break;
    }
    this.handled += seen;

    const rate = more ? Math.round((seen * 1000) / Math.max(performance.now() - startedAt, 0.001)) : null;
    const next = new Map(group.map((track) => [track, this.arrived(track.checkpoint, stops.get(track), at, more, rate)] as const));
    return this.commit(next);
  }

  private fold(stored: RecordedEvent, running: ReadonlySet<Track>, stop: StopTrack): void {
    let event: RecordedEvent;
    try {
      event = this.upcast(stored);
    } catch (fault) {
      const tooOld = fault instanceof UnknownEventType || fault instanceof LogIsNewer;
      const why = tooOld ? 'This program is older than the log' : `An older ${stored.type} could not be brought up to date`;
      for (const track of running) stop(track, tooOld ? 'paused' : 'faulted', stored, `${why}: ${messageOf(fault)}`);
      return;
    }
    for (const track of running) {
      try {
        track.lane.fold(event);
      } catch (fault) {
        stop(track, 'faulted', stored, `${stored.type} could not be folded: ${messageOf(fault)}`);
      }
    }
  }

  private arrived(from: Checkpoint, stop: Stop | undefined, reached: Place, more: boolean, rate: number | null): Checkpoint {
    const { position, recordedAt } = stop?.at ?? reached;
    const behind = from.status === 'rebuilding' ? 'rebuilding' : 'catching-up';
    return {
      ...from,
      position,
      hash: position === from.position ? from.hash : this.options.log.hashAt(position)!,
      recordedAt,
      status: stop?.status ?? (more ? behind : 'live'),
      lastError: stop?.lastError ?? null,
      rate: stop ? null : rate,
    };
  }

  /** Rows and checkpoints in one transaction. False when there was nothing to say. */
  private commit(next: ReadonlyMap<Track, Checkpoint>): boolean {
    const moving = [...next].filter(([track, to]) => to.position !== track.checkpoint.position || to.status !== track.checkpoint.status);
    if (moving.length === 0) return false;
    try {
      this.db
        .transaction(() => {
          for (const [track] of moving) track.lane.write();
          this.options.beforeCommit?.();
          for (const [track, to] of moving) this.checkpoints.advance(track.checkpoint, to);
        })
        .immediate();
    } catch (fault) {
      for (const [track] of moving) track.lane.forget();
      if (!(fault instanceof CheckpointLost)) throw fault;
      this.notice(fault.message);
      for (const [track] of moving)
        track.checkpoint = this.checkpoints.attach(track.lane.projection, this.options.log, this.logId).checkpoint;
      return true;
    }
    for (const [track, to] of moving) {
      track.lane.committed();
      track.checkpoint = to;
      if (isStopped(to)) this.notice(`${to.name} is ${to.status}. ${to.lastError ?? ''}`);
    }
    return true;
  }

  private say(track: Track, status: RunStatus, lastError: string | null): void {
    this.checkpoints.say(track.checkpoint.name, track.checkpoint.version, status, lastError);
    track.checkpoint = { ...track.checkpoint, status, lastError };
  }
}

type Place = Pick<Checkpoint, 'position' | 'recordedAt'>;

type StopTrack = (track: Track, status: 'paused' | 'faulted', event: RecordedEvent, why: string) => void;

interface Stop {
  readonly at: Place;
  readonly status: 'paused' | 'faulted';
  readonly lastError: string;
}

function isStopped(checkpoint: Checkpoint): boolean {
  return checkpoint.status === 'paused' || checkpoint.status === 'faulted';
}
