/**
 * Where a referral stands: the place of everybody who is waiting, who owns it, what happens next and by when.
 * One fold of the referral's stream, used by the deciders' answers, the referral page and the waiting list alike.
 */
import { fold, londonDate, type DomainEvent } from '@waymark/kernel';
import { PRIORITIES, type Priority, type Suggestion } from '@waymark/rules';
import type { AppointmentEvent } from './appointments';
import type { AttentionEvent } from './attention';
import type { DischargeEvent } from './discharge';
import { AGREEMENT_OUTSTANDING, isHeld, RAISED, withFlags } from './flags';
import { nextStepOf } from './next-step';
import type { PlanEvent } from './plan';
import type { ReferralEvent } from './referral';
import type { Place, PlacedAppointment, Stage, Standing } from './standing';
import type { TriageEvent } from './triage';
import { stillOpen } from './watchers';

/** Every event that a referral's stream can hold. */
export type ReferralStreamEvent = ReferralEvent | TriageEvent | AppointmentEvent | PlanEvent | DischargeEvent | AttentionEvent;

/** As the log gives it back: with its times. */
type Timed<E extends DomainEvent> = E extends DomainEvent ? E & { readonly occurredAt?: string; readonly recordedAt?: string } : never;
type PlacedEvent = Timed<ReferralStreamEvent>;
type EventNamed<Type extends ReferralStreamEvent['type']> = Extract<PlacedEvent, { type: Type }>;

const folds: Readonly<Record<ReferralStreamEvent['type'], true>> = {
  ReferralReceived: true,
  ReferralStratified: true,
  InformationAdded: true,
  ReferralLinkedAsDuplicate: true,
  ReferralWithdrawn: true,
  ReferralEnteredInError: true,
  DeathRecorded: true,
  ReferralClaimed: true,
  ReferralAccepted: true,
  ReferralReturnedWithAdvice: true,
  ReferralRedirected: true,
  ReferralDeclined: true,
  AppointmentBooked: true,
  BookingAbandoned: true,
  AppointmentCancelledByPerson: true,
  AppointmentCancelledByService: true,
  Attended: true,
  CouldNotComplete: true,
  LateNotSeen: true,
  DidNotAttend: true,
  WasNotBrought: true,
  NoReplyAtHome: true,
  TreatmentStarted: true,
  MeasureRecorded: true,
  Discharged: true,
  AttentionNeeded: true,
};

/** The events with which a referral has ended, wherever it stood. */
export const ENDS = [
  'ReferralLinkedAsDuplicate',
  'ReferralWithdrawn',
  'ReferralEnteredInError',
  'DeathRecorded',
  'ReferralReturnedWithAdvice',
  'ReferralDeclined',
  'Discharged',
] as const satisfies readonly ReferralStreamEvent['type'][];

function evolve(place: Place | undefined, event: PlacedEvent): Place | undefined {
  if (event.type === 'ReferralReceived') return settled(received(event), event);
  return place && settled(next(place, event), event);
}

export const place = { folds, initial: undefined as Place | undefined, evolve };

export function placeOf(events: Iterable<DomainEvent>): Place | undefined {
  return fold<Place | undefined, PlacedEvent>(place, events);
}

/** The more urgent of two. */
export function higher(a: Priority, b: Priority): Priority {
  return PRIORITIES.indexOf(a) >= PRIORITIES.indexOf(b) ? a : b;
}

/** New facts make it more urgent than it stands, or open a hold. */
export function isRaise(place: Place, { priority, flags }: Pick<Suggestion, 'priority' | 'flags'>): boolean {
  return higher(place.priority, priority) !== place.priority || (isHeld(flags) && !place.hold);
}

/** The earlier of two instants. */
export function earlier(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Date.parse(a) <= Date.parse(b) ? a : b;
}

function received({ data }: EventNamed<'ReferralReceived'>): Standing {
  return {
    reference: data.reference,
    personId: data.personId,
    source: data.source,
    receivedAt: data.receivedAt,
    ageYears: data.ageYears,
    // Until the stratification that is in the same append.
    stratum: 'wider',
    strata: ['wider'],
    tier: 'targeted',
    priority: 'routine',
    decided: false,
    flags: withFlags([], data.flags),
    agreement: data.agreement.basis,
    clock: { start: londonDate(data.receivedAt), state: 'running' },
    readDue: data.receivedAt,
    read: false,
    triageDue: data.receivedAt,
    treatmentDue: londonDate(data.receivedAt),
    appointments: [],
    contacts: { used: 0, allowed: 0 },
    attention: [],
    // What later events bring stands here from the start: the engine copies places of one shape several times quicker.
    agreementDue: undefined,
    bookingDue: undefined,
    contactDue: undefined,
    warnings: undefined,
    owner: undefined,
    claim: undefined,
    ended: undefined,
    linkedTo: undefined,
    handedOver: undefined,
    treatmentStarted: undefined,
    contactDays: undefined,
    unplannedSince: undefined,
  };
}

function next(place: Place, event: Exclude<PlacedEvent, { type: 'ReferralReceived' }>): Standing {
  switch (event.type) {
    case 'ReferralStratified':
      return stratified(place, event);
    case 'InformationAdded':
    case 'MeasureRecorded':
    case 'BookingAbandoned':
      return place;
    case 'ReferralLinkedAsDuplicate':
      return { ...ended(place, event, 'linked', 'duplicate'), linkedTo: { referralId: event.data.to, reference: event.data.toReference } };
    case 'ReferralWithdrawn':
      return ended(place, event, 'withdrawn', event.data.reason);
    case 'ReferralEnteredInError':
      return ended(place, event, 'entered-in-error', event.data.reason);
    case 'DeathRecorded':
      return place.ended ? place : ended(place, event, 'died', 'died');
    case 'ReferralClaimed':
      return {
        ...place,
        read: true,
        claim: { by: event.data.practitionerId, until: event.data.until },
        owner: place.decided ? place.owner : event.data.practitionerId,
      };
    case 'ReferralAccepted':
      return accepted(place, event);
    case 'ReferralReturnedWithAdvice':
      return ended({ ...place, owner: event.data.practitionerId }, event, 'returned-with-advice', event.data.reason);
    case 'ReferralRedirected':
      return {
        ...unclaimed(place),
        read: true,
        owner: event.data.practitionerId,
        handedOver: { to: event.data.to, acceptanceDue: event.data.acceptanceDue },
      };
    case 'ReferralDeclined':
      return ended({ ...place, owner: event.data.practitionerId }, event, 'declined', event.data.reason);
    case 'AppointmentBooked':
      return { ...place, appointments: [...place.appointments, booked(event)] };
    case 'AppointmentCancelledByPerson':
    case 'AppointmentCancelledByService':
      return withAppointment(place, event.data.bookingId, 'cancelled');
    case 'Attended':
    case 'CouldNotComplete':
      return counted(withAppointment(place, event.data.bookingId, 'attended'), event.data.counts);
    case 'LateNotSeen':
    case 'DidNotAttend':
    case 'WasNotBrought':
    case 'NoReplyAtHome':
      return withAppointment(place, event.data.bookingId, 'missed');
    case 'TreatmentStarted':
      return started(place, event);
    case 'Discharged':
      return ended(place, event, 'discharged', event.data.reason, event.data.destination);
    case 'AttentionNeeded':
      return { ...place, attention: [...place.attention.filter(({ watcher }) => watcher !== event.data.watcher), event.data] };
  }
}

/** Before a decision the suggestion is the place. After it, new facts only raise; a new rule set moves nothing. */
function stratified(place: Place, { data }: EventNamed<'ReferralStratified'>): Standing {
  if (place.decided && data.because === 'rules-changed') return place;
  const { read, triage, firstContact, treatment, booking, agreement, warnings } = data.targets;
  const raised = isRaise(place, data);
  const standing: Standing = {
    ...place,
    priority: higher(place.priority, data.priority),
    flags: withFlags(place.flags, data.flags),
    readDue: read,
    triageDue: triage,
    read: place.read && !raised,
    agreementDue: agreement ?? place.agreementDue,
    warnings: warnings ?? place.warnings,
    bookingDue: place.decided ? earlier(place.bookingDue, booking) : (booking ?? place.bookingDue),
    contactDue: firstContact ?? place.contactDue,
    treatmentDue: treatment,
  };
  if (!place.decided) return { ...standing, stratum: data.stratum, strata: data.strata, tier: data.tier };
  return raised ? { ...standing, flags: withFlags(standing.flags, [RAISED]) } : standing;
}

function accepted(place: Place, { data }: EventNamed<'ReferralAccepted'>): Standing {
  return {
    ...unclaimed(place),
    handedOver: undefined,
    decided: true,
    read: true,
    owner: data.practitionerId,
    stratum: data.stratum,
    strata: [data.stratum, ...place.strata.filter((stratum) => stratum !== data.stratum)],
    tier: data.tier,
    priority: data.priority,
    flags: place.flags.filter((flag) => flag !== RAISED),
    contactDue: data.contactDue,
    bookingDue: data.bookingDue ?? place.bookingDue,
    contacts: { ...place.contacts, allowed: data.allowance },
  };
}

function started(place: Place, event: EventNamed<'TreatmentStarted'>): Standing {
  if (place.treatmentStarted) return place;
  const on = londonDate(timeOf(event));
  return {
    ...place,
    treatmentStarted: on,
    clock: { ...place.clock, stop: on, state: 'stopped' },
    contactDays: event.data.contactDays ?? place.contactDays,
  };
}

function ended(place: Place, event: PlacedEvent, how: string, reason: string, destination?: string): Standing {
  const on = londonDate(timeOf(event));
  return {
    ...unclaimed(place),
    clock: place.clock.stop === undefined ? { ...place.clock, stop: on, state: 'stopped' } : place.clock,
    appointments: place.appointments.map((appointment) =>
      appointment.status === 'booked' ? { ...appointment, status: 'released' } : appointment,
    ),
    ended: { on, how, reason, ...(destination === undefined ? {} : { destination }) },
  };
}

function booked({ data }: EventNamed<'AppointmentBooked'>): PlacedAppointment {
  const { bookingId: id, clinicStream, slot, type, place, practitionerId, start, end, attendanceDue } = data;
  const due = attendanceDue === undefined ? {} : { attendanceDue };
  return { id, clinicStream, slot, type, place, practitionerId, start, end, status: 'booked', ...due };
}

function withAppointment(place: Place, id: string, status: PlacedAppointment['status']): Place {
  return {
    ...place,
    appointments: place.appointments.map((appointment) => (appointment.id === id ? { ...appointment, status } : appointment)),
  };
}

function counted(place: Place, counts: boolean): Standing {
  return counts ? { ...place, contacts: { ...place.contacts, used: place.contacts.used + 1 } } : place;
}

function unclaimed(place: Place): Standing {
  return { ...place, claim: undefined };
}

function settled(standing: Standing, event: PlacedEvent): Place {
  const stage = stageOf(standing);
  const place: Place = {
    ...standing,
    unplannedSince: unplannedSince(standing, event),
    stage,
    hold: isHeld(standing.flags),
    nextStep: nextStepOf(standing, stage),
  };
  return place.attention.length === 0 ? place : { ...place, attention: stillOpen(place) };
}

/** Counts from when it became known, so that what is recorded late is not overdue at once. */
function unplannedSince(standing: Standing, event: PlacedEvent): string | undefined {
  const nothing = standing.decided && !standing.ended && !standing.appointments.some(({ status }) => status === 'booked');
  return nothing ? (standing.unplannedSince ?? event.recordedAt ?? timeOf(event)) : undefined;
}

function stageOf(standing: Standing): Stage {
  if (standing.ended) return 'ended';
  if (standing.treatmentStarted) return 'treatment';
  if (standing.handedOver) return 'handed-over';
  if (!standing.decided) return 'triage';
  if (standing.flags.includes(AGREEMENT_OUTSTANDING)) return 'agreement';
  return standing.appointments.some((appointment) => appointment.status === 'booked') ? 'booked' : 'waiting';
}

function timeOf(event: PlacedEvent): string {
  const time = event.occurredAt ?? event.recordedAt;
  if (time === undefined) throw new Error(`A ${event.type} without a time has no place`);
  return time;
}
