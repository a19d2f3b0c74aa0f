/** What sets one made-up service apart from another: its size, its team, its practices, and how demand comes and grows. */
import { addDays } from '@waymark/kernel';
import type { Period } from './case';
import type { PracticeCode } from './names';

/** Somebody who joins the team, and when they hold clinics. */
export interface Post {
  /** The first day. */
  readonly from: string;
  readonly name: string;
  readonly registration: string;
  readonly level: 'ot' | 'fcp' | 'ap';
  readonly clinic: string;
  readonly place: string;
  /** Of each session: three hours. */
  readonly start: '09:00' | '13:00';
  readonly seesChildren: boolean;
  /** 1 = Monday; what counts on a date. */
  weekdaysOn(date: string): readonly number[];
  readonly away: readonly Period[];
}

export interface Shape {
  readonly service: string;
  /** The first and the last day of its life. */
  readonly life: Period;
  readonly posts: readonly [Post, Post, ...Post[]];
  /** Referrals on an average working day. */
  arrivalsOn(date: string): number;
  /** Routine people who are accepted and not booked yet, at most. */
  mayStayUnbooked(date: string): number;
  /** The code of a practice that is known by that of Northbank. */
  practice(code: PracticeCode): string;
}

/** Referrals a working day; in the last ten weeks 15 % more, so that the queue visibly grows. */
export const ARRIVALS = { usual: 2.7, busier: 3.1 } as const;
export const BUSIER_DAYS = 70;
/** Routine people not booked yet, at most: steady first, growing in the busier weeks. */
export const UNBOOKED = { steady: 16, now: 38 } as const;

const end = (start: Post['start']): string => ({ '09:00': '12:00', '13:00': '16:00' })[start];
export const sessionEnd = end;

/** Northbank of the demonstration: two occupational therapists, forty weeks. */
export function northbank(life: Period, daysLeft: (date: string) => number): Shape {
  const asha: Post = {
    from: life.from,
    name: 'Asha Rahman',
    registration: 'OT90001',
    level: 'fcp',
    clinic: 'quayside',
    place: 'Quayside Surgery, room 4',
    start: '09:00',
    seesChildren: false,
    weekdaysOn: () => [1, 2, 3, 4, 5],
    away: [],
  };
  const tom: Post = {
    ...asha,
    name: 'Tom Okafor',
    registration: 'OT90002',
    level: 'ap',
    clinic: 'elm-road',
    place: 'Elm Road Medical Centre, room 2',
    start: '13:00',
    seesChildren: true,
    weekdaysOn: () => [1, 2, 3, 4],
    away: [{ from: addDays(life.from, 126), to: addDays(life.from, 146) }],
  };
  return {
    service: 'northbank',
    life,
    posts: [asha, tom],
    arrivalsOn: (date) => (daysLeft(date) < BUSIER_DAYS ? ARRIVALS.busier : ARRIVALS.usual),
    mayStayUnbooked: (date) => unbooked(daysLeft(date)),
    practice: (code) => code,
  };
}

/** Of a service of Northbank's size, so many days before the end. */
export function unbooked(daysLeft: number): number {
  const grown = Math.max(0, 1 - daysLeft / BUSIER_DAYS);
  return UNBOOKED.steady + (UNBOOKED.now - UNBOOKED.steady) * grown;
}
