/** One batch through the log: folds events into the rows of every projection that stands at the same place, and commits rows and checkpoints together. */
import type { Database } from 'better-sqlite3';
import { LogIsNewer, messageOf, UnknownEventType, type RecordedEvent } from '@waymark/kernel';
import { CheckpointLost, type Checkpoint, type Checkpoints } from './checkpoints';
import type { Lane } from './lane';
import { PAGE_EVENTS, type LogPages } from './log-pages';
import { causeOf } from './parking';

/** A projection and where it stands. */
export interface Track {
  readonly lane: Lane;
  checkpoint: Checkpoint;
}

export function isStopped(checkpoint: Checkpoint): boolean {
  return checkpoint.status === 'paused' || checkpoint.status === 'faulted';
}

export interface BatchesOptions {
  readonly db: Database;
  readonly log: LogPages;
  readonly checkpoints: Checkpoints;
  readonly upcast: (event: RecordedEvent) => RecordedEvent;
  readonly notice: (message: string) => void;
  /** Called between the last row and its checkpoint, inside the transaction. */
  readonly beforeCommit?: () => void;
}

export class Batches {
  /** Events folded so far, each once however many projections fold it. */
  handled = 0;

  constructor(private readonly options: BatchesOptions) {}

  /** Folds up to `max` events, but none after `until`, where the next group stands and will be joined. False: nothing to say. */
  advance(group: readonly Track[], until: string | undefined, max: number): boolean {
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
        this.fold(stored, at.position, running, stop);
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

  /** Tries the events of a key again that wait. Rolled back when another runner has moved the projection. */
  retry(track: Track, key: string): void {
    const { log, upcast, checkpoints } = this.options;
    const committed = this.transaction([track], () => {
      track.lane.retry(key, ({ after }) => log.page(after || undefined, 1)[0]!, upcast);
      checkpoints.advance(track.checkpoint, track.checkpoint);
    });
    if (committed) track.lane.committed();
  }

  private fold(stored: RecordedEvent, after: string, running: ReadonlySet<Track>, stop: StopTrack): void {
    let event: RecordedEvent;
    try {
      event = this.options.upcast(stored);
    } catch (fault) {
      const tooOld = fault instanceof UnknownEventType || fault instanceof LogIsNewer;
      const why = tooOld ? 'This program is older than the log' : `An older ${stored.type} could not be brought up to date`;
      for (const track of running) stop(track, tooOld ? 'paused' : 'faulted', stored, `${why}: ${messageOf(fault)}`);
      return;
    }
    for (const track of running) {
      try {
        track.lane.fold(event, after);
      } catch (fault) {
        stop(track, 'faulted', stored, `${stored.type} could not be folded: ${causeOf(fault)}`);
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
      rate: stop || rate === null ? null : Math.round(from.rate === null ? rate : 0.8 * from.rate + 0.2 * rate),
    };
  }

  /** Rows and checkpoints in one transaction. False when there was nothing to say. */
  private commit(next: ReadonlyMap<Track, Checkpoint>): boolean {
    const moving = [...next].filter(([track, to]) => to.position !== track.checkpoint.position || to.status !== track.checkpoint.status);
    if (moving.length === 0) return false;
    const tracks = moving.map(([track]) => track);
    const committed = this.transaction(tracks, () => {
      for (const [track] of moving) track.lane.write();
      this.options.beforeCommit?.();
      for (const [track, to] of moving) this.options.checkpoints.advance(track.checkpoint, to);
    });
    if (!committed) return true;
    for (const [track, to] of moving) {
      track.lane.committed();
      track.checkpoint = to;
      if (isStopped(to)) this.options.notice(`${to.name} is ${to.status}. ${to.lastError ?? ''}`);
    }
    return true;
  }

  /** False: another runner has moved one of them, nothing of this is kept, and they go on from where they stand now. */
  private transaction(tracks: readonly Track[], write: () => void): boolean {
    const { db, checkpoints, log, notice } = this.options;
    try {
      db.transaction(write).immediate();
      return true;
    } catch (fault) {
      for (const { lane } of tracks) lane.forget();
      if (!(fault instanceof CheckpointLost)) throw fault;
      notice(fault.message);
      for (const track of tracks) track.checkpoint = checkpoints.attach(track.lane.projection, log, track.checkpoint.logId).checkpoint;
      return false;
    }
  }
}

type Place = Pick<Checkpoint, 'position' | 'recordedAt'>;

type StopTrack = (track: Track, status: 'paused' | 'faulted', event: RecordedEvent, why: string) => void;

interface Stop {
  readonly at: Place;
  readonly status: 'paused' | 'faulted';
  readonly lastError: string;
}
