/** Made-up people and what they ask for. Names are invented, NHS numbers start 999, telephone numbers are those kept for drama. */
import { addDays, passesModulus11 } from '@waymark/kernel';
import type { Stratum } from '@waymark/rules';
import type { Chance } from './chance';
import { FAMILY_NAMES, GENERAL_PRACTITIONERS, GIVEN_NAMES, PROFESSIONALS, STREETS, type PracticeCode } from './names';

/** A referral's body, and which need it is about. */
export interface Asked {
  readonly stratum: Stratum;
  readonly child: boolean;
  readonly body: Readonly<Record<string, unknown>>;
}

/** As the practices' shares of the registered people. */
const PRACTICES: Readonly<Record<PracticeCode, number>> = { A99991: 28, A99992: 24, A99993: 19, A99994: 17, A99995: 12 };
const SOURCES = { gp: 50, self: 22, family: 7, carer: 2, mdt: 19 } as const;
const STRATA = { frailty: 38, 'mental-health': 29, work: 14, wider: 19 } as const;
type Source = keyof typeof SOURCES;

export function somebody(chance: Chance, today: string, childrenToo: boolean, practiceOf: (known: PracticeCode) => string): Asked {
  const stratum = chance.weighted(STRATA);
  const age = ageFor(stratum, chance, childrenToo);
  const birthDate = addDays(today, -Math.round(age * 365.25) - chance.between(1, 360));
  const child = age < 18;
  const source: Source = child ? chance.oneOf(['gp', 'family']) : chance.weighted(SOURCES);
  const gender = chance.oneOf(['female', 'male'] as const);
  const family = chance.oneOf(FAMILY_NAMES);
  const known = chance.weighted(PRACTICES);
  const practice = practiceOf(known);
  const isAsked = source === 'self' || source === 'family' || source === 'carer' || chance.happens(0.5);
  const { need, facts } = needOf(stratum, age, chance);
  return {
    stratum,
    child,
    body: {
      source,
      person: {
        name: { family, given: [chance.oneOf(GIVEN_NAMES[gender])] },
        birthDate,
        ...(chance.happens(0.85) ? { nhsNumber: nhsNumber(chance) } : {}),
        gender,
        address: {
          line: [`${chance.between(1, 120)} ${chance.oneOf(STREETS)}`],
          postalCode: `ZZ99 ${chance.between(1, 9)}${chance.oneOf(['AA', 'BB', 'WZ', 'XY'])}`,
        },
        telecom: [{ system: 'phone', value: `01632 960${chance.between(100, 999)}` }],
        gpPractice: { ods: practice },
        ...(chance.happens(0.06) ? { interpreter: true, language: chance.oneOf(['pl', 'ur', 'pt', 'cy']) } : {}),
      },
      ...sentBy(source, family, { known, ods: practice }, child, chance),
      need,
      facts: { ...(isAsked ? { 'immediate-danger': false, 'suicidal-thoughts': false } : {}), ...facts },
      ...requested(source, chance),
      ...(chance.happens(0.6) ? { equality: equality(chance) } : {}),
    },
  };
}

/** The same person, sent by somebody else while the first referral is open. */
export function again({ stratum, child, body }: Asked): Asked {
  const need = { reason: 'Seen again today; the same difficulty, and a little worse than when it was first sent.' };
  return { stratum, child, body: { source: 'mdt', person: body['person'], referrer: { name: 'Priya Nair', role: 'nurse' }, need } };
}

/** Came at the end of yesterday: the conversation that ends the hold is still to be had. */
export const somebodyInDistress: Asked = {
  stratum: 'mental-health',
  child: false,
  body: {
    source: 'gp',
    person: {
      name: { family: 'Marchbanks', given: ['Tamsin'] },
      birthDate: '1987-03-14',
      gender: 'female',
      telecom: [{ system: 'phone', value: '01632 960199' }],
      gpPractice: { ods: 'A99991' },
    },
    referrer: { name: GENERAL_PRACTITIONERS.A99991[0], role: 'general-practitioner', organization: { ods: 'A99991' } },
    need: {
      reason: 'Low for months, off work, hardly leaves the flat. Says that she has thoughts of ending her life; no plan.',
      difficulties: ['mood-anxiety'],
      types: ['mental-health-cognitive'],
    },
    facts: { 'mental-health-need': true, 'suicidal-thoughts': true, 'immediate-danger': false, 'daily-life-affected': 'a-lot' },
  },
};

/** Sent by a son who has not asked: no appointment before somebody has spoken with the person. */
export const somebodyNotAsked: Asked = {
  stratum: 'frailty',
  child: false,
  body: {
    source: 'family',
    person: {
      name: { family: 'Gable', given: ['Stanley'] },
      birthDate: '1939-11-02',
      gender: 'male',
      telecom: [{ system: 'phone', value: '01632 960177' }],
      gpPractice: { ods: 'A99993' },
    },
    referrer: { name: 'Owen Gable', relationship: 'son' },
    agreement: { basis: 'does-not-know' },
    need: { inOwnWords: 'Dad cannot manage the stairs any more and will not hear of help', difficulties: ['moving-falls'] },
    facts: { 'immediate-danger': false, 'suicidal-thoughts': false, 'lives-alone': true },
  },
};

function ageFor(stratum: Stratum, chance: Chance, childrenToo: boolean): number {
  switch (stratum) {
    case 'frailty':
      return chance.between(72, 95);
    case 'mental-health':
      return chance.between(19, 66);
    case 'work':
      return chance.between(21, 63);
    case 'wider':
      return childrenToo && chance.happens(0.1) ? chance.between(5, 14) : chance.between(20, 80);
  }
}

function sentBy(source: Source, family: string, practice: { known: PracticeCode; ods: string }, child: boolean, chance: Chance): object {
  switch (source) {
    case 'self':
      return {};
    case 'gp':
      return {
        referrer: {
          name: chance.oneOf(GENERAL_PRACTITIONERS[practice.known]),
          role: 'general-practitioner',
          organization: { ods: practice.ods },
        },
      };
    case 'mdt':
      return { referrer: chance.oneOf(PROFESSIONALS) };
    case 'family':
    case 'carer': {
      const gender = chance.oneOf(['female', 'male'] as const);
      const relationship = child ? { female: 'mother', male: 'father' } : { female: 'daughter', male: 'son' };
      return {
        referrer: { name: `${chance.oneOf(GIVEN_NAMES[gender])} ${family}`, relationship: relationship[gender] },
        agreement: { basis: 'agreed' },
      };
    }
  }
}

function requested(source: Source, chance: Chance): object {
  const isProfessional = source === 'gp' || source === 'mdt';
  const asked = chance.weighted({ nothing: 84, soon: 8, urgent: isProfessional ? 4 : 2, crisis: isProfessional ? 8 : 0 });
  if (asked === 'nothing') return {};
  const priorityReason = chance.oneOf(['Getting worse week by week', 'The carer is away from next month', 'Home from hospital on Friday']);
  return { requestedPriority: asked, priorityReason };
}

function needOf(stratum: Stratum, age: number, chance: Chance): { need: object; facts: object } {
  switch (stratum) {
    case 'frailty':
      return {
        need: {
          inOwnWords: chance.oneOf(['I want to have a bath without fear', 'To get to the shop again', 'To manage the stairs at night']),
          difficulties: [chance.oneOf(['moving-falls', 'washing-dressing'])],
          types: ['frailty-dementia'],
        },
        facts: {
          cfs: chance.between(4, 6),
          'fall-in-3-months': chance.happens(0.25),
          'lives-alone': chance.happens(0.35),
          'functional-decline-3m': chance.happens(0.3),
        },
      };
    case 'mental-health':
      return {
        need: {
          inOwnWords: chance.oneOf(['To leave the house by myself', 'To get through a day with a plan', 'To see people again']),
          difficulties: ['mood-anxiety'],
          types: ['mental-health-cognitive'],
        },
        facts: { 'mental-health-need': true, 'daily-life-affected': chance.oneOf(['some', 'a-lot']), wsas: chance.between(10, 32) },
      };
    case 'work':
      return {
        need: {
          inOwnWords: chance.oneOf(['To go back to work and stay there', 'To do my job without pain']),
          difficulties: ['work'],
          types: ['work'],
        },
        facts: { 'off-sick': chance.happens(0.6), 'struggling-at-work': chance.happens(0.6), 'job-at-risk': chance.happens(0.2) },
      };
    case 'wider':
      return age < 18
        ? {
            need: {
              inOwnWords: 'To hold a pencil and get dressed for school',
              difficulties: ['washing-dressing'],
              types: ['child-developmental-delay'],
            },
            facts: {},
          }
        : {
            need: {
              inOwnWords: chance.oneOf(['To have energy left for the evening', 'To sit through a film', 'To keep the flat in order']),
              difficulties: ['energy-pain'],
              types: [chance.oneOf(['fatigue', 'chronic-pain', 'neurodiversity'])],
            },
            facts: {},
          };
  }
}

function equality(chance: Chance): object {
  return {
    ethnicity: chance.oneOf(['A', 'A', 'A', 'H', 'N', 'C', 'Z']),
    deprivation: { decile: chance.between(1, 10), table: 'demo-2025' },
  };
}

function nhsNumber(chance: Chance): string {
  for (;;) {
    const nine = `999${String(chance.between(0, 999_999)).padStart(6, '0')}`;
    const whole = [...'0123456789'].map((digit) => nine + digit).find(passesModulus11);
    if (whole !== undefined) return whole;
  }
}
