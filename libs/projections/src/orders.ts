/** Carries out what operators have asked for, one request after another, between two batches of the runner. */
import { isStopped, type Track } from './batches';
import { CheckpointLost, type Checkpoint, type RunStatus } from './checkpoints';
import { isEqual } from './compare-tables';
import { percentAt } from './log-pages';
import { isOfReaction, type OperatorRequest, type OperatorRequests } from './operator-requests';
import { causeOf } from './parking';
import { type Rebuild, type RebuildResult } from './rebuild';

/** How often the progress of a rebuild is written down. */
const PROGRESS_EVERY_MS = 500;

/** What the orders need of the runner. */
export interface Desk {
  readonly requests: OperatorRequests;
  readonly clock: () => Date;
  readonly notice: (message: string) => void;
  head(): string | undefined;
  track(name: string): Track | undefined;
  say(track: Track, status: RunStatus, lastError: string | null): void;
  retry(track: Track, key: string): void;
  /** A track of the same projection beside the one that serves, from its own checkpoint where it has one. */
  beside(serving: Track, request: number): Rebuild;
  /** Forgets the track of a rebuild, and its table. */
  giveUp(rebuild: Rebuild): void;
  /** Puts the new table in the place of the old one. */
  swap(serving: Track, rebuild: Rebuild): void;
  /** False: this program declares that version, or nobody has made it. */
  drop(name: string, version: number): boolean;
}

export class Orders {
  private readonly rebuilds = new Map<number, { readonly rebuild: Rebuild; toldAt: number }>();

  constructor(private readonly desk: Desk) {}

  /** True: something was moved. */
  carryOut(): boolean {
    let moved = false;
    for (const request of this.desk.requests.unfinished()) {
      try {
        if (this.begin(request)) moved = true;
      } catch (fault) {
        // Another runner has the projection: whoever runs it carries this out.
        if (fault instanceof CheckpointLost) throw fault;
        this.desk.requests.failed(request.id, causeOf(fault));
        this.desk.notice(`The request to ${request.kind} ${request.projection} failed: ${causeOf(fault)}`);
      }
    }
    return moved;
  }

  private begin(request: OperatorRequest): boolean {
    const { requests } = this.desk;
    if (isOfReaction(request.kind)) return false;
    if (request.kind === 'drop') {
      const dropped = this.desk.drop(request.projection, Number(request.subject));
      if (dropped) requests.done(request.id);
      else requests.failed(request.id, 'This version is the one that runs, or there is no such version');
      return dropped;
    }
    const track = this.desk.track(request.projection);
    if (track === undefined) {
      requests.failed(request.id, `There is no read model '${request.projection}'`);
      return false;
    }
    switch (request.kind) {
      case 'rebuild':
        return this.rebuild(request, track);
      case 'pause':
        requests.pause(request.projection, request.askedBy);
        this.desk.say(track, 'paused', pausedBy(request.askedBy));
        requests.done(request.id);
        return true;
      case 'resume':
        requests.resume(request.projection);
        this.goOn(track);
        requests.done(request.id);
        return true;
      case 'retry':
        return this.retry(request, track);
      case 'skip':
        return this.skip(request, track);
    }
  }

  private goOn(track: Track): void {
    if (isStopped(track.checkpoint)) this.desk.say(track, 'catching-up', null);
    track.lane.parking.tryNow();
  }

  private retry(request: OperatorRequest, track: Track): boolean {
    const { subject: key } = request;
    if (key === null) {
      this.goOn(track);
      this.desk.requests.done(request.id);
      return true;
    }
    this.tryKey(request, track, key);
    return true;
  }

  private skip(request: OperatorRequest, track: Track): boolean {
    const { parking } = track.lane;
    const eventId = request.subject ?? '';
    const key = parking.keyOf(eventId);
    const stoppedThere = track.checkpoint.status === 'faulted' && track.checkpoint.lastError?.includes(eventId) === true;
    const recorded = this.desk.requests.skippedBy(request.projection).has(eventId);
    if (key === undefined && !stoppedThere && !recorded) {
      this.desk.requests.failed(request.id, 'This event is not parked there; waymark projections parked lists those that are');
      return false;
    }
    this.desk.requests.skip(request);
    parking.skip(eventId);
    if (stoppedThere) this.desk.say(track, 'catching-up', null);
    if (key === undefined) this.desk.requests.done(request.id);
    else this.tryKey(request, track, key);
    return true;
  }

  /** The request is done when nothing waits under the key any more. */
  private tryKey(request: OperatorRequest, track: Track, key: string): void {
    const { parking } = track.lane;
    if (parking.holds(key)) parking.tryNow(key);
    while (parking.due().includes(key)) this.desk.retry(track, key);
    if (parking.holds(key)) this.desk.requests.failed(request.id, 'It is parked again; waymark projections parked says why');
    else this.desk.requests.done(request.id);
  }

  private rebuild(request: OperatorRequest, serving: Track): boolean {
    let running = this.rebuilds.get(request.id);
    if (running === undefined) {
      running = { rebuild: this.desk.beside(serving, request.id), toldAt: 0 };
      this.rebuilds.set(request.id, running);
      if (request.status === 'waiting') this.desk.notice(`${request.projection} is rebuilt beside the table that serves`);
    }
    const { rebuild } = running;
    const { checkpoint } = rebuild.beside;
    if (isStopped(checkpoint)) {
      this.rebuilds.delete(request.id);
      this.desk.giveUp(rebuild);
      this.desk.requests.failed(request.id, checkpoint.lastError ?? 'It stopped');
      this.desk.notice(`${request.projection} was not rebuilt: ${checkpoint.lastError ?? ''}`);
      return true;
    }
    const result = rebuild.ready(serving);
    if (result === undefined) {
      this.tell(request, running, checkpoint);
      return checkpoint.status === 'live';
    }
    this.desk.swap(serving, rebuild);
    this.rebuilds.delete(request.id);
    this.desk.requests.done(request.id, result);
    this.desk.notice(`${request.projection} was rebuilt: ${wordsOf(result)}`);
    return true;
  }

  private tell(request: OperatorRequest, running: { toldAt: number }, { position, rate }: Checkpoint): void {
    const now = this.desk.clock().getTime();
    if (now - running.toldAt < PROGRESS_EVERY_MS) return;
    running.toldAt = now;
    this.desk.requests.progress(request.id, percentAt(position, this.desk.head()), rate);
  }
}

export function pausedBy(who: string): string {
  return `Paused by ${who}; waymark projections resume lets it go on`;
}

/** For the log and the operator: counts and column names, never a value. */
export function wordsOf({ compared }: RebuildResult): string {
  if (compared === undefined) return 'the old table had stopped elsewhere, so the two were not compared';
  const { rows, onlyBefore, onlyAfter, different, columns } = compared;
  if (isEqual(compared)) return `${rows.after} rows, the same as before`;
  const where = Object.entries(columns).map(([column, n]) => `${column} in ${n}`);
  return (
    `${rows.after} rows, ${rows.before} before; ${different} differ${where.length > 0 ? ` (${where.join(', ')})` : ''}, ` +
    `${onlyAfter} are new, ${onlyBefore} are gone`
  );
}
