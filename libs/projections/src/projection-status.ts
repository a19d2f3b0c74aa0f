/** How far each read model is, in the words of the contract; and what is said for one that is not there yet. */
import type { Checkpoint } from './checkpoints';
import { percentAt, type LogPages } from './log-pages';
import { servedName } from './tables';

/** A table that is built: how much of the log it holds. */
export interface Progress {
  readonly percent: number;
  /** Events a second. */
  readonly rate: number | null;
  /** `null` = not known yet. */
  readonly secondsLeft: number | null;
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
  /** Rows that are not up to date, because an event for them could not be folded. */
  readonly parked: number;
  readonly lastError: string | null;
  /** Only while it is behind. */
  readonly secondsLeft?: number;
  /** Only while it is built again beside the table that serves. */
  readonly rebuild?: Progress;
}

/** A version that no projection of this program declares: kept for the way back to an older release. */
export interface KeptVersion {
  readonly name: string;
  readonly version: number;
  readonly position: string | null;
}

export interface Standing {
  readonly projections: readonly { readonly name: string; readonly version: number }[];
  readonly checkpoints: readonly Checkpoint[];
  readonly parked: readonly { readonly projection: string; readonly version: number }[];
  readonly log: Pick<LogPages, 'head' | 'eventsAfter'>;
  /** Why nothing moves at present. */
  readonly trouble: string | undefined;
  /** Seconds since the first event after this position was recorded. */
  waitedSince(position: string | undefined): number;
}

export function statusOf(standing: Standing): ProjectionStatus[] {
  const { projections, checkpoints, parked, log, trouble } = standing;
  const head = log.head();
  return projections.map(({ name, version }) => {
    const row = checkpoints.find((found) => found.name === name && found.version === version);
    const beside = checkpoints.find((found) => found.name !== name && servedName(found.name) === name && found.version === version);
    const position = row?.position || undefined;
    const lagEvents = log.eventsAfter(position);
    const lagSeconds = lagEvents === 0 ? 0 : standing.waitedSince(position);
    const { percent, rate, secondsLeft } = progressOf(row, log);
    return {
      name,
      version,
      status: trouble !== undefined ? 'faulted' : statusNow(row?.status ?? 'rebuilding', lagEvents, lagSeconds),
      position: position ?? null,
      head: head ?? null,
      lagEvents,
      lagSeconds,
      rate,
      percent,
      parked: parked.filter((key) => key.projection === name && key.version === version).length,
      lastError: trouble ?? row?.lastError ?? null,
      ...(secondsLeft === null || lagEvents === 0 ? {} : { secondsLeft }),
      ...(beside ? { rebuild: progressOf(beside, log) } : {}),
    };
  });
}

export function progressOf(row: Pick<Checkpoint, 'position' | 'rate'> | undefined, log: Standing['log']): Progress {
  const left = log.eventsAfter(row?.position || undefined);
  if (left === 0) return { percent: 100, rate: null, secondsLeft: 0 };
  const rate = row?.rate ?? null;
  return {
    percent: percentAt(row?.position, log.head()),
    rate,
    secondsLeft: rate === null || rate === 0 ? null : Math.ceil(left / rate),
  };
}

/** What a row says is what its runner last knew; without a runner it may say `live` for ever. */
function statusNow(said: Checkpoint['status'], lagEvents: number, lagSeconds: number): Checkpoint['status'] {
  if (said === 'live' && lagSeconds > 2) return 'catching-up';
  if ((said === 'catching-up' || said === 'rebuilding') && lagEvents === 0) return 'live';
  return said;
}

/** A read model holds only a part of the log and does not answer with it. */
export class BeingPrepared extends Error {
  override readonly name = 'BeingPrepared';

  constructor(
    projection: string,
    readonly progress: Progress,
  ) {
    super(`The list ${projection} is being prepared, ${Math.floor(progress.percent)} %${inWords(progress.secondsLeft)}. Ask again then`);
  }

  /** When it is worth asking again; a guess where nothing is known. */
  get retryAfterSeconds(): number {
    return Math.min(600, Math.max(2, this.progress.secondsLeft ?? 5));
  }
}

/** `, about 3 minutes`; nothing where it is not known. */
function inWords(seconds: number | null): string {
  if (seconds === null) return '';
  if (seconds < 60) return ', less than a minute';
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `, about ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`;
  return `, about ${Math.round(minutes / 60)} hours`;
}
