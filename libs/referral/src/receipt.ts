/** From a referral as it was sent to the event that receives it: what is kept, what is coded, and which flags it raises. */
import { ageOn, londonDate, nhsNumberGiven, normaliseNhsNumber, type Issue } from '@waymark/kernel';
import type { Facts } from '@waymark/rules';
import { factSourcesOf, storedFacts } from './given-facts';
import type { Person } from './person.commands';
import type { ReceiveReferral } from './referral.commands';
import type { PersonDetails, ReferralWords } from './details';
import type { ReferralEvent } from './referral';

type EventNamed<Type extends ReferralEvent['type']> = Extract<ReferralEvent, { type: Type }>;
export type ReferralReceipt = EventNamed<'ReferralReceived'>['data'];
export type Information = Omit<EventNamed<'InformationAdded'>['data'], 'personId'>;

/** How the identity index knows the person, and the names that this receipt gives. */
export interface Recognised {
  readonly reference: string;
  readonly personId: string;
  readonly matched: ReferralReceipt['matched'];
  /** Somebody who may be the same person is known. */
  readonly possible: boolean;
  readonly referrerId: string;
}

export function receiptOf(referral: ReceiveReferral, recognised: Recognised, channel: Issue['channel'], now: string): ReferralReceipt {
  const { person, referrer, need, source } = referral;
  const restricted = person.restricted === true;
  const receivedAt = new Date(referral.receivedAt ?? now).toISOString();
  const ageYears = ageOn(person.birthDate, londonDate(receivedAt));
  const practiceOds = restricted ? undefined : odsCode(person.gpPractice?.ods);
  const receipt: Omit<ReferralReceipt, 'flags'> = {
    reference: recognised.reference,
    personId: recognised.personId,
    ...(referrer ? { referrerId: recognised.referrerId, referrer: plain(referrer) } : {}),
    source,
    ...(referral.suggestedBy === undefined ? {} : { suggestedBy: referral.suggestedBy }),
    channel,
    receivedAt,
    ...(ageYears === undefined ? {} : { ageYears }),
    birthDateGiven: birthDateGiven(person.birthDate),
    nhsNumberGiven: nhsNumberGiven(person.nhsNumber),
    matched: recognised.matched,
    ...(practiceOds === undefined ? {} : { practiceOds }),
    agreement: agreementOf(referral),
    need: { ...(need?.difficulties ? { difficulties: [...need.difficulties] } : {}), ...(need?.types ? { types: [...need.types] } : {}) },
    facts: storedFacts(referral.facts ?? {}),
    redFlags: [...new Set(referral.redFlags ?? [])],
    ...(referral.requestedPriority === undefined ? {} : { requestedPriority: referral.requestedPriority }),
    safeguardingConcern: referral.safeguarding?.concern === true || referral.redFlags?.includes('safeguarding-concern') === true,
    riskToStaff: isGiven(referral.riskToStaff),
    separateNeed: isGiven(referral.separateNeed),
    restricted,
    ...(referral.equality ? { equality: plain(referral.equality) } : {}),
    person: detailsOf(person),
    words: wordsIn(referral),
    ...(referral.original ? { original: referral.original } : {}),
  };
  return { ...receipt, flags: [...new Set([...flagsOf(receipt, person, recognised.possible), ...(referral.doorFlags ?? [])])] };
}

/** What a second receipt for the same person and need, or the same referral sent again, adds to the first. */
export function informationIn(receipt: ReferralReceipt, from: { readonly linkedFrom?: string }): Information {
  return {
    from: receipt.source,
    channel: receipt.channel,
    facts: receipt.facts,
    redFlags: receipt.safeguardingConcern ? [...new Set([...receipt.redFlags, 'safeguarding-concern'])] : receipt.redFlags,
    ...(receipt.requestedPriority === undefined ? {} : { requestedPriority: receipt.requestedPriority }),
    ...from,
    source: receipt.source,
    words: receipt.words,
    ...(receipt.original === undefined ? {} : { original: receipt.original }),
  };
}

/** Who the person is, without what a restriction forbids to keep anywhere. */
export function detailsOf(person: Person): PersonDetails {
  const { address, telecom, gpPractice, nhsNumber, ...rest } = plain(person);
  return {
    ...rest,
    ...(isGiven(nhsNumber) ? { nhsNumber: normaliseNhsNumber(nhsNumber) } : {}),
    ...(person.restricted === true ? {} : plain({ address, telecom, gpPractice })),
  };
}

/** `agreed` for the person's own referral, `not-stated` for the rest, when nothing was said. */
export function agreementOf({ agreement, source }: ReceiveReferral): ReferralReceipt['agreement'] {
  if (!agreement) return { basis: source === 'self' ? 'agreed' : 'not-stated' };
  const { basis, authority, on } = agreement;
  return { basis, ...(authority === undefined ? {} : { authority }), ...(on === undefined ? {} : { on }) };
}

export function isGiven(text: string | undefined): text is string {
  return text !== undefined && text.trim() !== '';
}

function flagsOf(receipt: Omit<ReferralReceipt, 'flags'>, person: Person, possible: boolean): string[] {
  const { basis } = receipt.agreement;
  const byFamily = receipt.source === 'family' || receipt.source === 'carer';
  const unsettled = basis === 'does-not-know' || basis === 'cannot-decide' || basis === 'not-sure' || basis === 'refused';
  const raised: Record<string, boolean> = {
    // A family's referral says whether the person agrees; one that came by a machine and does not say is not agreed either.
    'agreement-outstanding': unsettled || (byFamily && basis === 'not-stated'),
    refused: basis === 'refused',
    'trace-nhs-number': receipt.nhsNumberGiven !== 'valid',
    'birth-date-missing': receipt.birthDateGiven !== 'full',
    'possible-match': possible,
    restricted: receipt.restricted,
    safeguarding: receipt.safeguardingConcern,
    child: receipt.ageYears !== undefined && receipt.ageYears < 18,
    interpreter: person.interpreter === true,
    adjustments: (person.adjustments?.length ?? 0) > 0 || (person.formats?.length ?? 0) > 0,
    carer: receipt.source === 'carer' || isYes(receipt.facts, 'carer-strain'),
  };
  return Object.keys(raised).filter((flag) => raised[flag]);
}

function isYes(facts: Facts, id: string): boolean {
  return facts[id]?.value === true;
}

function wordsIn(referral: ReceiveReferral): ReferralWords {
  const { need, agreement, safeguarding } = referral;
  const factSources = factSourcesOf(referral.facts ?? {});
  return plain({
    inOwnWords: need?.inOwnWords,
    reason: need?.reason,
    priorityReason: referral.priorityReason,
    agreementNote: agreement?.note,
    riskToStaff: referral.riskToStaff,
    safeguardingNote: safeguarding?.note,
    separateNeed: referral.separateNeed,
    identifier: referral.identifier,
    factSources: Object.keys(factSources).length > 0 ? factSources : undefined,
    conditions: need?.conditions,
  });
}

function birthDateGiven(birthDate: Person['birthDate']): ReferralReceipt['birthDateGiven'] {
  if (birthDate === undefined) return 'missing';
  if (typeof birthDate === 'object') return 'about';
  return birthDate.length === 4 ? 'year' : 'full';
}

/** In the clear, so only what can be a code; anything else stays with the person's details alone. */
function odsCode(text: string | undefined): string | undefined {
  return text !== undefined && /^[A-Za-z0-9]{3,10}$/.test(text) ? text.toUpperCase() : undefined;
}

/** Without classes and without fields that are not given, as the log keeps it. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
