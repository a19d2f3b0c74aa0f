/** What a clinician says at the end of an episode. */
import { IsNotEmpty } from 'class-validator';
import { bearingOn } from './about-referral';
import { AboutReferral, Code, Optional, Part, Required, Text } from './fields';

export class DischargeSummary {
  /** What was done, for the person and the practice. */
  @Required()
  @Text()
  @IsNotEmpty()
  did!: string;

  /** What the practice is asked to do; "nothing" is an answer. */
  @Required()
  @Text()
  @IsNotEmpty()
  gpToDo!: string;
}

/** Ends the referral after it was accepted. */
export class Discharge extends AboutReferral {
  @Required()
  @Code()
  reason!: string;

  @Required()
  @Code()
  destination!: string;

  /** Why nothing was measured at the start and at the end, where that is so. */
  @Optional()
  @Code()
  noOutcomeReason?: string;

  @Required()
  @Part(() => DischargeSummary)
  summary!: DischargeSummary;
}

/** Everything that is known of the person's need, their contacts and what was measured. Only reading leases and abandoned bookings do not matter. */
export const dischargeBearing = bearingOn({
  ReferralReceived: false,
  ReferralStratified: true,
  InformationAdded: true,
  ReferralLinkedAsDuplicate: true,
  ReferralWithdrawn: true,
  ReferralEnteredInError: true,
  DeathRecorded: true,
  ReferralClaimed: false,
  ReferralAccepted: true,
  ReferralReturnedWithAdvice: true,
  ReferralRedirected: true,
  ReferralDeclined: true,
  AppointmentBooked: true,
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
  TreatmentStarted: true,
  MeasureRecorded: true,
  Discharged: true,
});

export const dischargeCommands = [
  {
    name: 'discharge',
    command: Discharge,
    decision: true,
    clinical: true,
    ...dischargeBearing,
    events: ['Discharged', 'SlotReleased'],
    refusals: [
      'not-registered',
      'out-of-scope',
      'ended',
      'hold-open',
      'not-accepted',
      'unknown-code',
      'outcome-or-reason-needed',
      'in-the-future',
      'stale',
    ],
  },
];
