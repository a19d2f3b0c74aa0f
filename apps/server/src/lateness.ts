/** The alarm for a runner that has fallen behind: one line in the log when it begins, one when it is over. */
import type { ProjectionStatus } from '@waymark/projections';
import type { Logger } from 'pino';

/** Seconds an event may wait for a read model before somebody must look. */
export const LATE_S = 60;
const LOOK_EVERY_MS = 5_000;

/** What is being built for the first time is not late, and what stands still says so itself. */
export function lateOnes(projections: readonly ProjectionStatus[]): ProjectionStatus[] {
  return projections.filter(({ status, lagSeconds }) => (status === 'live' || status === 'catching-up') && lagSeconds > LATE_S);
}

export interface Lateness {
  /** Looks now. True: it is late. */
  look(): boolean;
  stop(): void;
}

export function watchLateness(status: () => readonly ProjectionStatus[], logger: Logger): Lateness {
  let late = false;
  const look = (): boolean => {
    const projections = lateOnes(status());
    if (projections.length > 0 !== late) {
      late = !late;
      const behind = projections.map(({ name, lagEvents, lagSeconds }) => ({ name, lagEvents, lagSeconds }));
      if (late)
        logger.error({ behind }, `the runner is more than ${LATE_S} s behind the log: the lists do not show what was recorded since`);
      else logger.info('the runner has caught up again');
    }
    return late;
  };
  const timer = setInterval(look, LOOK_EVERY_MS).unref();
  return { look, stop: () => clearInterval(timer) };
}
