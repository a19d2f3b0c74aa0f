import { Environment } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import { askedOf, ConditionCompiler, ConditionMistake } from './condition';
import { FactCatalogue } from './facts';
import type { Facts } from './suggestion';

const facts = new FactCatalogue([
  { id: 'age-years', label: 'Age', type: 'integer', range: [0, 130], source: 'L' },
  { id: 'fell', label: 'Fell', type: 'boolean', source: 'L' },
  { id: 'lives-alone', label: 'Alone', type: 'boolean', source: 'L' },
  { id: 'cfs', label: 'CFS', type: 'integer', range: [1, 9], source: 'L' },
  { id: 'efi', label: 'eFI', type: 'number', range: [0, 1], source: 'L' },
  { id: 'needs', label: 'Needs', type: 'codes', values: { work: 'Work', fatigue: 'Fatigue' }, source: 'L' },
  { id: 'asked-for', label: 'Asked for', type: 'code', values: { soon: 'Soon', urgent: 'Urgent' }, source: 'L' },
  { id: 'source', label: 'Source', type: 'code', values: { gp: 'GP' }, inRules: false, source: 'L' },
]);
const compiler = new ConditionCompiler(facts);
const today = '2026-11-24';

function truth(text: string, given: Facts, reassuring = false) {
  return compiler.compile(text, { reassuring }).truth(askedOf(given, facts, today));
}
function bare(values: Record<string, Facts[string]['value']>): Facts {
  return Object.fromEntries(Object.entries(values).map(([id, value]) => [id, { value }]));
}

describe('a condition', () => {
  it.each([
    ['fell && lives_alone', { fell: true, 'lives-alone': true }, true],
    ['fell && lives_alone', { fell: true }, 'unknown'],
    ['fell && lives_alone', { fell: true, 'lives-alone': 'unknown' }, 'unknown'],
    ['fell && lives_alone', { fell: false }, false],
    ['fell && lives_alone', { 'lives-alone': false }, false],
    ['fell || lives_alone', { fell: true }, true],
    ['fell || lives_alone', { fell: false }, 'unknown'],
    ['!fell', {}, 'unknown'],
    ['!fell', { fell: false }, true],
    ['fell ? lives_alone : cfs > 3', { fell: false, cfs: 4 }, true],
    ['fell ? lives_alone : cfs > 3', { fell: true, cfs: 4 }, 'unknown'],
    ['cfs >= 5', { cfs: 5 }, true],
    ['cfs >= 5', { cfs: 4 }, false],
    ['cfs >= 5', {}, 'unknown'],
    ['efi > 0.24', { efi: 0.25 }, true],
    ['efi > 0.24', { efi: 0 }, false],
    ['"work" in needs', { needs: ['work'] }, true],
    ['"work" in needs', { needs: ['fatigue'] }, false],
    ['"work" in needs', {}, 'unknown'],
    ['needs == ["work"]', { needs: ['work'] }, true],
    ['needs.exists(need, need == "work" || need == "fatigue")', { needs: ['fatigue'] }, true],
    ['asked_for in ["soon", "urgent"]', { 'asked-for': 'urgent' }, true],
    ['asked_for == "soon"', { 'asked-for': 'unknown' }, 'unknown'],
    ['unsure(fell)', { fell: 'unknown' }, true],
    ['unsure(fell)', {}, false],
    ['unsure(fell)', { fell: true }, false],
    ['not_under(65)', {}, true],
    ['not_under(65)', { 'age-years': 'unknown' }, true],
    ['not_under(65)', { 'age-years': 64 }, false],
    ['not_under(65)', { 'age-years': 65 }, true],
  ])('%s of %j is %s', (text, given, expected) => expect(truth(text, bare(given as Record<string, boolean>))).toBe(expected));

  it('treats a value that the fact cannot have as not known', () => {
    expect(truth('cfs >= 5', bare({ cfs: 'six' }))).toBe('unknown');
    expect(truth('cfs >= 5', bare({ cfs: 99 }))).toBe('unknown');
    expect(truth('fell', bare({ fell: 'yes' }))).toBe('unknown');
  });

  it('knows whether a score is fresh; an undated one is fresh where a rule raises and stale where it reassures', () => {
    const text = 'cfs >= 5 && fresh(cfs, 365)';
    expect(truth(text, { cfs: { value: 6, on: '2025-11-24' } })).toBe(true);
    expect(truth(text, { cfs: { value: 6, on: '2025-11-23' } })).toBe(false);
    expect(truth(text, bare({ cfs: 6 }))).toBe(true);
    expect(truth(text, bare({ cfs: 6 }), true)).toBe(false);
    expect(truth(text, {})).toBe('unknown');
    expect(truth(text, { cfs: { value: 6, on: 'last week' } })).toBe(true);
  });

  it('names what made it true and what would settle it', () => {
    const condition = compiler.compile('(fell && lives_alone) || cfs >= 5', { reassuring: false });
    const asked = askedOf(bare({ fell: true, cfs: 6 }), facts, today);
    expect(condition.evidence(asked)).toEqual(['cfs']);
    expect(condition.ask(askedOf(bare({ fell: true }), facts, today))).toEqual(['lives-alone', 'cfs']);
    expect(condition.ask(askedOf(bare({ fell: false }), facts, today))).toEqual(['cfs']);
  });

  it('agrees with CEL itself whenever everything is known', () => {
    const names = ['fell', 'lives_alone', 'cfs >= 5', 'efi > 0.24', '"work" in needs'] as const;
    const { expression } = fc.letrec<{ expression: string; leaf: string }>((tie) => ({
      leaf: fc.constantFrom(...names),
      expression: fc.oneof(
        { maxDepth: 4 },
        tie('leaf'),
        fc.tuple(tie('expression'), fc.constantFrom('&&', '||'), tie('expression')).map(([a, op, b]) => `(${a} ${op} ${b})`),
        tie('expression').map((a) => `!(${a})`),
        fc.tuple(tie('expression'), tie('expression'), tie('expression')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      ),
    }));
    const known = fc.record({
      fell: fc.boolean(),
      alone: fc.boolean(),
      cfs: fc.integer({ min: 1, max: 9 }),
      efi: fc.constantFrom(0.1, 0.24, 0.5),
      needs: fc.subarray(['work', 'fatigue']),
    });
    const cel = new Environment()
      .registerVariable('fell', 'bool')
      .registerVariable('lives_alone', 'bool')
      .registerVariable('cfs', 'int')
      .registerVariable('efi', 'double')
      .registerVariable('needs', 'list<string>');
    fc.assert(
      fc.property(expression, known, (text, { fell, alone, cfs, efi, needs }) => {
        const expected = cel.parse(text)({ fell, lives_alone: alone, cfs: BigInt(cfs), efi, needs }) as boolean;
        expect(truth(text, bare({ fell, 'lives-alone': alone, cfs, efi, needs }))).toBe(expected);
      }),
    );
  });

  it('is unknown only where an answer could go either way, whatever the missing facts turn out to be', () => {
    const text = '(fell && lives_alone) || (!fell && cfs >= 5)';
    const condition = compiler.compile(text, { reassuring: false });
    const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
    fc.assert(
      fc.property(maybe(fc.boolean()), maybe(fc.boolean()), maybe(fc.integer({ min: 1, max: 9 })), (fell, alone, cfs) => {
        const given = bare({
          ...(fell === undefined ? {} : { fell }),
          ...(alone === undefined ? {} : { 'lives-alone': alone }),
          ...(cfs === undefined ? {} : { cfs }),
        });
        const now = condition.truth(askedOf(given, facts, today));
        if (now === 'unknown') return;
        for (const f of fell === undefined ? [true, false] : [fell]) {
          for (const a of alone === undefined ? [true, false] : [alone]) {
            for (const c of cfs === undefined ? [1, 9] : [cfs])
              expect(condition.truth(askedOf(bare({ fell: f, 'lives-alone': a, cfs: c }), facts, today))).toBe(now);
          }
        }
      }),
    );
  });
});

describe('a condition that is not taken', () => {
  it.each([
    ['a fact that is not declared', 'fell && heigth > 3', 8, /heigth/],
    ['who referred', 'fell && source == "gp"', 8, /no rule may name "source"/],
    ['who somebody is', 'ethnicity == "A"', 0, /no rule may name "ethnicity"/],
    ['a previous missed contact', 'previous_dna', 0, /no rule may name/],
    ['has()', 'has(fell.x)', 0, /has\(\)/],
    ['a value that the fact never has', 'fell || asked_for == "asap"', 21, /"asap" is no value of asked-for/],
    ['an underscore in a code', '"chronic_pain" in needs', 0, /no value of needs/],
    ['a comparison of different kinds', 'fell == 1', 0, /overload|compare/],
    ['a number instead of a condition', 'cfs', 0, /neither/],
    ['a half condition', 'fell &&', 7, /EOF|Unexpected/],
    ['a helper about nothing', 'unsure(true)', 0, /asked about a fact/],
    ['a helper with a sum', 'fresh(cfs, cfs)', 11, /written out/],
    ['a helper inside a comparison', 'unsure(fell) == true', 0, /stands alone/],
    ['conditions compared', '(fell && lives_alone) == true', 1, /comparison of conditions/],
  ])('%s', (_what, text, start, message) => {
    let mistake: unknown;
    try {
      compiler.compile(text, { reassuring: false });
    } catch (fault) {
      mistake = fault;
    }
    expect(mistake).toBeInstanceOf(ConditionMistake);
    expect(mistake).toMatchObject({ start, message: expect.stringMatching(message) as string });
  });
});
