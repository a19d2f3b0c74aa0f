/** How long the data of a referral is kept after it has ended, and how long all the referrals of one person keep theirs (rules-and-defaults 1.20). */
import { ageOn, isDay, isErased, londonDate, type DomainEvent, type RecordedEvent } from '@waymark/kernel';
import type { Retention } from '@waymark/people';
import type { RetentionFigures } from '@waymark/rules';
import type { PersonDetails } from './details';
import { placeOf, type ReferralStreamEvent } from './place';
import type { Place } from './standing';

type Received = Extract<ReferralStreamEvent, { type: 'ReferralReceived' }>;

/** What the retention of one referral follows from. */
export interface Kept {
  readonly place: Place;
  /** London date of the last entry. */
  readonly lastEntry: string;
  readonly diedOn?: string;
  readonly withdrawnByPerson: boolean;
  /** London date on or before which the person was born. */
  readonly bornBy: string;
}

/** `events`: the whole stream, its receipt opened; a birth date that is erased or was never given makes the person younger, never older. */
export function keptOf(events: readonly RecordedEvent[]): Kept | undefined {
  const place = placeOf(events);
  const [receipt] = events;
  const last = events.at(-1);
  if (!place || receipt?.type !== 'ReferralReceived' || !last) return undefined;
  const death = events.find(isA('DeathRecorded'));
  return {
    place,
    lastEntry: londonDate(last.recordedAt),
    ...(death ? { diedOn: death.data.on ?? londonDate(death.occurredAt) } : {}),
    withdrawnByPerson: events.some((event) => isA('ReferralWithdrawn')(event) && event.data.by === 'person'),
    bornBy: bornBy((receipt as RecordedEvent<Received>).data),
  };
}

/** `undefined` while it is open. `figuresOn` gives the figures in force on a London date: those of the day it ended count. */
export function retentionOf(kept: Kept, figuresOn: (date: string) => RetentionFigures): Retention | undefined {
  const { place, lastEntry, diedOn, bornBy: born } = kept;
  if (!place.ended) return undefined;
  const figures = figuresOn(place.ended.on);
  if (neverBegun(kept)) return { class: 'declined', endsOn: yearsAfter(lastEntry, figures.declinedYears) };
  const classes: Retention[] = [];
  const age = ageOn(born, place.ended.on) ?? 0;
  if (age < 18) {
    const until = age === 17 ? figures.childLastYearUntilAge : figures.childUntilAge;
    classes.push({ class: 'child', endsOn: yearsAfter(born, until) });
  }
  if (place.strata.includes('mental-health')) {
    classes.push(
      diedOn === undefined
        ? { class: 'mental-health', endsOn: yearsAfter(place.ended.on, figures.mentalHealthYears) }
        : { class: 'after-death', endsOn: yearsAfter(diedOn, figures.afterDeathYears) },
    );
  }
  return latest(classes) ?? { class: 'adult', endsOn: yearsAfter(lastEntry, figures.adultYears) };
}

/** The one that ends last. */
export function latest(retentions: readonly Retention[]): Retention | undefined {
  return [...retentions].sort((a, b) => a.endsOn.localeCompare(b.endsOn)).at(-1);
}

/** The person never agreed, or said no before anybody of the service had seen them. */
function neverBegun({ place, withdrawnByPerson }: Kept): boolean {
  const seen = place.treatmentStarted !== undefined || place.appointments.some(({ status }) => status === 'attended');
  const agreed = place.agreement !== 'refused' && !place.flags.includes('agreement-outstanding');
  return !seen && (withdrawnByPerson || !agreed);
}

function bornBy({ person, receivedAt, ageYears }: Received['data']): string {
  const received = londonDate(receivedAt);
  const birthDate: PersonDetails['birthDate'] = isErased(person) ? undefined : person.birthDate;
  if (typeof birthDate === 'string') return birthDate.length === 4 ? `${birthDate}-12-31` : birthDate;
  return yearsAfter(received, -(birthDate?.about ?? ageYears ?? 0));
}

/** 29 February becomes 1 March: never sooner. */
function yearsAfter(date: string, years: number): string {
  const year = String(Number(date.slice(0, 4)) + years).padStart(4, '0');
  return isDay(`${year}${date.slice(4)}`) ? `${year}${date.slice(4)}` : `${year}-03-01`;
}

function isA<Type extends ReferralStreamEvent['type']>(type: Type) {
  return (event: RecordedEvent | DomainEvent): event is RecordedEvent<Extract<ReferralStreamEvent, { type: Type }>> => event.type === type;
}
