/** What a clinician may ask of a referral that waits for a decision. */
import { PRIORITIES, STRATA, TIERS, type Priority, type Stratum, type Tier } from '@waymark/rules';
import { IsIn } from 'class-validator';
import { bearingOn } from './about-referral';
import { AboutReferral, Code, Optional, Required, Text } from './fields';

/** Says that somebody is reading it, so that nobody else does at the same time. */
export class Claim extends AboutReferral {}

export class Accept extends AboutReferral {
  @Required()
  @IsIn(STRATA)
  stratum!: Stratum;

  @Required()
  @IsIn(TIERS)
  tier!: Tier;

  @Required()
  @IsIn(PRIORITIES)
  priority!: Priority;

  @Required()
  @Code()
  reason!: string;
}

export class ReturnWithAdvice extends AboutReferral {
  @Required()
  @Code()
  reason!: string;

  @Required()
  @Text()
  advice!: string;
}

export class Redirect extends AboutReferral {
  /** A service of the directory. */
  @Required()
  @Code()
  to!: string;

  @Required()
  @Code()
  reason!: string;

  @Optional()
  @Text()
  advice?: string;
}

export class Decline extends AboutReferral {
  @Required()
  @Code()
  reason!: string;

  /** One of the published criteria; there is none for capacity. */
  @Required()
  @Code()
  criterion!: string;

  /** What the person can turn to instead: a service of the directory. */
  @Required()
  @Code()
  alternative!: string;
}

/** Whatever is known of the person, and whatever somebody else decided. Claims, appointments and measures do not change what there is to decide. */
export const triageBearing = bearingOn({
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
  AppointmentBooked: false,
  BookingAbandoned: false,
  AttentionNeeded: false,
  AppointmentCancelledByPerson: false,
  AppointmentCancelledByService: false,
  Attended: false,
  CouldNotComplete: false,
  LateNotSeen: false,
  DidNotAttend: false,
  WasNotBrought: false,
  NoReplyAtHome: false,
  TreatmentStarted: true,
  MeasureRecorded: false,
  Discharged: true,
});

const decisionRefusals = [
  'not-registered',
  'out-of-scope',
  'ended',
  'already-decided',
  'hold-open',
  'unknown-code',
  'in-the-future',
  'stale',
];
const decided = { decision: true, clinical: true, ...triageBearing, refusals: decisionRefusals };

export const triageCommands = [
  {
    name: 'claim',
    command: Claim,
    decision: false,
    clinical: false,
    events: ['ReferralClaimed'],
    refusals: ['actor-needed', 'ended', 'already-decided', 'claimed', 'in-the-future'],
  },
  { name: 'accept', command: Accept, ...decided, events: ['ReferralAccepted'] },
  { name: 'return-with-advice', command: ReturnWithAdvice, ...decided, events: ['ReferralReturnedWithAdvice'] },
  { name: 'redirect', command: Redirect, ...decided, events: ['ReferralRedirected'] },
  { name: 'decline', command: Decline, ...decided, events: ['ReferralDeclined'] },
];
