/** What the deciders need to know of the service: its rules, its calendar and its lists, at one moment. */
import { londonDate, type Issue, type Rejection } from '@waymark/kernel';
import {
  bookingDue,
  mergeFacts,
  raisedTargets,
  suggest,
  targetsFor,
  triageFacts,
  type ActiveConfiguration,
  type Facts,
} from '@waymark/rules';
import type { Gathered } from './gathered';
import type { ReferralContext } from './referral';
import type { TriageContext } from './triage';

export function referralContext(active: ActiveConfiguration, { actor, channel }: Issue, now: string): ReferralContext {
  return {
    now,
    actor,
    channel,
    suggest: (gathered) => suggest(factsOf(gathered, active), active.ruleSet, now),
    targetsFor: (priority, receivedAt) => targetsFor(priority, receivedAt, now, active),
    raisedTargets: (promised, priority) => raisedTargets(promised, priority, now, active),
    isCode: (list, code) => active.codes.has(list, code),
  };
}

export function triageContext(active: ActiveConfiguration, { actor }: Issue, now: string, permitted: Rejection | undefined): TriageContext {
  const { claimMinutes, consultations, acceptanceWorkingDays, dayZeroBefore } = active.settingsOn(londonDate(now));
  return {
    now,
    practitionerId: actor.id,
    permitted,
    claimMinutes,
    allowance: consultations.maximum,
    targetsFor: (priority, receivedAt) => targetsFor(priority, receivedAt, now, active),
    bookingDue: (contactDue) => bookingDue(now, contactDue, active),
    acceptanceDue(priority) {
      const pressing = priority === 'urgent' || priority === 'crisis';
      return active.calendar.targetAfter(now, pressing ? acceptanceWorkingDays.urgent : acceptanceWorkingDays.other, dayZeroBefore);
    },
    isCode: (list, code) => active.codes.has(list, code),
  };
}

/** Of answers that differ the more worrying one counts. */
function factsOf({ told, ...gathered }: Gathered, { facts: catalogue, codes }: ActiveConfiguration): Facts {
  return triageFacts({ ...gathered, facts: mergeFacts(catalogue, ...told) }, catalogue, codes);
}
