/** Triage: a named clinician reads it, decides, and says why. */
import { defineEvents, isRejection, reject, type Decider, type Decision, type EventOf, type Rejection } from '@waymark/kernel';
import { PRIORITIES, prioritySchema, stratumSchema, tierSchema, type Priority, type Stratum, type Tier } from '@waymark/rules';
import { z } from 'zod';
import { ended, happened, noted, unknownReferral } from './about-referral';
import { RAISED } from './flags';
import { earlier, place, type ReferralStreamEvent } from './place';
import type { Place } from './standing';
import { clinicalText, note, type Targets } from './referral';
import type { Accept, Claim, Decline, Redirect, ReturnWithAdvice } from './triage.commands';

const instant = z.iso.datetime();

export const triageEvents = defineEvents({
  /** A short lease, so that two people do not read the same referral at once. */
  ReferralClaimed: z.strictObject({ personId: z.uuid(), practitionerId: z.uuid(), until: instant, note }),
  ReferralAccepted: z.strictObject({
    personId: z.uuid(),
    practitionerId: z.uuid(),
    stratum: stratumSchema,
    tier: tierSchema,
    priority: prioritySchema,
    reason: z.string(),
    /** The clinician decided what the rules had suggested. */
    asSuggested: z.boolean(),
    /** First contact by this moment. */
    contactDue: instant,
    /** Consultations that this referral may use, from the service's settings of the day. */
    allowance: z.number().int(),
    /** Somebody is told when nothing is booked by then; absent in events from before there were watchers. */
    bookingDue: instant.optional(),
    note,
  }),
  ReferralReturnedWithAdvice: z.strictObject({
    personId: z.uuid(),
    practitionerId: z.uuid(),
    reason: z.string(),
    advice: clinicalText,
    note,
  }),
  /** Closes only when the other service accepts. */
  ReferralRedirected: z.strictObject({
    personId: z.uuid(),
    practitionerId: z.uuid(),
    to: z.string(),
    reason: z.string(),
    advice: clinicalText.optional(),
    /** Acceptance is chased from here on. */
    acceptanceDue: instant,
    note,
  }),
  ReferralDeclined: z.strictObject({
    personId: z.uuid(),
    practitionerId: z.uuid(),
    reason: z.string(),
    criterion: z.string(),
    alternative: z.string(),
    note,
  }),
});
export type TriageEvent = EventOf<typeof triageEvents>;

export interface Triage {
  readonly place: Place | undefined;
  /** What the rules said last. */
  readonly suggested: { readonly stratum: Stratum; readonly tier: Tier; readonly priority: Priority } | undefined;
}

export type TriageAsk =
  | { readonly kind: 'claim'; readonly body: Claim }
  | { readonly kind: 'accept'; readonly body: Accept }
  | { readonly kind: 'return-with-advice'; readonly body: ReturnWithAdvice }
  | { readonly kind: 'redirect'; readonly body: Redirect }
  | { readonly kind: 'decline'; readonly body: Decline };
type Decided = Exclude<TriageAsk, { kind: 'claim' }>;

export interface TriageContext {
  readonly now: string;
  readonly practitionerId: string;
  /** Why this practitioner may not take this decision now. */
  readonly permitted: Rejection | undefined;
  readonly claimMinutes: number;
  /** Consultations that a referral may use. */
  readonly allowance: number;
  /** The dates of a priority, counted from a moment. */
  targetsFor(priority: Priority, from: string): Targets;
  /** By when something is booked, from now and from when the first contact is due. */
  bookingDue(contactDue: string): string;
  /** When the other service's acceptance is chased. */
  acceptanceDue(priority: Priority): string;
  isCode(list: string, code: string): boolean;
}

export const triage: Decider<Triage, TriageAsk, ReferralStreamEvent, TriageEvent, TriageContext> = {
  name: 'triage',
  folds: place.folds,
  initial: { place: place.initial, suggested: undefined },
  evolve: (state, event) => ({
    place: place.evolve(state.place, event),
    suggested: event.type === 'ReferralStratified' ? event.data : state.suggested,
  }),
  decide(ask, { place: at, suggested }, context) {
    if (!at) return unknownReferral();
    if (at.ended) return ended();
    const undecided = !at.decided && !at.handedOver;
    // A later raise, or a redirect that the other service did not take up, brings it back to a clinician.
    const again = at.flags.includes(RAISED) || at.handedOver !== undefined;
    if (ask.kind === 'claim') return undecided || again ? claim(ask.body, at, context) : alreadyDecided();
    if (!undecided && !(again && ask.kind === 'accept')) return alreadyDecided();
    return context.permitted ?? decision(ask, at, suggested, context);
  },
};

function claim({ note, occurredAt }: Claim, at: Place, { now, practitionerId, claimMinutes }: TriageContext): Decision<TriageEvent> {
  const live = at.claim !== undefined && Date.parse(at.claim.until) > Date.parse(now);
  if (live && at.claim?.by !== practitionerId)
    return reject('claimed', 'A colleague is reading this referral; read another, or wait until their claim runs out');
  const when = happened(occurredAt, now);
  if (isRejection(when)) return when;
  const until = new Date(Date.parse(now) + claimMinutes * 60_000).toISOString();
  return [{ type: 'ReferralClaimed', data: { personId: at.personId, practitionerId, until, ...noted(note) }, ...when }];
}

function decision(ask: Decided, at: Place, suggested: Triage['suggested'], context: TriageContext): Decision<TriageEvent> {
  const { now, practitionerId, isCode } = context;
  const { reason, note } = ask.body;
  if (!isCode(ask.kind, reason)) return unknownCode('reason', '/reason');
  const when = happened(ask.body.occurredAt, now);
  if (isRejection(when)) return when;
  const by = { personId: at.personId, practitionerId, reason, ...noted(note) };
  switch (ask.kind) {
    case 'accept': {
      const { stratum, tier, priority } = ask.body;
      if (at.hold && rank(priority) < rank('urgent')) return holdOpen();
      const asSuggested = suggested?.stratum === stratum && suggested.tier === tier && suggested.priority === priority;
      const due = contactDue(at, priority, context);
      const accepted = {
        stratum,
        tier,
        priority,
        asSuggested,
        contactDue: due,
        bookingDue: context.bookingDue(due),
        allowance: context.allowance,
      };
      return [{ type: 'ReferralAccepted', data: { ...by, ...accepted }, ...when }];
    }
    case 'return-with-advice':
      if (at.hold) return holdOpen();
      return [{ type: 'ReferralReturnedWithAdvice', data: { ...by, advice: ask.body.advice }, ...when }];
    case 'redirect': {
      if (at.hold) return holdOpen();
      const { to, advice } = ask.body;
      if (!isCode('directory', to)) return unknownCode('service', '/to');
      const redirected = { to, ...(advice === undefined ? {} : { advice }), acceptanceDue: context.acceptanceDue(at.priority) };
      return [{ type: 'ReferralRedirected', data: { ...by, ...redirected }, ...when }];
    }
    case 'decline': {
      if (at.hold) return holdOpen();
      const { criterion, alternative } = ask.body;
      if (!isCode('decline-criteria', criterion)) return unknownCode('criterion', '/criterion');
      if (!isCode('alternatives', alternative)) return unknownCode('alternative', '/alternative');
      return [{ type: 'ReferralDeclined', data: { ...by, criterion, alternative }, ...when }];
    }
  }
}

/** Counts from receipt. Only a clinician's lowering moves a date back; otherwise the earlier one stays. */
function contactDue(at: Place, priority: Priority, { targetsFor }: TriageContext): string {
  const targets = targetsFor(priority, at.receivedAt);
  const counted = targets.firstContact ?? targets.triage;
  return rank(priority) < rank(at.priority) ? counted : (earlier(at.contactDue, counted) ?? counted);
}

function rank(priority: Priority): number {
  return PRIORITIES.indexOf(priority);
}

function alreadyDecided(): Rejection {
  return reject('already-decided', 'A clinician has decided about this referral already; read it again');
}

function holdOpen(): Rejection {
  return reject(
    'hold-open',
    'A safety or safeguarding hold is open: it can be accepted as urgent or crisis, and nothing else may be decided before it is settled',
  );
}

function unknownCode(what: string, path: string): Rejection {
  return reject('unknown-code', `There is no such ${what}; /api/v1/codes lists them`, path);
}
