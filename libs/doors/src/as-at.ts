/** `as-at`: a day, an instant or a position becomes one place in the log, once; every link of the answer then names that place. */
import { BEGINNING, isPosition, type LogPlace, type PastLog } from '@waymark/event-store';
import { addDays, isDay, isRejection, londonDate, londonInstant, reject, type Outcome, type Rejection } from '@waymark/kernel';
import type { Past } from '@waymark/read-models';

/** The query parameters that name a past. */
export interface AsAtQuery {
  /** A London day (its end), an instant with offset, or a position. */
  readonly 'as-at'?: string;
  /** `then`: what was in the log at that moment. `now`: what had happened by then, as it is known today. */
  readonly known?: string;
  /** Of a link: the log it was made on, and the place that was found there. */
  readonly log?: string;
}

/** The past that is asked about, and the moment that its figures are of. */
export interface AsAt {
  readonly past: Past;
  readonly now: string;
}

type Log = Pick<PastLog, 'logId' | 'head' | 'placeAt' | 'placeOf'>;

export const KNOWN = ['then', 'now'] as const;

/** `undefined` = the list as it is. */
export function readAsAt({ 'as-at': asAt, known = 'then', log: link }: AsAtQuery, log: Log, now: string): Outcome<AsAt | undefined> {
  if (asAt === undefined) {
    if (link !== undefined) return reject('invalid-parameter', 'log belongs to as-at; leave it out', '?log');
    return known === 'then' ? undefined : reject('invalid-parameter', 'known belongs to as-at; give as-at too, or leave it out', '?known');
  }
  if (!KNOWN.some((each) => each === known)) return reject('unknown-code', `Use ${KNOWN.join(' or ')}`, '?known');
  const moment = momentOf(asAt, log, now);
  if (isRejection(moment)) return moment;
  const place = placeOf(moment, known, log, link);
  if (isRejection(place)) return place;
  const happenedBy = known === 'now' ? { happenedBy: moment.at } : {};
  return {
    now: moment.at,
    past: {
      place: place.found,
      ...happenedBy,
      link: {
        'as-at': moment.place?.position ?? moment.at,
        ...(known === 'now' ? { known } : {}),
        log: `${log.logId ?? ''}.${place.found?.position ?? BEGINNING}`,
      },
    },
  };
}

interface Moment {
  readonly at: string;
  /** Where it was named by its position. */
  readonly place?: LogPlace;
}

const HOW = 'Use a day (YYYY-MM-DD), an instant (2026-03-31T17:00:00Z) or the position of an answer';
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

function momentOf(asAt: string, log: Log, now: string): Moment | Rejection {
  const day = asAt.slice(0, 10);
  if (isPosition(asAt)) {
    const place = log.placeOf(asAt);
    return place ? { at: place.recordedAt, place } : reject('invalid-parameter', 'This log has no event at this position', '?as-at');
  }
  if (isDay(asAt)) {
    const today = londonDate(now);
    if (asAt > today) return future();
    return { at: asAt === today ? now : endOf(asAt) };
  }
  if (!INSTANT.test(asAt) || !isDay(day) || Number.isNaN(Date.parse(asAt))) return reject('invalid-parameter', HOW, '?as-at');
  const at = new Date(asAt).toISOString();
  return at > now ? future() : { at };
}

function future(): Rejection {
  return reject(
    'invalid-parameter',
    'This lies in the future; give a moment that has been, or leave as-at out for the list as it is',
    '?as-at',
  );
}

/** Its last millisecond: recorded times are no finer. */
function endOf(day: string): string {
  return new Date(Date.parse(londonInstant(addDays(day, 1), '00:00')) - 1).toISOString();
}

/** A link keeps to the place that it was made at, also when more has come in since. */
function placeOf(moment: Moment, known: string, log: Log, link: string | undefined): { readonly found: LogPlace | undefined } | Rejection {
  if (link === undefined) return { found: known === 'now' ? log.head() : (moment.place ?? log.placeAt(moment.at)) };
  const [logId, position = '', ...rest] = link.split('.');
  if (!isPosition(position) || rest.length > 0)
    return reject('invalid-parameter', 'Take log from a link of the list, or leave it out', '?log');
  const found = log.placeOf(position);
  if (logId !== log.logId || (found === undefined && position !== BEGINNING)) {
    return reject('another-log', 'Leave cursor and log out, and ask again from the first page', '?log');
  }
  const later = known === 'then' && found !== undefined && found.recordedAt > moment.at;
  if (later) return reject('invalid-parameter', 'This link was made for another moment; leave cursor and log out', '?log');
  return { found };
}
