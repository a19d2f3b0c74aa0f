/** What happened on the day of an appointment: a fact, recorded as it was, in the words that keep people safe. */
import { isRejection, reject, type Decision, type Rejection } from '@waymark/kernel';
import { happened, noted, unknownAppointment } from './about-referral';
import type { AppointmentContext, AppointmentEvent, Appointments } from './appointments';
import type { RecordAttendance } from './appointments.commands';
import type { Place, PlacedAppointment } from './standing';
import { needsAnotherToAttend, needsWelfareCheck } from './welfare';

export const ATTENDANCE_OUTCOMES = [
  'attended',
  'attended-late',
  'late-not-seen',
  'did-not-attend',
  'was-not-brought',
  'no-reply-at-home',
  'could-not-complete',
] as const;
export type AttendanceOutcome = (typeof ATTENDANCE_OUTCOMES)[number];

/** Nobody was seen. */
const missed: ReadonlySet<AttendanceOutcome> = new Set(['late-not-seen', 'did-not-attend', 'was-not-brought', 'no-reply-at-home']);

/** A fact: a seventh contact, or one by somebody whose registration has lapsed, is recorded like any other. */
export function recordAttendance(
  { appointment: id, outcome, note, occurredAt }: Omit<RecordAttendance, 'referralId'>,
  state: Appointments,
  place: Place,
  { now, counts }: AppointmentContext,
): Decision<AppointmentEvent> {
  const appointment = place.appointments.find((each) => each.id === id);
  if (!appointment) return unknownAppointment();
  const recorded = state.outcomes[id];
  if (recorded === outcome) return [];
  const refused = misrecorded(recorded, outcome, appointment, now) ?? insteadOfDidNotAttend(outcome, appointment, state, place, note);
  if (refused) return refused;
  const when = happened(occurredAt, now);
  if (isRejection(when)) return when;
  const about = { personId: place.personId, bookingId: id, ...noted(note) };
  const welfareCheck = needsWelfareCheck(place, state.gathered, appointment.type);
  switch (outcome) {
    case 'attended':
    case 'attended-late':
      return [{ type: 'Attended', data: { ...about, late: outcome === 'attended-late', counts }, ...when }];
    case 'could-not-complete':
      return [{ type: 'CouldNotComplete', data: { ...about, counts }, ...when }];
    case 'late-not-seen':
      return [{ type: 'LateNotSeen', data: about, ...when }];
    case 'did-not-attend':
      return [{ type: 'DidNotAttend', data: { ...about, welfareCheck }, ...when }];
    case 'was-not-brought':
      return [{ type: 'WasNotBrought', data: { ...about, welfareCheck }, ...when }];
    case 'no-reply-at-home':
      return [{ type: 'NoReplyAtHome', data: { ...about, welfareCheck }, ...when }];
  }
}

function misrecorded(
  recorded: AttendanceOutcome | 'cancelled' | undefined,
  outcome: AttendanceOutcome,
  appointment: PlacedAppointment,
  now: string,
): Rejection | undefined {
  if (recorded === 'cancelled' && missed.has(outcome)) {
    return reject(
      'appointment-cancelled',
      'This appointment was cancelled, so nobody was expected; record that they came, if they did',
      '/outcome',
    );
  }
  if (recorded !== undefined && recorded !== 'cancelled') {
    return reject('attendance-already-recorded', 'Something else was already recorded of this appointment', '/outcome');
  }
  // Somebody may be seen sooner than was booked; nobody has missed what is still to come.
  if (missed.has(outcome) && Date.parse(now) < Date.parse(appointment.start)) {
    return reject('not-yet', 'This appointment has not begun, so nobody has missed it; record what happened once it has', '/appointment');
  }
  return undefined;
}

/** Never "did not attend" of somebody who depends on others to come, nor of an unanswered door (rules-and-defaults 1.11). */
function insteadOfDidNotAttend(
  outcome: AttendanceOutcome,
  { type }: PlacedAppointment,
  { gathered }: Appointments,
  { ageYears }: Place,
  note: string | undefined,
): Rejection | undefined {
  if (outcome === 'no-reply-at-home' && type !== 'home-visit') {
    return reject('not-a-home-visit', 'This was not a home visit; record did-not-attend or was-not-brought', '/outcome');
  }
  if (outcome !== 'did-not-attend') return undefined;
  if (type === 'home-visit')
    return reject(
      'no-reply-at-home-instead',
      'For a home visit record no-reply-at-home: it starts a check that the person is safe',
      '/outcome',
    );
  if (ageYears !== undefined && ageYears < 16) {
    return reject('was-not-brought-instead', 'A child is brought by somebody: record was-not-brought', '/outcome');
  }
  const dependent = (ageYears !== undefined && ageYears < 18) || needsAnotherToAttend(gathered);
  if (dependent && note === undefined) {
    return reject(
      'was-not-brought-instead',
      'Record was-not-brought; or, where a clinician says that the person could come without help, did-not-attend with a note that says so',
      '/outcome',
    );
  }
  return undefined;
}
