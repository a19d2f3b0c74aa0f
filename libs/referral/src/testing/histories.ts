/** Events of one fictional referral, for tests to begin from. */
import type { ReferralStreamEvent } from '../place';

type EventNamed<Type extends ReferralStreamEvent['type']> = Extract<ReferralStreamEvent, { type: Type }>;
type Data<Type extends ReferralStreamEvent['type']> = Partial<EventNamed<Type>['data']>;

export const PERSON = '5f0c2c8e-92c0-5b0e-8f5e-0d7a4f3f1a01';
export const ASHA = '5f0c2c8e-92c0-5b0e-8f5e-0d7a4f3f1a02';
export const TOM = '5f0c2c8e-92c0-5b0e-8f5e-0d7a4f3f1a03';
export const BOOKING = '5f0c2c8e-92c0-5b0e-8f5e-0d7a4f3f1a04';
export const OTHER = '5f0c2c8e-92c0-5b0e-8f5e-0d7a4f3f1a05';
/** A Friday morning. */
export const RECEIVED_AT = '2026-11-20T09:12:00.000Z';

export const TARGETS = {
  read: '2026-11-23T17:00:00.000Z',
  triage: '2026-11-24T17:00:00.000Z',
  firstContact: '2027-01-06T17:00:00.000Z',
  treatment: '2027-03-26',
};

export const SUGGESTION = {
  stratum: 'frailty' as const,
  strata: ['frailty' as const],
  tier: 'targeted' as const,
  priority: 'routine' as const,
  flags: [],
  routes: [],
  reasons: [],
  nearly: [],
  missing: [],
  ruleSet: 'r1',
};

export function received(data: Data<'ReferralReceived'> = {}): EventNamed<'ReferralReceived'> {
  return {
    type: 'ReferralReceived',
    occurredAt: RECEIVED_AT,
    data: {
      reference: '7K4Q-2M9X-3TBC',
      personId: PERSON,
      source: 'gp',
      channel: 'api',
      receivedAt: RECEIVED_AT,
      ageYears: 84,
      birthDateGiven: 'full',
      nhsNumberGiven: 'valid',
      matched: 'new',
      agreement: { basis: 'agreed' },
      need: {},
      facts: {},
      redFlags: [],
      safeguardingConcern: false,
      riskToStaff: false,
      separateNeed: false,
      restricted: false,
      flags: [],
      person: { name: { family: 'Okonkwo', given: ['Ada'] }, birthDate: '1941-02-03' },
      words: { reason: 'Cannot bath safely' },
      ...data,
    },
  };
}

export function stratified(data: Data<'ReferralStratified'> = {}): EventNamed<'ReferralStratified'> {
  return { type: 'ReferralStratified', occurredAt: RECEIVED_AT, data: { ...SUGGESTION, because: 'received', targets: TARGETS, ...data } };
}

export function informed(data: Data<'InformationAdded'> = {}): EventNamed<'InformationAdded'> {
  return {
    type: 'InformationAdded',
    occurredAt: '2026-11-27T10:00:00.000Z',
    data: { personId: PERSON, from: 'gp', channel: 'api', facts: {}, redFlags: [], ...data },
  };
}

export function accepted(data: Data<'ReferralAccepted'> = {}): EventNamed<'ReferralAccepted'> {
  return {
    type: 'ReferralAccepted',
    occurredAt: '2026-11-23T11:00:00.000Z',
    data: {
      personId: PERSON,
      practitionerId: ASHA,
      stratum: 'frailty',
      tier: 'targeted',
      priority: 'routine',
      reason: 'agree-with-suggestion',
      asSuggested: true,
      contactDue: TARGETS.firstContact,
      allowance: 6,
      ...data,
    },
  };
}

export function booked(data: Data<'AppointmentBooked'> = {}): EventNamed<'AppointmentBooked'> {
  return {
    type: 'AppointmentBooked',
    occurredAt: '2026-11-24T10:00:00.000Z',
    data: {
      personId: PERSON,
      bookingId: BOOKING,
      clinicStream: 'clinic-northbank-quayside-2026-12-07',
      slot: 'quayside.2026-12-07.0930.1',
      type: 'first',
      place: 'Quayside Surgery',
      practitionerId: ASHA,
      start: '2026-12-07T09:30:00.000Z',
      end: '2026-12-07T10:00:00.000Z',
      ...data,
    },
  };
}

const by = { personId: PERSON, practitionerId: ASHA };
const of = { personId: PERSON, bookingId: BOOKING };
const on = '2026-12-07T10:00:00.000Z';

/** One of every kind that a referral's stream can hold, each able to follow a receipt. */
export const oneOfEach: { readonly [Type in ReferralStreamEvent['type']]: EventNamed<Type> } = {
  ReferralReceived: received(),
  ReferralStratified: stratified(),
  InformationAdded: informed(),
  ReferralLinkedAsDuplicate: { type: 'ReferralLinkedAsDuplicate', occurredAt: on, data: { to: OTHER, toReference: '0000-0000-0000' } },
  ReferralWithdrawn: { type: 'ReferralWithdrawn', occurredAt: on, data: { personId: PERSON, by: 'person', reason: 'no-longer-needed' } },
  ReferralEnteredInError: { type: 'ReferralEnteredInError', occurredAt: on, data: { personId: PERSON, reason: 'wrong-person' } },
  DeathRecorded: { type: 'DeathRecorded', occurredAt: on, data: { personId: PERSON } },
  ReferralClaimed: { type: 'ReferralClaimed', occurredAt: on, data: { ...by, until: '2026-12-07T10:15:00.000Z' } },
  ReferralAccepted: accepted(),
  ReferralReturnedWithAdvice: {
    type: 'ReferralReturnedWithAdvice',
    occurredAt: on,
    data: { ...by, reason: 'advice-is-enough', advice: 'Try a bath board' },
  },
  ReferralRedirected: {
    type: 'ReferralRedirected',
    occurredAt: on,
    data: { ...by, to: 'falls-service', reason: 'better-met-elsewhere', acceptanceDue: '2026-12-21T17:00:00.000Z' },
  },
  ReferralDeclined: {
    type: 'ReferralDeclined',
    occurredAt: on,
    data: { ...by, reason: 'spoke-with-person', criterion: 'outside-area', alternative: 'gp-practice' },
  },
  AppointmentBooked: booked(),
  BookingAbandoned: { type: 'BookingAbandoned', occurredAt: on, data: { bookingId: OTHER } },
  AppointmentCancelledByPerson: { type: 'AppointmentCancelledByPerson', occurredAt: on, data: { ...of, reason: 'unwell' } },
  AppointmentCancelledByService: { type: 'AppointmentCancelledByService', occurredAt: on, data: { ...of, reason: 'service-closed' } },
  Attended: { type: 'Attended', occurredAt: on, data: { ...of, late: false, counts: true } },
  CouldNotComplete: { type: 'CouldNotComplete', occurredAt: on, data: { ...of, counts: true } },
  LateNotSeen: { type: 'LateNotSeen', occurredAt: on, data: of },
  DidNotAttend: { type: 'DidNotAttend', occurredAt: on, data: { ...of, welfareCheck: false } },
  WasNotBrought: { type: 'WasNotBrought', occurredAt: on, data: { ...of, welfareCheck: false } },
  NoReplyAtHome: { type: 'NoReplyAtHome', occurredAt: on, data: { ...of, welfareCheck: true } },
  TreatmentStarted: { type: 'TreatmentStarted', occurredAt: on, data: { ...by, intervention: 'home-evaluation' } },
  MeasureRecorded: {
    type: 'MeasureRecorded',
    occurredAt: on,
    data: {
      personId: PERSON,
      instrument: 'wsas',
      variant: 'standard',
      value: 20,
      on: '2026-12-07',
      completedBy: 'person',
      occasion: 'baseline',
    },
  },
  Discharged: {
    type: 'Discharged',
    occurredAt: '2027-01-25T12:00:00.000Z',
    data: {
      ...by,
      reason: 'goals-met',
      destination: 'self-management',
      attended: 2,
      eligible: true,
      pairs: [],
      released: [],
      summary: { did: 'Bath board fitted', gpToDo: 'Nothing' },
    },
  },
  AttentionNeeded: {
    type: 'AttentionNeeded',
    occurredAt: TARGETS.triage,
    data: { watcher: 'undecided', told: 'duty-desk', since: TARGETS.triage, leadFrom: '2026-11-25T17:00:00.000Z' },
  },
};
