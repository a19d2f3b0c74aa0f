/** What somebody may ask about appointments: book, cancel, and say what happened on the day. */
import { IsIn, IsUUID } from 'class-validator';
import { bearingOn } from './about-referral';
import { APPOINTMENT_TYPES } from './appointments';
import { ATTENDANCE_OUTCOMES } from './attendance';
import { AboutReferral, Code, Name, Required } from './fields';

/** Books a free slot. The referral alone decides whether it may be booked. */
export class Book extends AboutReferral {
  /** From the list of free slots. */
  @Required()
  @Name()
  slot!: string;

  @Required()
  @IsIn(APPOINTMENT_TYPES)
  type!: (typeof APPOINTMENT_TYPES)[number];
}

/** Cancels an appointment; its slot is free again. Never refused for who asks. */
export class Cancel extends AboutReferral {
  @Required()
  @IsUUID()
  appointment!: string;

  @Required()
  @IsIn(['person', 'service'])
  by!: 'person' | 'service';

  @Required()
  @Code()
  reason!: string;
}

/** Says what happened with an appointment. What happened is always recorded. */
export class RecordAttendance extends AboutReferral {
  @Required()
  @IsUUID()
  appointment!: string;

  @Required()
  @IsIn(ATTENDANCE_OUTCOMES)
  outcome!: (typeof ATTENDANCE_OUTCOMES)[number];
}

/** Whether the appointment is still to come, and whether the person has been heard of since. Claims, measures and other bookings do not matter. */
export const cancelBearing = bearingOn({
  ReferralReceived: false,
  ReferralStratified: true,
  InformationAdded: true,
  ReferralLinkedAsDuplicate: true,
  ReferralWithdrawn: true,
  ReferralEnteredInError: true,
  DeathRecorded: true,
  ReferralClaimed: false,
  ReferralAccepted: false,
  ReferralReturnedWithAdvice: true,
  ReferralRedirected: false,
  ReferralDeclined: true,
  AppointmentBooked: false,
  BookingAbandoned: false,
  AttentionNeeded: false,
  AppointmentCancelledByPerson: true,
  AppointmentCancelledByService: true,
  Attended: true,
  CouldNotComplete: true,
  LateNotSeen: true,
  DidNotAttend: true,
  WasNotBrought: true,
  NoReplyAtHome: true,
  TreatmentStarted: false,
  MeasureRecorded: false,
  Discharged: true,
});

export const appointmentCommands = [
  {
    name: 'book',
    command: Book,
    decision: false,
    clinical: true,
    events: ['AppointmentBooked', 'BookingAbandoned', 'SlotHeld', 'SlotConfirmed', 'SlotReleased'],
    refusals: [
      'unknown-slot',
      'slot-taken',
      'not-registered',
      'out-of-scope',
      'ended',
      'not-accepted',
      'agreement-outstanding',
      'type-not-offered',
      'in-the-past',
      'beyond-horizon',
      'already-booked',
      'allowance-used',
      'booking-abandoned',
      'in-the-future',
    ],
  },
  {
    name: 'cancel',
    command: Cancel,
    decision: true,
    clinical: false,
    ...cancelBearing,
    events: ['AppointmentCancelledByPerson', 'AppointmentCancelledByService', 'SlotReleased'],
    refusals: ['unknown-appointment', 'unknown-code', 'appointment-past', 'in-the-future', 'stale'],
  },
  {
    name: 'record-attendance',
    command: RecordAttendance,
    decision: false,
    clinical: false,
    events: ['Attended', 'CouldNotComplete', 'LateNotSeen', 'DidNotAttend', 'WasNotBrought', 'NoReplyAtHome'],
    refusals: [
      'unknown-appointment',
      'not-yet',
      'attendance-already-recorded',
      'appointment-cancelled',
      'was-not-brought-instead',
      'no-reply-at-home-instead',
      'not-a-home-visit',
      'in-the-future',
    ],
  },
];
