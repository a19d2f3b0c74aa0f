/** Every event of a referral in plain words: coded data only, nothing personal, so that they may stand in a list or a log. */
import type { DomainEvent } from '@waymark/kernel';
import { place, type ReferralStreamEvent } from './place';
import type { Told, Watcher } from './watchers';

export function wordsOf(event: DomainEvent): string {
  return isOfReferral(event) ? inWords(event) : `Something that this program has no words for: ${event.type}`;
}

function isOfReferral(event: DomainEvent): event is ReferralStreamEvent {
  return Object.hasOwn(place.folds, event.type);
}

function inWords({ type, data }: ReferralStreamEvent): string {
  switch (type) {
    case 'ReferralReceived':
      return `Referral received from ${sources[data.source]}`;
    case 'ReferralStratified':
      return `The rules suggest ${plain(data.stratum)}, ${data.tier}, ${data.priority}${data.fault === undefined ? '' : '; the rules could not be run, a person must look'}`;
    case 'InformationAdded':
      return data.linkedFrom === undefined
        ? `Information added, from ${plain(data.from)}`
        : `Information added by a further referral from ${data.source === undefined ? plain(data.from) : sources[data.source]}`;
    case 'ReferralLinkedAsDuplicate':
      return `Added to open referral ${data.toReference}`;
    case 'ReferralWithdrawn':
      return `Withdrawn by the ${data.by}: ${plain(data.reason)}`;
    case 'ReferralEnteredInError':
      return `Entered in error: ${plain(data.reason)}`;
    case 'DeathRecorded':
      return 'The person has died; letters, offers and bookings stop';
    case 'ReferralClaimed':
      return 'A clinician is reading it';
    case 'ReferralAccepted':
      return `Accepted as ${plain(data.stratum)}, ${data.tier}, ${data.priority}, ${data.asSuggested ? 'as suggested' : 'not as suggested'}: ${plain(data.reason)}`;
    case 'ReferralReturnedWithAdvice':
      return `Returned with advice: ${plain(data.reason)}`;
    case 'ReferralRedirected':
      return `Redirected to ${plain(data.to)}: ${plain(data.reason)}; ours until they accept`;
    case 'ReferralDeclined':
      return `Declined: ${plain(data.criterion)}; alternative: ${plain(data.alternative)}`;
    case 'AppointmentBooked':
      return `Appointment booked: ${plain(data.type)}`;
    case 'BookingAbandoned':
      return 'A booking was not finished and was given up';
    case 'AppointmentCancelledByPerson':
      return `Appointment cancelled by the person: ${plain(data.reason)}`;
    case 'AppointmentCancelledByService':
      return `Appointment cancelled by the service: ${plain(data.reason)}`;
    case 'Attended':
      return data.late ? 'Seen, after coming late' : 'Seen';
    case 'CouldNotComplete':
      return 'The appointment began and could not be completed';
    case 'LateNotSeen':
      return 'Came too late to be seen';
    case 'DidNotAttend':
      return `Did not attend${welfare(data)}`;
    case 'WasNotBrought':
      return `Was not brought${welfare(data)}`;
    case 'NoReplyAtHome':
      return `No reply at a home visit${welfare(data)}`;
    case 'TreatmentStarted':
      return `Treatment started: ${plain(data.intervention)}; the clock stops`;
    case 'MeasureRecorded':
      return `Measure recorded: ${plain(data.instrument)}, ${data.occasion}`;
    case 'Discharged':
      return `Discharged: ${plain(data.reason)}; to ${plain(data.destination)}`;
    case 'AttentionNeeded':
      return `${attentionWords[data.watcher]}; ${toldWords[data.told]} is told`;
  }
}

const attentionWords: Readonly<Record<Watcher, string>> = {
  unread: 'Nobody has read this in time',
  undecided: 'Triage was not decided in time',
  'agreement-overdue': 'Whether the person agrees was not settled in time',
  'hand-over-overdue': 'The other service has not accepted in time',
  'not-booked': 'Accepted, and nothing is booked',
  'nothing-planned': 'In treatment, and nothing is planned',
  'no-contact': 'In treatment, and without a contact for too long',
  'attendance-unrecorded': 'What happened at the appointment was not recorded',
  'next-step-overdue': 'The next step has not happened in time',
  'early-warning': 'The wait has reached the early warning of the clock',
  'late-warning': 'The wait has reached the late warning of the clock',
  'nobody-answers': 'This referral has no owner, no next step or no date',
};

const toldWords: Readonly<Record<Told, string>> = {
  'duty-desk': 'the duty desk',
  'booking-desk': 'the booking desk',
  clinician: 'the clinician',
  lead: 'the lead',
};

const sources = {
  self: 'the person',
  family: 'family or a friend',
  carer: 'an unpaid carer',
  gp: 'a GP practice',
  mdt: 'another professional',
  'case-finding': 'a case-finding list',
} as const;

function welfare({ welfareCheck }: { readonly welfareCheck: boolean }): string {
  return welfareCheck ? '; a welfare check is due the same day' : '';
}

function plain(code: string): string {
  return code.replaceAll('-', ' ');
}
