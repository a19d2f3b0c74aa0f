/** Made-up people and what they ask for. Names are invented, NHS numbers start 999, telephone numbers are those kept for drama. */
import { addDays, passesModulus11 } from '@waymark/kernel';
import type { Stratum } from '@waymark/rules';
import type { Chance } from './chance';

const GIVEN = [
  'Ada',
  'Amir',
  'Beatrix',
  'Bryn',
  'Chidi',
  'Delyth',
  'Esme',
  'Farah',
  'Gwen',
  'Hamza',
  'Ines',
  'Jasper',
  'Kofi',
  'Lowri',
  'Mabel',
  'Nadia',
  'Owen',
  'Parveen',
  'Quentin',
  'Rosa',
  'Stanley',
  'Tamsin',
  'Umar',
  'Vera',
  'Winifred',
  'Yusuf',
  'Zofia',
];
const FAMILY = [
  'Abernathy',
  'Achebe-Lane',
  'Bannerjee',
  'Calloway',
  'Dragomir',
  'Ellerby',
  'Featherstonehaugh',
  'Gable',
  'Hartnoll',
  'Iqbal-Shaw',
  'Jessop',
  'Kowalczyk',
  'Llewellyn-Price',
  'Marchbanks',
  'Nwosu',
  'Oakeshott',
  'Pemberton',
  'Quayle',
  'Rutherglen',
  'Sandhu',
  'Thistlewood',
  'Underhill',
  'Vasquez',
  'Wetherby',
  'Yarrow',
];
const STREETS = ['High Street', 'Quay Lane', 'Elm Road', 'Marsh Walk', 'St Brannock Hill', 'Harbour View', 'Old Mill Close'];
const PRACTICES = { A99991: 28, A99992: 24, A99993: 19, A99994: 17, A99995: 12 } as const;
const SOURCES = { gp: 50, self: 22, family: 7, carer: 2, mdt: 19 } as const;
const STRATA = { frailty: 38, 'mental-health': 29, work: 14, wider: 19 } as const;

/** A referral's body, and which need it is about. */
export interface Asked {
  readonly stratum: Stratum;
  readonly body: Readonly<Record<string, unknown>>;
}

export function somebody(chance: Chance, today: string): Asked {
  const stratum = chance.weighted(STRATA);
  const source = chance.weighted(SOURCES);
  const age = ageFor(stratum, chance);
  const given = chance.oneOf(GIVEN);
  const third = source === 'family' || source === 'carer';
  const { need, facts } = needOf(stratum, age, chance);
  const safe = source === 'self' || third || chance.happens(0.5);
  return {
    stratum,
    body: {
      source,
      person: {
        name: { family: chance.oneOf(FAMILY), given: [given] },
        birthDate: addDays(today, -Math.round(age * 365.25) - chance.between(1, 360)),
        ...(chance.happens(0.85) ? { nhsNumber: nhsNumber(chance) } : {}),
        gender: chance.oneOf(['female', 'male']),
        address: {
          line: [`${chance.between(1, 120)} ${chance.oneOf(STREETS)}`],
          postalCode: `ZZ99 ${chance.between(1, 9)}${chance.oneOf(['AA', 'BB', 'WZ', 'XY'])}`,
        },
        telecom: [{ system: 'phone', value: `01632 960${String(chance.between(100, 999))}` }],
        gpPractice: { ods: chance.weighted(PRACTICES) },
        ...(chance.happens(0.06) ? { interpreter: true, language: chance.oneOf(['pl', 'ur', 'pt', 'cy']) } : {}),
      },
      ...(source === 'self'
        ? {}
        : {
            referrer: {
              name: `${chance.oneOf(GIVEN)} ${chance.oneOf(FAMILY)}`,
              ...(third ? { relationship: chance.oneOf(['daughter', 'son', 'partner', 'sister']) } : {}),
            },
          }),
      ...(third ? { agreement: { basis: chance.happens(0.96) ? 'agreed' : 'does-not-know' } } : {}),
      need,
      facts: { ...(safe ? { 'immediate-danger': false, 'suicidal-thoughts': chance.happens(0.01) } : {}), ...facts },
      ...(chance.happens(0.1) ? { requestedPriority: chance.oneOf(['soon', 'urgent']), priorityReason: 'Getting worse week by week' } : {}),
      ...(chance.happens(0.6)
        ? {
            equality: {
              ethnicity: chance.oneOf(['A', 'A', 'A', 'H', 'N', 'C', 'Z']),
              deprivation: { decile: chance.between(1, 10), table: 'demo-2025' },
            },
          }
        : {}),
    },
  };
}

function ageFor(stratum: Stratum, chance: Chance): number {
  switch (stratum) {
    case 'frailty':
      return chance.between(72, 96);
    case 'mental-health':
      return chance.between(19, 64);
    case 'work':
      return chance.between(22, 64);
    case 'wider':
      return chance.happens(0.1) ? chance.between(5, 15) : chance.between(20, 80);
  }
}

function needOf(stratum: Stratum, age: number, chance: Chance): { need: Record<string, unknown>; facts: Record<string, unknown> } {
  switch (stratum) {
    case 'frailty':
      return {
        need: {
          inOwnWords: chance.oneOf(['I want to have a bath without fear', 'To get to the shop again', 'To manage the stairs at night']),
          difficulties: ['moving-falls'],
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
        facts: {
          'mental-health-need': true,
          'daily-life-affected': chance.oneOf(['some', 'a_lot'].map((value) => value.replace('_', '-'))),
          wsas: chance.between(10, 32),
        },
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
      return {
        need: {
          inOwnWords:
            age < 18
              ? 'To hold a pencil and get dressed for school'
              : chance.oneOf(['To have energy left for my children', 'To sit through a film']),
          difficulties: ['energy-pain'],
          types: [age < 18 ? 'child-developmental-delay' : chance.oneOf(['fatigue', 'chronic-pain', 'neurodiversity'])],
        },
        facts: {},
      };
  }
}

function nhsNumber(chance: Chance): string {
  for (;;) {
    const nine = `999${String(chance.between(0, 999_999)).padStart(6, '0')}`;
    const whole = [...'0123456789'].map((digit) => nine + digit).find(passesModulus11);
    if (whole !== undefined) return whole;
  }
}
