/** The referral itself: received, added to, linked, withdrawn, entered in error, and the death of the person. */
import {
  defineEvents,
  isRejection,
  londonDate,
  personal,
  reject,
  type Actor,
  type Decider,
  type Decision,
  type EventOf,
  type Issue,
  type Rejection,
} from '@waymark/kernel';
import { factsSchema, prioritySchema, suggestionSchema, type Priority, type Suggestion } from '@waymark/rules';
import { z } from 'zod';
import { ended, happened, noted, unknownReferral } from './about-referral';
import { equalitySchema, personDetailsSchema, referralWordsSchema, referrerDetailsSchema } from './details';
import { gather, nothingGathered, type Gathered } from './gathered';
import { higher, isRaise, place, type ReferralStreamEvent } from './place';
import type { Place } from './standing';
import { agreementOf, receiptOf, type Information, type Recognised } from './receipt';
import type { EnterInError, ReceiveReferral, RecordDeath, Withdraw } from './referral.commands';

export const SOURCES = ['self', 'family', 'carer', 'gp', 'mdt', 'case-finding'] as const;
export const CHANNELS = ['api', 'page', 'fhir', 'csv', 'cli'] as const;
export const AGREEMENT_BASES = ['agreed', 'does-not-know', 'cannot-decide', 'not-sure', 'refused', 'best-interests', 'not-stated'] as const;

const instant = z.iso.datetime();
const day = z.iso.date();

const person = personal(personDetailsSchema, { subjectField: 'personId', kind: 'identity' });
const referrer = personal(referrerDetailsSchema, { subjectField: 'referrerId', kind: 'identity' });
const words = personal(referralWordsSchema, { subjectField: 'personId', kind: 'clinical' });
/** The FHIR resources as they came, so that they can be given back as they came. */
const original = personal(z.record(z.string(), z.unknown()), { subjectField: 'personId', kind: 'clinical' });
/** A free remark on a command. Every event that carries one also carries `personId`. */
export const note = personal(z.string(), { subjectField: 'personId', kind: 'clinical' }).optional();
/** Other free text about the person's care. */
export const clinicalText = personal(z.string(), { subjectField: 'personId', kind: 'clinical' });

export const agreementSchema = z.strictObject({
  basis: z.enum(AGREEMENT_BASES),
  authority: z.enum(['lpa-health-welfare', 'deputy', 'parental', 'none']).optional(),
  on: day.optional(),
});

/** The coded part of what a sender says about the need. */
const needSchema = z.strictObject({
  difficulties: z.array(z.string()).optional(),
  types: z.array(z.string()).optional(),
});

export const referralEvents = defineEvents({
  ReferralReceived: z.strictObject({
    reference: z.string(),
    personId: z.uuid(),
    referrerId: z.uuid().optional(),
    source: z.enum(SOURCES),
    suggestedBy: z.string().optional(),
    channel: z.enum(CHANNELS),
    /** When the service received it: the clock starts on its London date. */
    receivedAt: instant,
    /** Age in whole years on the day of receipt, when the birth date tells it. */
    ageYears: z.number().int().optional(),
    birthDateGiven: z.enum(['full', 'year', 'about', 'missing']),
    nhsNumberGiven: z.enum(['valid', 'failing', 'none']),
    /** How the person was recognised. */
    matched: z.enum(['new', 'nhs-number', 'details']),
    practiceOds: z.string().optional(),
    agreement: agreementSchema,
    need: needSchema,
    facts: factsSchema,
    redFlags: z.array(z.string()),
    requestedPriority: prioritySchema.optional(),
    /** Somebody recorded a safeguarding concern. */
    safeguardingConcern: z.boolean(),
    riskToStaff: z.boolean(),
    separateNeed: z.boolean(),
    restricted: z.boolean(),
    flags: z.array(z.string()),
    equality: equalitySchema.optional(),
    person,
    referrer: referrer.optional(),
    words,
    original: original.optional(),
  }),
  /** The suggestion of the rules, in the same append as the fact that led to it. */
  ReferralStratified: suggestionSchema.extend({
    because: z.enum(['received', 'information-added', 'rules-changed']),
    /** Dates fixed now, so that nothing recomputes the past. */
    targets: z.strictObject({
      read: instant,
      triage: instant,
      firstContact: instant.optional(),
      treatment: day,
      /** When somebody is told that nothing has happened; absent in events from before there were watchers. */
      booking: instant.optional(),
      agreement: instant.optional(),
      warnings: z.array(day).readonly().optional(),
    }),
  }),
  InformationAdded: z.strictObject({
    personId: z.uuid(),
    from: z.string(),
    channel: z.enum(CHANNELS),
    facts: factsSchema,
    redFlags: z.array(z.string()),
    requestedPriority: prioritySchema.optional(),
    /** The referral whose receipt brought it, when a second one was linked to this. */
    linkedFrom: z.uuid().optional(),
    /** The sources that now speak for this referral, beyond the first. */
    source: z.enum(SOURCES).optional(),
    words: words.optional(),
    original: original.optional(),
    note,
  }),
  ReferralLinkedAsDuplicate: z.strictObject({ to: z.uuid(), toReference: z.string() }),
  ReferralWithdrawn: z.strictObject({ personId: z.uuid(), by: z.string(), reason: z.string(), note }),
  ReferralEnteredInError: z.strictObject({ personId: z.uuid(), reason: z.string(), note }),
  DeathRecorded: z.strictObject({ personId: z.uuid(), on: day.optional(), note }),
});
export type ReferralEvent = EventOf<typeof referralEvents>;
type EventNamed<Type extends ReferralEvent['type']> = Extract<ReferralEvent, { type: Type }>;
export type Targets = EventNamed<'ReferralStratified'>['data']['targets'];

export interface Referral {
  readonly place: Place | undefined;
  readonly gathered: Gathered;
}

export type ReferralAsk =
  | { readonly kind: 'receive'; readonly referral: ReceiveReferral }
  | { readonly kind: 'add-information'; readonly information: Information; readonly occurredAt?: string }
  | { readonly kind: 'link-as-duplicate'; readonly to: string; readonly toReference: string }
  | { readonly kind: 'withdraw'; readonly body: Withdraw }
  | { readonly kind: 'enter-in-error'; readonly body: EnterInError }
  | { readonly kind: 'record-death'; readonly body: RecordDeath };

export interface ReferralContext {
  readonly now: string;
  readonly actor: Actor;
  readonly channel: Issue['channel'];
  /** Who it is about; known when a referral is received. */
  readonly recognised?: Recognised;
  /** What the rules say of everything that was told. Never throws: rules that cannot be run give the safe default and say so. */
  suggest(told: Gathered): Suggestion;
  /** The dates of a priority, counted from receipt. */
  targetsFor(priority: Priority, receivedAt: string): Targets;
  /** The dates after a raise now: nothing that was promised moves later. */
  raisedTargets(promised: Targets, priority: Priority): Targets;
  isCode(list: string, code: string): boolean;
}

export const referral: Decider<Referral, ReferralAsk, ReferralStreamEvent, ReferralEvent, ReferralContext> = {
  name: 'referral',
  folds: place.folds,
  initial: { place: place.initial, gathered: nothingGathered },
  evolve: (state, event) => ({ place: place.evolve(state.place, event), gathered: gather(state.gathered, event) }),
  decide(ask, state, context) {
    if (ask.kind === 'receive')
      return state.place ? reject('already-received', 'This referral has been received before') : receive(ask.referral, context);
    if (!state.place) return unknownReferral();
    switch (ask.kind) {
      case 'add-information':
        return addInformation(ask, state.place, state.gathered, context);
      case 'link-as-duplicate':
        return link(ask, state.place);
      case 'withdraw':
        return withdraw(ask.body, state.place, state.gathered, context);
      case 'enter-in-error':
        return enterInError(ask.body, state.place, state.gathered, context);
      case 'record-death':
        return recordDeath(ask.body, state.place, state.gathered, context);
    }
  },
};

function receive(referral: ReceiveReferral, { recognised, channel, now, suggest, targetsFor }: ReferralContext): Decision<ReferralEvent> {
  if (!recognised) throw new Error('A referral is received once it is known whom it is about');
  const received: EventNamed<'ReferralReceived'> = { type: 'ReferralReceived', data: receiptOf(referral, recognised, channel, now) };
  const suggestion = suggest(gather(nothingGathered, received));
  const refused = notAgreed(referral, suggestion);
  if (refused) return refused;
  const targets = targetsFor(suggestion.priority, received.data.receivedAt);
  return [received, { type: 'ReferralStratified', data: { ...suggestion, because: 'received', targets } }];
}

/** Safety rules run before any refusal; rules that could not run have reassured nobody. */
export function notAgreed(referral: ReceiveReferral, { flags, fault }: Suggestion): Rejection | undefined {
  const forSafety =
    fault !== undefined ||
    referral.safeguarding?.concern === true ||
    referral.redFlags?.includes('safeguarding-concern') ||
    flags.some((flag) => SAFETY_FLAGS.includes(flag));
  if (agreementOf(referral).basis !== 'refused' || forSafety) return undefined;
  return reject(
    'not-agreed',
    'The person does not agree to this referral, so it is not taken in; talk with them about what else may help',
    '/agreement/basis',
  );
}

const SAFETY_FLAGS = ['safety-hold', 'safety-conversation', 'safeguarding'];

function addInformation(
  { information, occurredAt }: Extract<ReferralAsk, { kind: 'add-information' }>,
  at: Place,
  gathered: Gathered,
  context: ReferralContext,
): Decision<ReferralEvent> {
  if (at.ended) return ended();
  const when = happened(occurredAt, context.now);
  if (isRejection(when)) return when;
  const added: EventNamed<'InformationAdded'> = { type: 'InformationAdded', data: { personId: at.personId, ...information }, ...when };
  const suggestion = withConcern(context.suggest(gather(gathered, added)), information.redFlags);
  const promised = {
    read: at.readDue,
    triage: at.triageDue,
    ...(at.contactDue === undefined ? {} : { firstContact: at.contactDue }),
    treatment: at.treatmentDue,
  };
  const targets = isRaise(at, suggestion) ? context.raisedTargets(promised, higher(at.priority, suggestion.priority)) : promised;
  return [added, { type: 'ReferralStratified', data: { ...suggestion, because: 'information-added', targets } }];
}

/** A concern that somebody records opens the hold, whatever the rules say. */
function withConcern(suggestion: Suggestion, redFlags: readonly string[]): Suggestion {
  if (!redFlags.includes('safeguarding-concern')) return suggestion;
  return { ...suggestion, flags: [...new Set([...suggestion.flags, 'safeguarding'])] };
}

function link({ to, toReference }: Extract<ReferralAsk, { kind: 'link-as-duplicate' }>, at: Place): Decision<ReferralEvent> {
  if (at.linkedTo?.referralId === to) return [];
  if (at.ended) return ended();
  if (at.decided) return reject('already-decided', 'A clinician has accepted this referral; it is not closed as a duplicate');
  return [{ type: 'ReferralLinkedAsDuplicate', data: { to, toReference } }];
}

function withdraw(
  { by, reason, note, occurredAt }: Withdraw,
  at: Place,
  gathered: Gathered,
  context: ReferralContext,
): Decision<ReferralEvent> {
  if (!context.isCode('withdraw', reason)) return unknownReason();
  if (at.ended) return ended();
  if (at.hold && by === 'service') return holdOpen();
  const refused = thirdPartyClosing(at, gathered, context.actor);
  if (refused) return refused;
  const when = happened(occurredAt, context.now);
  if (isRejection(when)) return when;
  return [{ type: 'ReferralWithdrawn', data: { personId: at.personId, by, reason, ...noted(note) }, ...when }];
}

/** A correction, so it is open to staff whatever has happened since. */
function enterInError(
  { reason, note, occurredAt }: EnterInError,
  at: Place,
  gathered: Gathered,
  context: ReferralContext,
): Decision<ReferralEvent> {
  if (!context.isCode('enter-in-error', reason)) return unknownReason();
  if (at.ended?.how === 'entered-in-error') return [];
  const refused = thirdPartyClosing(at, gathered, context.actor);
  if (refused) return refused;
  const when = happened(occurredAt, context.now);
  if (isRejection(when)) return when;
  return [{ type: 'ReferralEnteredInError', data: { personId: at.personId, reason, ...noted(note) }, ...when }];
}

function recordDeath(
  { on, note, occurredAt }: RecordDeath,
  at: Place,
  { died }: Gathered,
  { now }: ReferralContext,
): Decision<ReferralEvent> {
  if (died) return [];
  const when = happened(occurredAt, now);
  if (isRejection(when)) return when;
  if (on !== undefined && on > londonDate(now)) return reject('in-the-future', 'A death is recorded after it happened', '/on');
  return [{ type: 'DeathRecorded', data: { personId: at.personId, ...(on === undefined ? {} : { on }), ...noted(note) }, ...when }];
}

/** A message never closes by itself what somebody must look at: under a hold, after acceptance, or when others have joined. */
function thirdPartyClosing(at: Place, { sources }: Gathered, actor: Actor): Rejection | undefined {
  if (actor.kind === 'practitioner') return undefined;
  if (at.hold) return holdOpen();
  if (at.decided || sources.length > 1)
    return reject('person-needed', 'This referral can only be closed by somebody of the service; telephone the service');
  return undefined;
}

function holdOpen(): Rejection {
  return reject('hold-open', 'A safety or safeguarding hold is open, so nothing may close this referral before a clinician has settled it');
}

function unknownReason(): Rejection {
  return reject('unknown-code', 'There is no such reason; /api/v1/codes lists them', '/reason');
}
