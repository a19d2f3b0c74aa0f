/** Appointments: booked on a held slot, cancelled, and what happened on the day. */
import {
  addDays,
  defineEvents,
  isRejection,
  londonDate,
  reject,
  type Decider,
  type Decision,
  type EventOf,
  type Rejection,
} from '@waymark/kernel';
import { z } from 'zod';
import { ended, happened, notAccepted, noted, unknownAppointment, unknownReferral } from './about-referral';
import type { Book, Cancel, RecordAttendance } from './appointments.commands';
import { recordAttendance, type AttendanceOutcome } from './attendance';
import { gather, nothingGathered, type Gathered } from './gathered';
import { place, type ReferralStreamEvent } from './place';
import type { Place } from './standing';
import { note } from './referral';

const instant = z.iso.datetime();
export const APPOINTMENT_TYPES = ['first', 'follow-up', 'home-visit', 'telephone', 'video'] as const;

export const appointmentEvents = defineEvents({
  AppointmentBooked: z.strictObject({
    personId: z.uuid(),
    /** Also the appointment's id. */
    bookingId: z.uuid(),
    clinicStream: z.string(),
    slot: z.string(),
    type: z.enum(APPOINTMENT_TYPES),
    place: z.string(),
    practitionerId: z.uuid(),
    start: instant,
    end: instant,
    /** Somebody is told when nothing is recorded of it by then; absent in events from before there were watchers. */
    attendanceDue: instant.optional(),
    note,
  }),
  /** The hold ran out before the booking was made; this booking can no longer be made. */
  BookingAbandoned: z.strictObject({ bookingId: z.uuid() }),
  AppointmentCancelledByPerson: z.strictObject({ personId: z.uuid(), bookingId: z.uuid(), reason: z.string(), note }),
  AppointmentCancelledByService: z.strictObject({ personId: z.uuid(), bookingId: z.uuid(), reason: z.string(), note }),
  /** Seen. `counts`: towards the consultations that the referral may use. */
  Attended: z.strictObject({ personId: z.uuid(), bookingId: z.uuid(), late: z.boolean(), counts: z.boolean(), note }),
  CouldNotComplete: z.strictObject({ personId: z.uuid(), bookingId: z.uuid(), counts: z.boolean(), note }),
  LateNotSeen: z.strictObject({ personId: z.uuid(), bookingId: z.uuid(), note }),
  DidNotAttend: z.strictObject({ personId: z.uuid(), bookingId: z.uuid(), welfareCheck: z.boolean(), note }),
  WasNotBrought: z.strictObject({ personId: z.uuid(), bookingId: z.uuid(), welfareCheck: z.boolean(), note }),
  NoReplyAtHome: z.strictObject({ personId: z.uuid(), bookingId: z.uuid(), welfareCheck: z.boolean(), note }),
});
export type AppointmentEvent = EventOf<typeof appointmentEvents>;

/** The slot as its clinic day describes it, held for this booking. */
export interface OfferedSlot {
  readonly clinicStream: string;
  readonly id: string;
  readonly start: string;
  readonly end: string;
  readonly place: string;
  readonly practitionerId: string;
  readonly types: readonly string[];
}

export interface Appointments {
  readonly place: Place | undefined;
  /** Bookings that can no longer be made. */
  readonly abandoned: readonly string[];
  /** What was recorded of each appointment, by its id. */
  readonly outcomes: Readonly<Record<string, AttendanceOutcome | 'cancelled'>>;
  readonly gathered: Gathered;
}

export type AppointmentAsk =
  | { readonly kind: 'book'; readonly body: Omit<Book, 'referralId'>; readonly bookingId: string; readonly slot: OfferedSlot }
  | { readonly kind: 'cancel'; readonly body: Omit<Cancel, 'referralId'> }
  | { readonly kind: 'record-attendance'; readonly body: Omit<RecordAttendance, 'referralId'> }
  | { readonly kind: 'abandon-booking'; readonly bookingId: string };

export interface AppointmentContext {
  readonly now: string;
  /** Bookings are made at most this many days ahead. */
  readonly horizonDays: number;
  /** By when it is recorded what happened at an appointment that ends then. */
  attendanceDue(end: string): string;
  /** Why the practitioners of this booking may not make it or hold it, if they may not. */
  readonly permitted: Rejection | undefined;
  /** The contact is an occupational therapist's, so it counts towards the consultations (rules-and-defaults 1.9). */
  readonly counts: boolean;
  /** The reasons of `/api/v1/codes` for whoever cancels. */
  isCancelReason(by: Cancel['by'], reason: string): boolean;
}

export const appointments: Decider<Appointments, AppointmentAsk, ReferralStreamEvent, AppointmentEvent, AppointmentContext> = {
  name: 'appointments',
  folds: place.folds,
  initial: { place: undefined, abandoned: [], outcomes: {}, gathered: nothingGathered },
  evolve(before, event) {
    const state: Appointments = { ...before, place: place.evolve(before.place, event), gathered: gather(before.gathered, event) };
    switch (event.type) {
      case 'BookingAbandoned':
        return { ...state, abandoned: [...state.abandoned, event.data.bookingId] };
      case 'AppointmentCancelledByPerson':
      case 'AppointmentCancelledByService':
        return withOutcome(state, event.data.bookingId, 'cancelled');
      case 'Attended':
        return withOutcome(state, event.data.bookingId, event.data.late ? 'attended-late' : 'attended');
      case 'CouldNotComplete':
        return withOutcome(state, event.data.bookingId, 'could-not-complete');
      case 'LateNotSeen':
        return withOutcome(state, event.data.bookingId, 'late-not-seen');
      case 'DidNotAttend':
        return withOutcome(state, event.data.bookingId, 'did-not-attend');
      case 'WasNotBrought':
        return withOutcome(state, event.data.bookingId, 'was-not-brought');
      case 'NoReplyAtHome':
        return withOutcome(state, event.data.bookingId, 'no-reply-at-home');
      case 'ReferralReceived':
      case 'ReferralStratified':
      case 'InformationAdded':
      case 'ReferralLinkedAsDuplicate':
      case 'ReferralWithdrawn':
      case 'ReferralEnteredInError':
      case 'DeathRecorded':
      case 'ReferralClaimed':
      case 'ReferralAccepted':
      case 'ReferralReturnedWithAdvice':
      case 'ReferralRedirected':
      case 'ReferralDeclined':
      case 'AppointmentBooked':
      case 'TreatmentStarted':
      case 'MeasureRecorded':
      case 'Discharged':
      case 'AttentionNeeded':
        return state;
    }
  },
  decide(ask, state, context) {
    if (!state.place) return unknownReferral();
    switch (ask.kind) {
      case 'book':
        return book(ask, state, state.place, context);
      case 'cancel':
        return cancel(ask.body, state, state.place, context);
      case 'record-attendance':
        return recordAttendance(ask.body, state, state.place, context);
      case 'abandon-booking':
        return abandon(ask.bookingId, state, state.place);
    }
  },
};

/** A plan: it may be refused, and here alone. A hold does not stand in its way: seeing somebody sooner is always allowed. */
function book(
  { body: { type, note, occurredAt }, bookingId, slot }: Extract<AppointmentAsk, { kind: 'book' }>,
  state: Appointments,
  place: Place,
  context: AppointmentContext,
): Decision<AppointmentEvent> {
  const known = place.appointments.find((appointment) => appointment.id === bookingId);
  if (known?.status === 'booked') return [];
  if (known || state.abandoned.includes(bookingId)) {
    return reject('booking-abandoned', 'This booking was given up before it was made; book again as a new request');
  }
  const refused = notOpenForBooking(place) ?? context.permitted ?? unfitSlot(slot, type, context) ?? noRoomFor(slot, place);
  if (refused) return refused;
  const when = happened(occurredAt, context.now);
  if (isRejection(when)) return when;
  const { clinicStream, id, start, end, place: where, practitionerId } = slot;
  return [
    {
      type: 'AppointmentBooked',
      data: {
        personId: place.personId,
        bookingId,
        clinicStream,
        slot: id,
        type,
        place: where,
        practitionerId,
        start,
        end,
        attendanceDue: context.attendanceDue(end),
        ...noted(note),
      },
      ...when,
    },
  ];
}

function notOpenForBooking(place: Place): Rejection | undefined {
  if (place.ended) return ended();
  if (!place.decided || place.handedOver) return notAccepted();
  if (place.flags.includes('agreement-outstanding') && place.priority !== 'urgent' && place.priority !== 'crisis') {
    return reject(
      'agreement-outstanding',
      'Whether the person agrees, or a best-interests decision, is recorded before anything that is not urgent is booked',
    );
  }
  return undefined;
}

function unfitSlot({ start, types }: OfferedSlot, type: string, { now, horizonDays }: AppointmentContext): Rejection | undefined {
  if (!types.includes(type))
    return reject('type-not-offered', 'This session does not offer that kind of appointment; choose another slot or type', '/type');
  if (Date.parse(start) <= Date.parse(now)) return reject('in-the-past', 'This slot has begun; choose a later one', '/slot');
  if (londonDate(start) > addDays(londonDate(now), horizonDays)) {
    return reject(
      'beyond-horizon',
      `Appointments are booked at most ${horizonDays} days ahead; choose an earlier slot or book nearer the time`,
      '/slot',
    );
  }
  return undefined;
}

function noRoomFor(slot: OfferedSlot, place: Place): Rejection | undefined {
  const booked = place.appointments.filter((appointment) => appointment.status === 'booked');
  if (booked.some((other) => Date.parse(other.start) < Date.parse(slot.end) && Date.parse(slot.start) < Date.parse(other.end))) {
    return reject('already-booked', 'This person already has an appointment at that time; choose another slot', '/slot');
  }
  if (place.contacts.used + booked.length >= place.contacts.allowed) {
    return reject(
      'allowance-used',
      `All ${place.contacts.allowed} consultations of this referral are used or booked; discharge, refer on, or cancel one`,
    );
  }
  return undefined;
}

function cancel(
  { appointment: id, by, reason, note, occurredAt }: Omit<Cancel, 'referralId'>,
  state: Appointments,
  place: Place,
  { now, isCancelReason }: AppointmentContext,
): Decision<AppointmentEvent> {
  const appointment = place.appointments.find((each) => each.id === id);
  if (!appointment) return unknownAppointment();
  if (!isCancelReason(by, reason))
    return reject('unknown-code', 'There is no such reason for whoever cancels; /api/v1/codes lists them', '/reason');
  if (appointment.status === 'cancelled' || appointment.status === 'released') return [];
  if (state.outcomes[id] !== undefined || Date.parse(appointment.start) <= Date.parse(now)) {
    return reject('appointment-past', 'This appointment is no longer ahead; record what happened with record-attendance', '/appointment');
  }
  const when = happened(occurredAt, now);
  if (isRejection(when)) return when;
  const type = by === 'person' ? 'AppointmentCancelledByPerson' : 'AppointmentCancelledByService';
  return [{ type, data: { personId: place.personId, bookingId: id, reason, ...noted(note) }, ...when }];
}

/** The machine's word that a hold ran out. Refused once the booking is made: then the slot is the booking's. */
function abandon(bookingId: string, state: Appointments, place: Place): Decision<AppointmentEvent> {
  if (state.abandoned.includes(bookingId)) return [];
  if (place.appointments.some((appointment) => appointment.id === bookingId)) {
    return reject('already-booked', 'This booking was made before its hold was given up');
  }
  return [{ type: 'BookingAbandoned', data: { bookingId } }];
}

function withOutcome(state: Appointments, id: string, outcome: AttendanceOutcome | 'cancelled'): Appointments {
  return { ...state, outcomes: { ...state.outcomes, [id]: outcome } };
}
