import { join } from 'node:path';
import { isRejection } from '@waymark/kernel';
import fc from 'fast-check';
import { mergeFacts, problemOf, FactCatalogue } from './facts';
import { readConfiguration } from './files';

const facts = new FactCatalogue(readConfiguration(join(__dirname, '../../../config')).ruleSet.facts);

describe('a fact that somebody gives', () => {
  it('may be bare, or say when, by whom and from where it is known', () => {
    expect(facts.read('cfs', 6)).toEqual({ fact: { value: 6 } });
    expect(facts.read('phq9', { value: 12, on: '2026-11-18', by: 'person', source: 'letter of the practice' })).toEqual({
      fact: { value: 12, on: '2026-11-18', by: 'person' },
      source: 'letter of the practice',
    });
  });

  it('may always be unknown', () => {
    for (const { id, takenFrom } of facts.definitions)
      if (!takenFrom) expect(facts.read(id, 'unknown')).toEqual({ fact: { value: 'unknown' } });
  });

  it.each([
    ['no-such-fact', true, 'unknown-fact', '/facts/no-such-fact', 'no-such-fact'],
    ['age-years', 80, 'unknown-fact', '/facts/age-years', '/person/birthDate'],
    ['source', 'gp', 'unknown-fact', '/facts/source', '/source'],
    ['cfs', 10, 'invalid', '/facts/cfs', 'a whole number from 1 to 9'],
    ['cfs', 5.5, 'invalid', '/facts/cfs', 'a whole number from 1 to 9'],
    ['cfs', '5', 'invalid', '/facts/cfs', 'a whole number'],
    ['efi', 1.2, 'invalid', '/facts/efi', 'a number from 0 to 1'],
    ['lives-alone', 'yes', 'invalid', '/facts/lives-alone', 'true or false'],
    ['lives-alone', null, 'invalid', '/facts/lives-alone', 'true or false'],
    ['daily-life-affected', 'a_lot', 'invalid', '/facts/daily-life-affected', 'none, some, a-lot'],
    ['acute-signs', ['overdose', 'headache'], 'invalid', '/facts/acute-signs', 'a list of any of'],
    ['acute-signs', 'overdose', 'invalid', '/facts/acute-signs', 'a list of any of'],
    ['cfs', { value: 5, on: '2026-02-30' }, 'invalid', '/facts/cfs/on', 'YYYY-MM-DD'],
    ['cfs', { value: 5, by: 'neighbour' }, 'invalid', '/facts/cfs/by', 'person, proxy, clinician, imported'],
    ['cfs', { value: 5, who: 'x' }, 'unknown-field', '/facts/cfs/who', 'who'],
    ['cfs', {}, 'invalid', '/facts/cfs', 'a whole number'],
  ])('%s as %j is refused with its place and what it should be', (id, given, code, path, words) => {
    const read = facts.read(id, given);
    expect(read).toMatchObject({ rejected: true, code, path });
    expect(isRejection(read) && read.detail).toContain(words);
  });

  it('is never repeated in the words of a refusal', () => {
    const read = facts.read('lives-alone', 'with Mrs Marker');
    expect(isRejection(read) && read.detail).not.toContain('Marker');
  });
});

describe('of two answers to one question', () => {
  const worse = (id: string, one: unknown, other: unknown) =>
    facts.moreWorrying(id, { value: one } as never, { value: other } as never).value;

  it('the one that worries more counts, whoever spoke first', () => {
    for (const [id, less, more] of [
      ['lives-alone', false, true],
      ['lives-alone', false, 'unknown'],
      ['lives-alone', 'unknown', true],
      ['cfs', 4, 6],
      ['hospital-discharge-days', 20, 6],
      ['daily-life-affected', 'some', 'a-lot'],
      ['cfs', 'unknown', 2],
    ] as const) {
      expect(worse(id, less, more)).toBe(more);
      expect(worse(id, more, less)).toBe(more);
    }
    expect(worse('acute-signs', ['overdose'], ['chest-pain-now'])).toEqual(['chest-pain-now', 'overdose']);
  });

  it('an old score that had gone stale does not hide a newer one', () => {
    const old = { value: 7, on: '2025-01-01' };
    const newer = { value: 5, on: '2026-11-01' };
    expect(facts.moreWorrying('cfs', old, newer)).toEqual(newer);
    expect(facts.moreWorrying('cfs', newer, old)).toEqual(newer);
    expect(facts.moreWorrying('cfs', { value: 7, on: '2026-01-01' }, newer).value).toBe(7);
  });

  it('telling a thing twice changes nothing, and the order of tellers does not matter', () => {
    const yesNo = facts.definitions.filter(({ type }) => type === 'boolean').map(({ id }) => id);
    const told = fc.dictionary(
      fc.constantFrom(...yesNo),
      fc.constantFrom(true, false, 'unknown').map((value) => ({ value })),
      { maxKeys: 8, noNullPrototype: true },
    );
    fc.assert(
      fc.property(told, told, (one, other) => {
        expect(mergeFacts(facts, one, one)).toEqual(one);
        expect(mergeFacts(facts, one, other)).toEqual(mergeFacts(facts, other, one));
      }),
    );
  });
});

describe('the catalogue', () => {
  it('has words, a source and a sound definition for every fact', () => {
    expect(new Set(facts.definitions.map(({ id }) => id)).size).toBe(facts.definitions.length);
    for (const definition of facts.definitions) {
      expect(definition.label).not.toBe('');
      expect(problemOf(definition, 'unknown')).toBeUndefined();
      expect(problemOf(definition, Symbol('nothing'))).toBeDefined();
    }
  });

  it('counts every safety question and every acute sign as a red flag', () => {
    const codes = facts.redFlags().map(({ code }) => code);
    expect(codes).toEqual(
      expect.arrayContaining([
        'immediate-danger',
        'suicidal-thoughts',
        'unable-to-cope-tonight',
        'carer-cannot-continue',
        'new-confusion',
        'overdose',
        'chest-pain-now',
        'harmed-or-controlled',
      ]),
    );
    expect(codes).not.toContain('acute-signs');
  });
});
