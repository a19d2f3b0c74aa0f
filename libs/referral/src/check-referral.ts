/** What a class cannot say of a referral that is sent: what one field asks of another, and what the service's catalogues know. */
import { isRejection, londonDate, type Issue, type Mistake } from '@waymark/kernel';
import type { CodeLists, FactCatalogue } from '@waymark/rules';
import { isGiven } from './receipt';
import type { GivenFact, ReceiveReferral } from './referral.commands';

export interface Checked {
  readonly now: string;
  readonly channel: Issue['channel'];
  readonly catalogue: Pick<FactCatalogue, 'read'>;
  readonly codes: Pick<CodeLists, 'has'>;
}

/** Every mistake at once, by its JSON pointer. Says what to do, never what was typed. */
export function checkReferral(referral: ReceiveReferral, checked: Checked): Mistake[] {
  return [
    ...checkPerson(referral, checked),
    ...checkSender(referral, checked),
    ...checkAgreement(referral, checked),
    ...checkNeed(referral, checked),
    ...checkFacts(referral.facts ?? {}, checked),
    ...unknownCodes('red-flags', referral.redFlags, '/redFlags', checked, 'unknown-fact'),
  ];
}

/** Facts and red flags of any command. */
export function checkFacts(facts: Readonly<Record<string, GivenFact>>, { catalogue, now }: Pick<Checked, 'catalogue' | 'now'>): Mistake[] {
  const given = Object.entries(facts);
  if (given.length > 100) return [mistake('invalid', '/facts', 'Send at most 100 facts')];
  return given.flatMap(([id, fact]) => {
    const path = `/facts/${id.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const read = catalogue.read(id, fact, path);
    if (isRejection(read)) return [mistake(read.code, read.path ?? path, read.detail)];
    if ((read.source?.length ?? 0) > 10_000) return [mistake('invalid', `${path}/source`, 'A source is at most 10,000 characters')];
    const { on } = read.fact;
    return on !== undefined && on > londonDate(now)
      ? [mistake('in-the-future', `${path}/on`, 'A fact is known from today or an earlier day')]
      : [];
  });
}

export function unknownCodes(
  list: string,
  given: readonly string[] | undefined,
  path: string,
  { codes }: Pick<Checked, 'codes'>,
  code = 'unknown-code',
): Mistake[] {
  return (given ?? []).flatMap((each, index) =>
    codes.has(list, each) ? [] : [mistake(code, `${path}/${index}`, `There is no such code in the list ${list}; /api/v1/codes has it`)],
  );
}

function checkPerson({ person, source, original }: ReceiveReferral, { now, channel }: Checked): Mistake[] {
  const { name, nhsNumber, birthDate } = person;
  // A message may name its subject by an identifier alone, which stays in the message as it came.
  const identified = channel === 'fhir' && (isGiven(nhsNumber) || original !== undefined);
  const named = isGiven(name?.family) || name?.given?.some(isGiven) || identified;
  return [
    ...when(!named, 'name-needed', '/person/name', 'Give a family name or a given name'),
    // Somebody else may not know it; the service finds it out.
    ...when(
      birthDate === undefined && source === 'self' && channel !== 'fhir',
      'birth-date-needed',
      '/person/birthDate',
      'Give your date of birth, or the year, or {"about": your age}',
    ),
    ...checkBirthDate(birthDate, londonDate(now)),
  ];
}

function checkBirthDate(birthDate: ReceiveReferral['person']['birthDate'], today: string): Mistake[] {
  const path = '/person/birthDate';
  if (birthDate === undefined) return [];
  if (typeof birthDate === 'object') {
    return when(birthDate.about < 0 || birthDate.about > 130, 'invalid', `${path}/about`, 'An age is from 0 to 130 years');
  }
  return [
    ...when(birthDate > today, 'in-the-future', path, 'A date of birth is not in the future'),
    ...when(birthDate < '1900', 'invalid', path, 'A date of birth is from 1900 on'),
  ];
}

function checkSender(referral: ReceiveReferral, { now, channel, codes }: Checked): Mistake[] {
  const { source, referrer, receivedAt, suggestedBy, requestedPriority, priorityReason } = referral;
  // A message of another system names whom it knows; a person asks for the rest.
  const typed = channel !== 'fhir';
  const byFamily = source === 'family' || source === 'carer';
  const known = source === 'self' || source === 'case-finding';
  const above = requestedPriority !== undefined && requestedPriority !== 'routine';
  return [
    ...when(typed && !known && !isGiven(referrer?.name), 'referrer-name-needed', '/referrer/name', 'Say who refers'),
    ...when(
      typed && byFamily && !isGiven(referrer?.relationship),
      'relationship-needed',
      '/referrer/relationship',
      'Say how the referrer is related to the person',
    ),
    ...when(typed && above && !isGiven(priorityReason), 'priority-reason-needed', '/priorityReason', 'Say why it cannot wait'),
    ...when(
      receivedAt !== undefined && Date.parse(receivedAt) > Date.parse(now),
      'in-the-future',
      '/receivedAt',
      'A referral is received now or earlier',
    ),
    ...when(
      suggestedBy !== undefined && !codes.has('sources', suggestedBy),
      'unknown-code',
      '/suggestedBy',
      'Use a code of the list sources',
    ),
  ];
}

function checkAgreement({ agreement, source }: ReceiveReferral, { now, channel }: Checked): Mistake[] {
  const byFamily = source === 'family' || source === 'carer';
  const basis = agreement?.basis;
  const settled = basis === 'agreed' || basis === 'best-interests';
  return [
    ...when(
      byFamily && channel !== 'fhir' && !agreement,
      'agreement-needed',
      '/agreement',
      'Say whether the person agrees to this referral',
    ),
    ...when(
      source === 'case-finding' && !settled,
      'agreement-needed',
      '/agreement/basis',
      'A row of a list is a referral only once the person has agreed',
    ),
    ...when(
      basis === 'best-interests' && (byFamily || source === 'self'),
      'clinician-needed',
      '/agreement/basis',
      'Only a clinician decides in somebody’s best interests; say cannot-decide',
    ),
    ...when(
      agreement?.on !== undefined && agreement.on > londonDate(now),
      'in-the-future',
      '/agreement/on',
      'Agreement was given today or earlier',
    ),
  ];
}

function checkNeed({ need }: ReceiveReferral, checked: Checked): Mistake[] {
  const said =
    isGiven(need?.inOwnWords) || isGiven(need?.reason) || (need?.types?.length ?? 0) > 0 || (need?.difficulties?.length ?? 0) > 0;
  return [
    ...when(
      !said && checked.channel !== 'fhir',
      'need-needed',
      '/need',
      'Say what the person needs: in their own words, a reason, a type or a difficulty',
    ),
    ...unknownCodes('need-types', need?.types, '/need/types', checked),
    ...unknownCodes('difficulties', need?.difficulties, '/need/difficulties', checked),
  ];
}

function when(wrong: boolean, code: string, path: string, message: string): Mistake[] {
  return wrong ? [mistake(code, path, message)] : [];
}

function mistake(code: string, path: string, message: string): Mistake {
  return { code, path, message };
}
