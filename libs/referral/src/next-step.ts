/** What happens next with a referral, who does it and by which London date, in words that the person can read. */
import { londonDate } from '@waymark/kernel';
import type { NextStep, Stage, Standing } from './standing';

/** The words tell nobody of a hold or a concern: the sender may be whom it is about. */
export function nextStepOf(standing: Standing, stage: Stage): NextStep {
  switch (stage) {
    case 'triage':
      return service('The team will read this referral', standing.triageDue);
    case 'agreement':
      // Two working days from receipt, as for reading it (rules-and-defaults 1.12).
      return service('A clinician will speak with the person about this referral', standing.triageDue);
    case 'handed-over':
      return service('Another service will say whether it can help', standing.handedOver?.acceptanceDue ?? standing.triageDue);
    case 'waiting':
    case 'offered':
    case 'booked':
      return waiting(standing);
    case 'treatment':
      return treatment(standing);
    case 'ended':
      return {
        what: endings[standing.ended?.how ?? ''] ?? 'This referral has ended',
        who: 'service',
        by: standing.ended?.on ?? standing.clock.start,
      };
    case 'information':
    case 'deferred':
    case 'monitoring':
      return service('The team will look at this referral again', standing.triageDue);
  }
}

const endings: Readonly<Record<string, string>> = {
  linked: 'This was added to a referral that is already open',
  'returned-with-advice': 'The referrer has advice and carries on with the person',
  declined: 'The referrer and the person are told what else can help',
  discharged: 'This referral has ended; come back if things change',
};

function waiting(standing: Standing): NextStep {
  if (standing.flags.includes('raised-unreviewed')) return service('A clinician will read what is new', standing.triageDue);
  const seen = standing.appointments.some((appointment) => appointment.status === 'attended');
  return (
    appointment(standing) ??
    (seen
      ? { what: 'We will arrange the next appointment', who: 'service', by: standing.treatmentDue }
      : service('We will arrange the first appointment', standing.contactDue ?? standing.triageDue))
  );
}

/** Nobody in treatment may be without a booked contact: without one, arranging it is due at once. */
function treatment(standing: Standing): NextStep {
  const last = standing.appointments
    .filter(({ status }) => status === 'attended')
    .reduce((latest, { start }) => (start > latest ? start : latest), '');
  const since = last === '' ? '' : londonDate(last);
  const begun = standing.treatmentStarted ?? standing.clock.start;
  return appointment(standing) ?? { what: 'We will arrange the next appointment', who: 'service', by: since > begun ? since : begun };
}

function appointment(standing: Standing): NextStep | undefined {
  const starts = standing.appointments.filter(({ status }) => status === 'booked').map(({ start }) => start);
  if (starts.length === 0) return undefined;
  return {
    what: 'Come to the appointment',
    who: 'person',
    by: londonDate(starts.reduce((first, start) => (start < first ? start : first))),
  };
}

function service(what: string, by: string): NextStep {
  return { what, who: 'service', by: londonDate(by) };
}
