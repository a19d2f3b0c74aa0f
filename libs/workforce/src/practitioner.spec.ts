/** Who is registered, and for whom: what allows a clinical decision, and what never bars one. */
import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { given } from '@waymark/kernel/testing';
import { isOccupationalTherapist, mayDecide, practitioner, practitionerOf, type PractitionerEvent } from './practitioner';
import { RegisterPractitioner } from './practitioner.commands';

const ID = '7f1e2c3a-0000-5000-8000-000000000001';

const asha: RegisterPractitioner = {
  name: 'Asha Rahman',
  profession: 'occupational-therapist',
  registration: { body: 'HCPC', number: 'ot99001', expires: '2027-10-31' },
  level: 'fcp',
  scope: { strata: ['frailty', 'wider', 'frailty'], ages: { from: 18, to: 130 } },
};

const registered: PractitionerEvent = {
  type: 'PractitionerRegistered',
  data: {
    practitionerId: ID,
    name: 'Asha Rahman',
    profession: 'occupational-therapist',
    registration: { body: 'HCPC', number: 'OT99001', expires: '2027-10-31' },
    level: 'fcp',
    scope: { strata: ['frailty', 'wider'], ages: { from: 18, to: 130 } },
  },
};

describe('registering a practitioner', () => {
  it('stores number, level and scope in one form however they were typed', () => {
    given(practitioner, []).when(asha, { practitionerId: ID }).then([registered]);
  });

  it('happens once', () => {
    given(practitioner, [registered]).when(asha, { practitionerId: ID }).thenNothing();
  });

  it('refuses ages that are the wrong way round', () => {
    const scope = { strata: asha.scope.strata, ages: { from: 65, to: 18 } };
    given(practitioner, [])
      .when({ ...asha, scope }, { practitionerId: ID })
      .thenRejected('invalid', '/scope/ages');
  });

  it('keeps the name out of what deciders and lists know', () => {
    expect(JSON.stringify(practitionerOf([registered]))).not.toContain('Asha');
  });
});

describe('whether a practitioner may decide', () => {
  const known = practitionerOf([registered]);

  it.each([
    ['on the last day of the registration', { stratum: 'frailty', ageYears: 80 }, '2027-10-31'],
    ['for the youngest and the oldest in scope', { stratum: 'wider', ageYears: 18 }, '2026-11-24'],
    ['when the age is not known', { stratum: 'frailty' }, '2026-11-24'],
    ['before a group is known', { ageYears: 40 }, '2026-11-24'],
  ] as const)('yes %s', (_, about, on) => {
    expect(mayDecide(known, about, on)).toBeUndefined();
  });

  it.each([
    ['nobody of this id is registered', undefined, { stratum: 'frailty' }, '2026-11-24', 'not-registered'],
    ['the registration ended the day before', known, { stratum: 'frailty' }, '2027-11-01', 'not-registered'],
    ['the group is outside the scope', known, { stratum: 'work', ageYears: 40 }, '2026-11-24', 'out-of-scope'],
    ['the person is a child', known, { stratum: 'wider', ageYears: 17 }, '2026-11-24', 'out-of-scope'],
  ] as const)('no when %s', (_, who, about, on, code) => {
    expect(mayDecide(who, about, on)).toMatchObject({ rejected: true, code });
  });

  it('has no bounds of age where none were recorded', () => {
    const anyAge = practitionerOf([{ ...registered, data: { ...registered.data, scope: { strata: ['wider'] } } }]);
    expect(mayDecide(anyAge, { stratum: 'wider', ageYears: 3 }, '2026-11-24')).toBeUndefined();
  });
});

describe('whose contacts count towards the consultations', () => {
  it.each([
    ['occupational-therapist', true],
    ['Occupational therapist', true],
    ['OT', true],
    ['specialist-nurse', false],
    ['other', false],
  ])('%s: %s', (profession, counts) => {
    expect(isOccupationalTherapist({ ...registered.data, profession })).toBe(counts);
  });
});

describe('the body of a registration', () => {
  const mistakes = (body: object) =>
    validateSync(plainToInstance(RegisterPractitioner, body), { whitelist: true, forbidNonWhitelisted: true }).map(
      ({ property }) => property,
    );

  it('is taken as the contract has it', () => {
    expect(mistakes(asha)).toEqual([]);
  });

  it.each([
    ['an impossible expiry date', { ...asha, registration: { body: 'HCPC', number: 'OT1234', expires: '2027-02-30' } }, 'registration'],
    [
      'a number that is no register number',
      { ...asha, registration: { body: 'HCPC', number: '12 34', expires: '2027-02-20' } },
      'registration',
    ],
    ['another body', { ...asha, registration: { body: 'NMC', number: 'OT1234', expires: '2027-02-20' } }, 'registration'],
    ['an unknown level', { ...asha, level: 'boss' }, 'level'],
    ['a scope of nobody', { ...asha, scope: { strata: [] } }, 'scope'],
    ['an unknown group', { ...asha, scope: { strata: ['everyone'] } }, 'scope'],
    ['a field that does not exist', { ...asha, salary: 1 }, 'salary'],
    ['no name', { ...asha, name: undefined }, 'name'],
    ['a blank name', { ...asha, name: '  ' }, 'name'],
    ['a list where a registration belongs', { ...asha, registration: [asha.registration] }, 'registration'],
    ['an empty list for a registration', { ...asha, registration: [] }, 'registration'],
    ['a list where a scope belongs', { ...asha, scope: [asha.scope] }, 'scope'],
    ['a list where ages belong', { ...asha, scope: { strata: ['work'], ages: [] } }, 'scope'],
  ])('is refused with %s', (_, body, property) => {
    expect(mistakes(body)).toEqual([property]);
  });
});
