/** Any event in plain words: coded data only, never a name. Words about referrals are the referral's own. */
import type { ClinicEvent } from '@waymark/clinics';
import { fold, type RecordedEvent } from '@waymark/kernel';
import type { ErasureEvent, PersonEvent } from '@waymark/people';
import { wordsOf } from '@waymark/referral';
import type { ConfigurationEvent } from '@waymark/rules';
import type { PractitionerEvent } from '@waymark/workforce';

type OtherEvent = ClinicEvent | PersonEvent | ErasureEvent | PractitionerEvent | ConfigurationEvent;

const folds: Readonly<Record<OtherEvent['type'], true>> = {
  ClinicSessionOpened: true,
  SlotHeld: true,
  SlotConfirmed: true,
  SlotReleased: true,
  PersonIdentified: true,
  NeedClaimed: true,
  NeedReleased: true,
  PersonErasureRequested: true,
  PersonErasureApproved: true,
  PersonErasureCancelled: true,
  PersonErased: true,
  LegalHoldPlaced: true,
  LegalHoldReleased: true,
  PractitionerRegistered: true,
  ServiceConfigured: true,
  RuleSetPublished: true,
};

export function wordsOfAny(event: RecordedEvent): string {
  return fold({ folds, initial: undefined as string | undefined, evolve: words }, [event]) ?? wordsOf(event);
}

function words(_: string | undefined, event: OtherEvent): string {
  switch (event.type) {
    case 'ClinicSessionOpened':
      return `A clinic session with ${event.data.slots.length} slots was opened for ${event.data.date}`;
    case 'SlotHeld':
      return 'A slot was held for a booking that is being made';
    case 'SlotConfirmed':
      return 'A held slot was confirmed';
    case 'SlotReleased':
      return `A slot became free again (${becauseWords[event.data.because]})`;
    case 'PersonIdentified':
      return 'A person became known to this service';
    case 'NeedClaimed':
      return event.data.separateNeed
        ? `Referral ${event.data.reference} was opened for a separate need of this person`
        : `Referral ${event.data.reference} became the open one for this person's need`;
    case 'NeedReleased':
      return "The referral for this person's need has ended";
    case 'PersonErasureRequested':
      return `It was asked for that a person is erased (${event.data.lost.referrals} referrals, ${event.data.lost.fields} fields)`;
    case 'PersonErasureApproved':
      return `The erasure of a person was approved; it is carried out after ${event.data.executeAfter} unless it is cancelled`;
    case 'PersonErasureCancelled':
      return event.data.because === 'cancelled'
        ? 'The erasure of a person was cancelled'
        : 'The erasure of a person was not carried out: it was no longer allowed';
    case 'PersonErased':
      return `A person was erased${event.data.demo ? ' (demonstration data)' : ''}: ${event.data.lost.fields} fields cannot be read any more`;
    case 'LegalHoldPlaced':
      return 'A legal hold was placed on the data of a person';
    case 'LegalHoldReleased':
      return 'A legal hold on the data of a person was released';
    case 'PractitionerRegistered':
      return `A practitioner (${event.data.level}) was added to the register; registration until ${event.data.registration.expires}`;
    case 'ServiceConfigured':
      return "The service's configuration was published";
    case 'RuleSetPublished':
      return `A set of triage rules was published (${event.data.contentHash.slice(0, 12)})`;
  }
}

const becauseWords: Readonly<Record<Extract<ClinicEvent, { type: 'SlotReleased' }>['data']['because'], string>> = {
  refused: 'the booking was refused',
  abandoned: 'the booking was not finished in time',
  cancelled: 'the appointment was cancelled',
  ended: 'the referral ended',
};
