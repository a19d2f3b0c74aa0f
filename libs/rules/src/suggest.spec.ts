import { join } from 'node:path';
import fc from 'fast-check';
import { readConfiguration } from './files';
import type { RuleDefinition } from './rule';
import { RuleSet } from './rule-set';
import { suggest } from './suggest';
import { PRIORITIES, TIERS, type Facts, type FactValue, type StoredFact } from './suggestion';

const { ruleSet: content } = readConfiguration(join(__dirname, '../../../config'));
const shipped = new RuleSet(content);
const now = '2026-11-24T10:00:00.000Z';

function given(values: Record<string, FactValue | StoredFact>): Facts {
  return Object.fromEntries(Object.entries(values).map(([id, value]) => [id, isStored(value) ? value : { value }]));
}
function isStored(value: FactValue | StoredFact): value is StoredFact {
  return typeof value === 'object' && 'value' in value;
}
function about(values: Record<string, FactValue | StoredFact>) {
  return suggest(given(values), shipped, now);
}
function fired({ reasons }: { reasons: readonly { rule: string }[] }) {
  return reasons.map(({ rule }) => rule);
}
const safe = { 'immediate-danger': false, 'suicidal-thoughts': false };

/** A rule set of its own, to try how rules combine. */
function setOf(...rules: Partial<RuleDefinition>[]): RuleSet {
  const blank = {
    because: 'because',
    source: 'L',
    hazard: 'H2',
    owner: 'Lead',
    from: '2026-01-01',
    examples: { fires: [{}], silent: [{}] },
  };
  return new RuleSet({
    facts: content.facts,
    rules: rules.map((rule, index) => ({ id: `rule-${index}`, when: 'lives_alone', then: {}, ...blank, ...rule })),
  });
}

describe('the people of the worked examples', () => {
  it('Joan, 84: CFS 5, fell, lives alone: frailty, targeted, soon', () => {
    const joan = about({ ...safe, 'age-years': 84, cfs: { value: 5, on: '2026-10-15' }, 'fall-in-3-months': true, 'lives-alone': true });
    expect(joan).toMatchObject({ stratum: 'frailty', strata: ['frailty'], tier: 'targeted', priority: 'soon', ruleSet: shipped.id });
    expect(fired(joan)).toEqual(['fra-01', 'fra-02']);
    expect(joan.reasons[1]?.evidence).toEqual([
      { fact: 'cfs', value: 5, on: '2026-10-15' },
      { fact: 'fall-in-3-months', value: true },
      { fact: 'lives-alone', value: true },
    ]);
  });

  it('67, struggling at work with chronic pain, and says that work is hardest: work, targeted, routine', () => {
    const person = about({
      ...safe,
      'age-years': 67,
      'struggling-at-work': true,
      needs: ['chronic-pain'],
      'main-difficulty-group': ['work'],
    });
    expect(person).toMatchObject({ stratum: 'work', tier: 'targeted', priority: 'routine', flags: [] });
    expect(fired(person)).toEqual(['wrk-01']);
  });

  it('41, off work with low mood: both groups are kept', () => {
    const person = about({
      ...safe,
      'age-years': 41,
      'off-sick': true,
      'mental-health-need': true,
      'daily-life-affected': 'some',
      'main-difficulty-group': ['work'],
    });
    expect(person.strata).toEqual(['work', 'mental-health']);
  });

  it('20, a student, sent by his GP and by himself: the same answer, character for character', () => {
    const facts = { ...safe, 'age-years': 20, 'mental-health-need': true, 'daily-life-affected': 'a-lot', 'talking-therapies': 'waiting' };
    expect(JSON.stringify(about({ ...facts, source: 'gp' }))).toBe(JSON.stringify(about({ ...facts, source: 'self' })));
    expect(about(facts)).toMatchObject({ stratum: 'mental-health', priority: 'routine' });
  });

  it('a message that says only "OT please": wider, targeted, routine, and much to ask', () => {
    const nobody = about({});
    expect(nobody).toMatchObject({ stratum: 'wider', strata: ['wider'], tier: 'targeted', priority: 'routine', flags: [], reasons: [] });
    expect(nobody.missing).toEqual(expect.arrayContaining(['immediate-danger', 'suicidal-thoughts', 'cfs', 'mental-health-need']));
    expect(new Set(nobody.missing).size).toBe(nobody.missing.length);
  });

  it('somebody in danger now: crisis, held, and whatever else is true stays', () => {
    const person = about({ 'self-harm-act-or-plan-now': true, 'suicidal-thoughts': true, 'mental-health-need': true, 'age-years': 34 });
    expect(person).toMatchObject({ stratum: 'mental-health', priority: 'crisis', flags: ['safety-hold', 'safety-conversation'] });
    expect(person.routes).toEqual(['emergency', 'mental-health-crisis-line', 'crisis-line-shown']);
  });

  it('somebody who cannot manage tonight: crisis, whether it was a fact or a red flag, and "not sure" is rung today', () => {
    for (const fact of ['unable-to-cope-tonight', 'carer-cannot-continue', 'sudden-loss-of-function', 'new-confusion']) {
      expect(about({ [fact]: true })).toMatchObject({ priority: 'crisis', flags: ['safety-hold', 'safety-conversation'] });
      expect(about({ [fact]: 'unknown' })).toMatchObject({ priority: 'urgent', flags: ['safety-hold', 'safety-conversation'] });
    }
    expect(about({ 'acute-signs': ['overdose'] })).toMatchObject({ priority: 'crisis', routes: ['emergency'] });
  });

  it('asked for today by a machine, with no fact that says why: urgent, and read now', () => {
    expect(about({ 'requested-priority': 'crisis' })).toMatchObject({ stratum: 'wider', priority: 'urgent', flags: ['read-now'] });
  });
});

describe('how rules combine', () => {
  it('the primary group is that of the most urgent rule, then of what is hardest, then the usual order', () => {
    const rules = setOf(
      { then: { stratum: 'frailty' } },
      { then: { stratum: 'mental-health', priority: 'soon' } },
      { then: { stratum: 'work' } },
      { then: { priority: 'crisis' }, when: 'carer_strain' },
    );
    expect(suggest(given({ 'lives-alone': true }), rules, now).strata).toEqual(['mental-health', 'frailty', 'work']);
    const level = setOf({ then: { stratum: 'work' } }, { then: { stratum: 'frailty' } }, { then: { stratum: 'wider' } });
    expect(suggest(given({ 'lives-alone': true }), level, now).stratum).toBe('frailty');
    expect(suggest(given({ 'lives-alone': true, 'main-difficulty-group': ['work', 'wider'] }), level, now).stratum).toBe('work');
  });

  it('universal stands only where nothing else does', () => {
    const universal = { then: { stratum: 'mental-health', tier: 'universal' } } as const;
    const at = (...rules: Partial<RuleDefinition>[]) => suggest(given({ 'lives-alone': true }), setOf(...rules), now).tier;
    expect(at(universal)).toBe('universal');
    expect(at(universal, { then: { stratum: 'mental-health' } })).toBe('universal');
    expect(at(universal, { then: { stratum: 'work' } })).toBe('targeted');
    expect(at({ then: { stratum: 'mental-health' } }, { then: { tier: 'specialist' } })).toBe('specialist');
    expect(at({ then: { tier: 'universal' } })).toBe('targeted');
  });

  it('flags and routes add up, each once', () => {
    const rules = setOf(
      { then: { flag: 'read-now', routes: ['emergency'] } },
      { then: { flags: ['read-now', 'child'], route: 'emergency' } },
    );
    expect(suggest(given({ 'lives-alone': true }), rules, now)).toMatchObject({ flags: ['read-now', 'child'], routes: ['emergency'] });
  });

  it('a rule is tried from its first day to its last', () => {
    const rules = setOf({ then: { priority: 'soon' }, from: '2026-11-24', until: '2026-11-24' });
    const on = (day: string) => suggest(given({ 'lives-alone': true }), rules, `${day}T12:00:00Z`).priority;
    expect([on('2026-11-23'), on('2026-11-24'), on('2026-11-25')]).toEqual(['routine', 'soon', 'routine']);
  });

  it('a rule that is silent only because a score is old asks for a new one', () => {
    const person = about({
      'age-years': 84,
      cfs: { value: 7, on: '2025-01-01' },
      'fall-in-3-months': false,
      'functional-decline-3m': false,
      needs: ['fatigue'],
      efi: 0.1,
    });
    expect(fired(person)).toEqual([]);
    expect(person.nearly).toContainEqual(expect.objectContaining({ rule: 'fra-01', ask: ['cfs'] }));
    expect(person.missing).toContain('cfs');
  });
});

describe('when the rules cannot be run', () => {
  const broken = { when: 'work_request[0] == "fit-note"', then: { priority: 'routine' } } as const;

  it('somebody looks now, the fault names the rule and no fact, and what the other rules say stands', () => {
    const rules = setOf(broken, { then: { priority: 'crisis', flag: 'safety-hold' } });
    const suggestion = suggest(given({ 'work-request': [], 'lives-alone': true }), rules, now);
    expect(suggestion).toMatchObject({
      priority: 'crisis',
      flags: ['safety-hold', 'read-now'],
      fault: 'These rules could not be run: rule-0',
    });
    expect(suggest(given({ 'work-request': [] }), setOf(broken), now)).toMatchObject({
      stratum: 'wider',
      tier: 'targeted',
      priority: 'urgent',
      flags: ['read-now'],
    });
  });

  it('no data whatever makes it throw', () => {
    const anything = fc.dictionary(
      fc.oneof(fc.constantFrom(...content.facts.map(({ id }) => id)), fc.string()),
      fc.record({
        value: fc.oneof(fc.boolean(), fc.double(), fc.integer(), fc.string(), fc.array(fc.string())),
        on: fc.option(fc.string(), { nil: undefined }),
      }),
    );
    fc.assert(
      fc.property(anything, (facts) => {
        expect(suggest(facts as Facts, shipped, now).fault).toBeUndefined();
      }),
    );
  });
});

/** Of the facts that rules name: those where a yes worries, and those where a higher score does. */
const named = new Set(shipped.rules.flatMap(({ condition }) => condition.facts));
const risks = content.facts.filter(({ type, id }) => type === 'boolean' && named.has(id)).map(({ id }) => id);
const scores = content.facts.filter(({ worse, id }) => worse === 'higher' && named.has(id));
const person = fc
  .record(
    {
      ...Object.fromEntries(risks.map((id) => [id, fc.constantFrom<FactValue>(true, false, 'unknown')])),
      'age-years': fc.integer({ min: 0, max: 100 }),
      cfs: fc.integer({ min: 1, max: 9 }),
      efi: fc.constantFrom(0, 0.1, 0.24, 0.25, 0.36, 0.5),
      'hospital-discharge-days': fc.integer({ min: 0, max: 60 }),
      needs: fc.subarray(['frailty-dementia', 'work', 'fatigue', 'mental-health-cognitive']),
      'requested-priority': fc.constantFrom(...PRIORITIES),
      'main-difficulty-group': fc.subarray(['frailty', 'mental-health', 'work', 'wider']),
    },
    { requiredKeys: [] },
  )
  .map((values) => given(values as Record<string, FactValue>));

function expectNoLower(facts: Facts, changed: Facts) {
  const before = suggest(facts, shipped, now);
  const after = suggest(changed, shipped, now);
  expect(PRIORITIES.indexOf(after.priority)).toBeGreaterThanOrEqual(PRIORITIES.indexOf(before.priority));
  expect(after.flags).toEqual(expect.arrayContaining(before.flags));
  return { before, after };
}

describe('nothing that worries more, and nothing forgotten, lowers a priority or takes a safety flag away', () => {
  it('turning a risk to yes', () => {
    fc.assert(
      fc.property(person, fc.constantFrom(...risks), (facts, risk) => {
        const { before, after } = expectNoLower(facts, { ...facts, [risk]: { value: true } });
        expect(TIERS.indexOf(after.tier)).toBeGreaterThanOrEqual(TIERS.indexOf(before.tier));
      }),
      { numRuns: 500 },
    );
  });

  it('turning a no to "not sure"', () => {
    fc.assert(
      fc.property(person, fc.constantFrom(...risks), (facts, risk) => {
        fc.pre(facts[risk]?.value === false);
        expectNoLower(facts, { ...facts, [risk]: { value: 'unknown' } });
      }),
      { numRuns: 500 },
    );
  });

  it('raising a score by one', () => {
    fc.assert(
      fc.property(person, fc.constantFrom(...scores), (facts, { id, range }) => {
        const value = facts[id]?.value;
        fc.pre(typeof value === 'number' && value < (range?.[1] ?? 0));
        expectNoLower(facts, { ...facts, [id]: { value: id === 'efi' ? 0.99 : (value as number) + 1 } });
      }),
      { numRuns: 500 },
    );
  });

  it('forgetting a no, or the age', () => {
    fc.assert(
      fc.property(person, fc.constantFrom('age-years', ...risks), (facts, forgotten) => {
        fc.pre(forgotten === 'age-years' || facts[forgotten]?.value === false);
        const { [forgotten]: _, ...rest } = facts;
        expectNoLower(facts, rest);
      }),
      { numRuns: 500 },
    );
  });

  it('time passing after a yes', () => {
    fc.assert(
      fc.property(person, fc.constantFrom(...risks), (facts, risk) => {
        const dated = { ...facts, [risk]: { value: true, on: '2026-01-01' } };
        expectNoLower({ ...facts, [risk]: { value: true } }, dated);
      }),
    );
  });
});

describe('every rule that ships', () => {
  const cases = content.rules.flatMap(({ id, from, examples }) =>
    (['fires', 'silent'] as const).flatMap((kind) =>
      examples[kind].map((example) => [id, kind, example as Record<string, FactValue>, from] as const),
    ),
  );

  it.each(cases)('%s %s: %j', (id, kind, example, from) => {
    const rules = fired(suggest(given(example), shipped, `${from}T12:00:00Z`));
    expect(rules.includes(id)).toBe(kind === 'fires');
  });

  it('has an owner, a source and a hazard, and says why in a sentence', () => {
    for (const { owner, source, hazard, because } of content.rules) {
      expect([owner, source].every((words) => words.length > 0)).toBe(true);
      expect([hazard].flat().every((id) => /^H([1-9]|1[0-8])$/.test(id))).toBe(true);
      expect(because).toMatch(/\.$/);
    }
  });

  it('names nobody: neither who referred nor who the person is', () => {
    for (const rule of shipped.rules) {
      expect(rule.condition.facts.length).toBeGreaterThan(0);
      for (const fact of rule.condition.facts)
        expect(fact).not.toMatch(/source|practice|name|sex|gender|ethnic|language|postcode|dna|funding|deprivation/);
    }
  });
});

describe('a rule set', () => {
  it('is known by its content: the order of the files does not matter, a changed word does', () => {
    const [first, ...rest] = content.rules;
    expect(new RuleSet(content).id).toBe(shipped.id);
    expect(new RuleSet({ ...content, rules: [{ ...(first as RuleDefinition), because: 'Another reason.' }, ...rest] }).id).not.toBe(
      shipped.id,
    );
  });
});
