import 'reflect-metadata';
import { join } from 'node:path';
import { memoryEventStore } from '@waymark/event-store';
import type { Issue } from '@waymark/kernel';
import { Configuration, type ActiveConfiguration } from '@waymark/rules';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import fc from 'fast-check';
import { checkReferral } from './check-referral';
import { ReceiveReferral } from './referral.commands';

const NOW = '2026-11-20T09:12:00.000Z';
let active: ActiveConfiguration;
beforeAll(async () => {
  const configuration = await Configuration.open({
    folder: join(__dirname, '../../../config'),
    store: memoryEventStore(),
    clock: () => new Date(NOW),
  });
  active = await configuration.current('northbank');
});

const gp = {
  source: 'gp',
  person: { name: { family: 'Okonkwo' }, birthDate: '1941-02-03' },
  referrer: { name: 'Dr Fictional' },
  need: { reason: 'Cannot bath safely' },
};
const daughter = { ...gp, source: 'family', referrer: { name: 'Chi', relationship: 'daughter' }, agreement: { basis: 'does-not-know' } };
const self = { source: 'self', person: gp.person, need: { inOwnWords: 'I want to bath safely' } };
const row = { source: 'case-finding', person: gp.person, need: gp.need, agreement: { basis: 'agreed' } };

function mistakes(body: object, channel: Issue['channel'] = 'api'): string[] {
  const referral = plainToInstance(ReceiveReferral, body);
  expect(invalid(referral)).toEqual([]);
  return checkReferral(referral, { now: NOW, channel, catalogue: active.facts, codes: active.codes }).map(
    ({ code, path }) => `${code} ${path}`,
  );
}

function invalid(referral: object): string[] {
  const paths = (errors: ValidationError[], parent: string): string[] =>
    errors.flatMap((error) =>
      error.children?.length ? paths(error.children, `${parent}/${error.property}`) : [`${parent}/${error.property}`],
    );
  return paths(validateSync(referral, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true }), '');
}
const fieldsOf = (body: object) => invalid(plainToInstance(ReceiveReferral, body));

describe('a referral that says what it has to', () => {
  it.each([
    ['a GP practice', gp],
    ['a daughter', daughter],
    ['the person', self],
    ['a row of a list', row],
    ['an age alone', { ...daughter, person: { ...gp.person, birthDate: { about: 80 } } }],
    ['a year alone', { ...self, person: { ...gp.person, birthDate: '1941' } }],
    ['a birth date that a third party does not know', { ...daughter, person: { name: { given: ['Ada'] } } }],
    ['a difficulty alone', { ...self, need: { difficulties: ['moving-falls'] } }],
    ['a type alone', { ...self, need: { types: ['frailty-dementia'] } }],
    [
      'facts of every shape',
      { ...gp, facts: { cfs: { value: 6, on: '2026-11-20', by: 'clinician', source: 'x' }, 'lives-alone': 'unknown' } },
    ],
    ['red flags', { ...gp, redFlags: ['unable-to-cope-tonight', 'chest-pain-now'] }],
    ['routine without a reason', { ...gp, requestedPriority: 'routine' }],
  ])('is taken: %s', (_, body) => {
    expect(mistakes(body)).toEqual([]);
  });
});

describe('a referral that does not', () => {
  it.each([
    ['name-needed /person/name', { ...gp, person: { ...gp.person, name: { family: ' ', given: [''] } } }],
    ['name-needed /person/name', { ...gp, person: { birthDate: '1941-02-03', nhsNumber: '9990000018' } }],
    ['birth-date-needed /person/birthDate', { ...self, person: { name: gp.person.name } }],
    ['in-the-future /person/birthDate', { ...gp, person: { ...gp.person, birthDate: '2026-11-21' } }],
    ['in-the-future /person/birthDate', { ...gp, person: { ...gp.person, birthDate: '2027' } }],
    ['invalid /person/birthDate', { ...gp, person: { ...gp.person, birthDate: '1899-12-31' } }],
    ['invalid /person/birthDate/about', { ...gp, person: { ...gp.person, birthDate: { about: 200 } } }],
    ['referrer-name-needed /referrer/name', { ...gp, referrer: {} }],
    ['relationship-needed /referrer/relationship', { ...daughter, referrer: { name: 'Chi' } }],
    ['agreement-needed /agreement', { ...daughter, agreement: undefined }],
    ['agreement-needed /agreement/basis', { ...row, agreement: undefined }],
    ['agreement-needed /agreement/basis', { ...row, agreement: { basis: 'not-sure' } }],
    ['clinician-needed /agreement/basis', { ...daughter, agreement: { basis: 'best-interests' } }],
    ['in-the-future /agreement/on', { ...daughter, agreement: { basis: 'agreed', on: '2026-11-21' } }],
    ['need-needed /need', { ...gp, need: undefined }],
    ['need-needed /need', { ...gp, need: { reason: '  ', types: [] } }],
    ['unknown-code /need/types/1', { ...gp, need: { types: ['work', 'shoes'] } }],
    ['unknown-code /need/difficulties/0', { ...gp, need: { difficulties: ['shoes'] } }],
    ['priority-reason-needed /priorityReason', { ...gp, requestedPriority: 'urgent' }],
    ['in-the-future /receivedAt', { ...gp, receivedAt: '2026-11-20T09:12:01Z' }],
    ['unknown-fact /facts/shoe-size', { ...gp, facts: { 'shoe-size': 3 } }],
    ['unknown-fact /facts/a~1b', { ...gp, facts: { 'a/b': 3 } }],
    ['unknown-fact /facts/age-years', { ...gp, facts: { 'age-years': 84 } }],
    ['invalid /facts/cfs', { ...gp, facts: { cfs: 12 } }],
    ['in-the-future /facts/cfs/on', { ...gp, facts: { cfs: { value: 6, on: '2026-11-21' } } }],
    ['unknown-fact /redFlags/0', { ...gp, redFlags: ['lives-alone'] }],
    ['unknown-code /suggestedBy', { ...gp, suggestedBy: 'my-neighbour' }],
  ])('is told so: %s', (mistake, body) => {
    expect(mistakes(body)).toEqual([mistake]);
  });

  it('is told of every mistake at once', () => {
    expect(mistakes({ source: 'family', person: {} })).toEqual([
      'name-needed /person/name',
      'referrer-name-needed /referrer/name',
      'relationship-needed /referrer/relationship',
      'agreement-needed /agreement',
      'need-needed /need',
    ]);
  });
});

describe('a message of another system', () => {
  it('says what it knows: no birth date, no reason, no code, no referrer', () => {
    expect(mistakes({ source: 'gp', person: { name: { family: 'Okonkwo' } }, requestedPriority: 'urgent' }, 'fhir')).toEqual([]);
    expect(mistakes({ source: 'family', person: { nhsNumber: '9990000018' } }, 'fhir')).toEqual([]);
  });

  it('still has to say whom it is about', () => {
    expect(mistakes({ source: 'gp', person: {} }, 'fhir')).toEqual(['name-needed /person/name']);
  });
});

describe('the shape of a referral', () => {
  it.each([
    ['/identifer', { ...gp, identifer: [] }],
    ['/original', { ...gp, original: {} }],
    ['/person/title', { ...gp, person: { ...gp.person, title: 'Mrs' } }],
    ['/person', { ...gp, person: [gp.person] }],
    ['/person', { ...gp, person: 'Ada' }],
    ['/source', { ...gp, source: 'neighbour' }],
    ['/need', { ...gp, need: null }],
    ['/referrer', { ...gp, referrer: null }],
    ['/receivedAt', { ...gp, receivedAt: '2026-11-20' }],
    ['/receivedAt', { ...gp, receivedAt: '2026-02-30T10:00:00Z' }],
    ['/person/birthDate', { ...gp, person: { ...gp.person, birthDate: '1941-02-30' } }],
    ['/person/birthDate', { ...gp, person: { ...gp.person, birthDate: { about: 80, roughly: true } } }],
    ['/person/name/family', { ...gp, person: { ...gp.person, name: { family: 'x'.repeat(201) } } }],
    ['/need/reason', { ...gp, need: { reason: 'x'.repeat(10_001) } }],
    ['/redFlags', { ...gp, redFlags: Array.from({ length: 101 }, () => 'immediate-danger') }],
    ['/person/telecom/0/system', { ...gp, person: { ...gp.person, telecom: [{ system: 'pager', value: '1' }] } }],
    ['/facts', { ...gp, facts: [] }],
    ['/equality/ethnicity', { ...gp, equality: { ethnicity: 'White' } }],
    ['/equality/deprivation/decile', { ...gp, equality: { deprivation: { decile: 11, table: 'imd-2019' } } }],
  ])('is refused at %s', (path, body) => {
    expect(fieldsOf(body)[0]).toMatch(new RegExp(`^${path}`));
  });

  it('is never more than the check can stand', () => {
    const junk = fc.record({ source: fc.constantFrom('gp', 'self'), person: fc.object(), facts: fc.object(), need: fc.object() });
    fc.assert(
      fc.property(junk, (body) => {
        const referral = plainToInstance(ReceiveReferral, body);
        if (invalid(referral).length > 0) return;
        for (const { code, path } of checkReferral(referral, { now: NOW, channel: 'api', catalogue: active.facts, codes: active.codes })) {
          expect(code).toMatch(/^[a-z-]+$/);
          expect(path).toMatch(/^\//);
        }
      }),
    );
  });
});
