/**
 * What the system finds by itself: for each open referral, what should have happened by when, and who is told when it has not
 * (rules-and-defaults 1.14). Follows from where the referral stands; every date was stored by the event that promised it.
 */
import { addDays, isDay, londonDate, londonInstant } from '@waymark/kernel';
import { AGREEMENT_OUTSTANDING, RAISED } from './flags';
import type { Place } from './standing';

export const WATCHERS = [
  'unread',
  'undecided',
  'agreement-overdue',
  'hand-over-overdue',
  'not-booked',
  'nothing-planned',
  'no-contact',
  'attendance-unrecorded',
  'next-step-overdue',
  'early-warning',
  'late-warning',
  'nobody-answers',
] as const;
export type Watcher = (typeof WATCHERS)[number];

export const TOLD = ['duty-desk', 'booking-desk', 'clinician', 'lead'] as const;
export type Told = (typeof TOLD)[number];

export interface Watch {
  readonly watcher: Watcher;
  /** Who is told first. */
  readonly told: Told;
  /** When it should have happened: UTC instant, and with the watcher the occasion that is told of once. */
  readonly since: string;
  /** The lead is told as well when it still has not happened some time later. */
  readonly thenLead: boolean;
}

/** Somebody was told, and it still has not happened. */
export interface Attention {
  readonly watcher: Watcher;
  /** Who was told last. */
  readonly told: Told;
  readonly since: string;
  /** When the lead is told; absent = nobody further is. */
  readonly leadFrom?: string;
}

/** Where no event has stored it: contacts in treatment, and the warnings before the last day on which treatment does not breach. */
const CONTACT_DAYS = 28;
const WARNINGS_BEFORE = [28, 7] as const;

/** Everything that is being watched, whether or not it is due; one for each watcher at most. */
export function watchesOf(place: Place): readonly Watch[] {
  if (place.stage === 'ended') return [];
  return [...reading(place), ...agreement(place), ...ofStage(place), ...attendance(place), ...clock(place), ...answering(place)];
}

/** Of what was told, only what still has not happened. */
export function stillOpen(place: Place): readonly Attention[] {
  const watches = watchesOf(place);
  return place.attention.filter(({ watcher, since }) => watches.some((watch) => watch.watcher === watcher && watch.since === since));
}

function reading({ stage, flags, read, readDue, triageDue }: Place): Watch[] {
  if (stage !== 'triage' && !flags.includes(RAISED)) return [];
  return [...(read ? [] : [watch('unread', 'duty-desk', readDue, true)]), watch('undecided', 'duty-desk', triageDue, true)];
}

function agreement({ flags, agreementDue, triageDue, owner }: Place): Watch[] {
  if (!flags.includes(AGREEMENT_OUTSTANDING)) return [];
  return [watch('agreement-overdue', owner === undefined ? 'duty-desk' : 'clinician', agreementDue ?? triageDue, false)];
}

function ofStage(place: Place): Watch[] {
  switch (place.stage) {
    case 'triage':
    case 'agreement':
    case 'ended':
      return [];
    case 'handed-over':
      return place.handedOver ? [watch('hand-over-overdue', 'clinician', place.handedOver.acceptanceDue, false)] : [];
    case 'waiting':
    case 'offered':
    case 'booked':
      return unbooked(place);
    case 'treatment':
      return [...unplanned(place), contact(place)];
    case 'information':
    case 'deferred':
    case 'monitoring':
      return isDay(place.nextStep.by) ? [watch('next-step-overdue', 'duty-desk', afterDay(place.nextStep.by), true)] : [];
  }
}

/** Whoever lost an appointment today has until tonight: it is rebooked the same day. */
function unbooked({ unplannedSince, bookingDue, contactDue, triageDue }: Place): Watch[] {
  if (unplannedSince === undefined) return [];
  const [due, tonight] = [instant(bookingDue ?? contactDue ?? triageDue), afterDay(londonDate(unplannedSince))];
  return [watch('not-booked', 'booking-desk', due > tonight ? due : tonight, false)];
}

function unplanned({ unplannedSince }: Place): Watch[] {
  return unplannedSince === undefined ? [] : [watch('nothing-planned', 'clinician', afterDay(londonDate(unplannedSince)), true)];
}

function contact({ appointments, treatmentStarted, clock, contactDays = CONTACT_DAYS }: Place): Watch {
  const seen = appointments.filter(({ status }) => status === 'attended').map(({ start }) => londonDate(start));
  const last = [treatmentStarted ?? clock.start, ...seen].sort().at(-1)!;
  return watch('no-contact', 'clinician', afterDay(addDays(last, contactDays)), true);
}

/** Of the first of which nothing was recorded. */
function attendance({ appointments }: Place): Watch[] {
  const dues = appointments
    .filter(({ status }) => status === 'booked')
    .map(({ end, attendanceDue }) => instant(attendanceDue ?? afterDay(londonDate(end))));
  const [first] = dues.sort();
  return first === undefined ? [] : [watch('attendance-unrecorded', 'clinician', first, true)];
}

function clock({ clock, warnings, treatmentDue }: Place): Watch[] {
  if (clock.state !== 'running') return [];
  const [early, late] = WARNINGS_BEFORE.map((days, n) => warnings?.[n] ?? addDays(treatmentDue, -days)) as [string, string];
  return [
    watch('early-warning', 'lead', londonInstant(early, '00:00'), false),
    watch('late-warning', 'lead', londonInstant(late, '00:00'), false),
  ];
}

/** Cannot be, as far as anybody knows; so it is looked for. Until it is claimed a referral is the duty desk's. */
function answering({ decided, owner, receivedAt, nextStep: { what, by } }: Place): Watch[] {
  const answered = (owner !== undefined || !decided) && what !== '' && isDay(by);
  return answered ? [] : [watch('nobody-answers', 'lead', receivedAt, false)];
}

function watch(watcher: Watcher, told: Told, since: string, thenLead: boolean): Watch {
  return { watcher, told, since: instant(since), thenLead };
}

/** The day is over in London. */
function afterDay(date: string): string {
  return londonInstant(addDays(date, 1), '00:00');
}

function instant(time: string): string {
  return new Date(time).toISOString();
}
