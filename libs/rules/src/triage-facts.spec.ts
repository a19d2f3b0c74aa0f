import { join } from 'node:path';
import { activeConfiguration } from './active';
import { readConfiguration } from './files';
import { RuleSet } from './rule-set';
import { suggest } from './suggest';
import { triageFacts } from './triage-facts';

const files = readConfiguration(join(__dirname, '../../../config'));
const { facts, codes } = activeConfiguration(files.services[0]!, new RuleSet(files.ruleSet));

describe('what the rules are asked about', () => {
  it('is what was sent and what the rest of the referral says', () => {
    const all = triageFacts(
      {
        facts: { cfs: { value: 6, on: '2026-11-01' } },
        ageYears: 84,
        redFlags: ['unable-to-cope-tonight', 'overdose', 'chest-pain-now'],
        needTypes: ['frailty-dementia'],
        difficulties: ['moving-falls', 'something-else', 'work'],
        agreement: 'agreed',
        requestedPriority: 'soon',
        safeguardingConcern: true,
      },
      facts,
      codes,
    );
    expect(all).toEqual({
      cfs: { value: 6, on: '2026-11-01' },
      'age-years': { value: 84 },
      needs: { value: ['frailty-dementia'] },
      'main-difficulty-group': { value: ['frailty', 'work'] },
      agreement: { value: 'agreed' },
      'requested-priority': { value: 'soon' },
      'safeguarding-concern': { value: true },
      'unable-to-cope-tonight': { value: true },
      'acute-signs': { value: ['chest-pain-now', 'overdose'] },
    });
  });

  it('takes the red flag where the fact says no', () => {
    const said = triageFacts({ facts: { 'suicidal-thoughts': { value: false } }, redFlags: ['suicidal-thoughts'] }, facts, codes);
    expect(said['suicidal-thoughts']?.value).toBe(true);
  });

  it('does not take silence for an answer', () => {
    expect(
      triageFacts({ facts: {}, needTypes: [], difficulties: ['not-sure'], redFlags: [], safeguardingConcern: false }, facts, codes),
    ).toEqual({});
  });

  it('fires the same rules whichever way it was said', () => {
    const ruleSet = new RuleSet(files.ruleSet);
    const now = '2026-11-24T10:00:00Z';
    const flagged = suggest(triageFacts({ facts: {}, redFlags: ['immediate-danger'] }, facts, codes), ruleSet, now);
    const sent = suggest(triageFacts({ facts: { 'immediate-danger': { value: true } } }, facts, codes), ruleSet, now);
    expect(flagged).toEqual(sent);
    expect(flagged.priority).toBe('crisis');
  });
});

describe('the lists of codes', () => {
  it('hold what commands are checked against', () => {
    const names = [
      'accept',
      'return-with-advice',
      'redirect',
      'decline',
      'withdraw',
      'enter-in-error',
      'cancel',
      'discharge',
      'discharge-destinations',
      'no-outcome-reasons',
      'decline-criteria',
    ];
    for (const name of names) expect(codes.list(name).length).toBeGreaterThan(0);
    expect(codes.has('redirect', 'person-prefers')).toBe(true);
    expect(codes.has('directory', 'talking-therapies')).toBe(true);
    expect(codes.has('alternatives', 'talking-therapies')).toBe(true);
    expect(codes.has('no-such-list', 'x')).toBe(false);
    expect(codes.label('need-types', 'frailty-dementia')).toBe('Frailty or dementia');
  });

  it('have four criteria to decline, and capacity is none of them', () => {
    expect(codes.list('decline-criteria').map(({ code }) => code)).toEqual([
      'outside-area',
      'met-by-another-occupational-therapist',
      'nothing-therapy-would-do',
      'person-said-no',
    ]);
  });

  it('count the eleven needs, all facts and every red flag, each with its words', () => {
    expect(codes.list('need-types')).toHaveLength(11);
    expect(codes.list('facts')).toHaveLength(facts.definitions.length);
    for (const { list, code, label } of codes.all()) expect([list, code, label].every((words) => words.length > 0)).toBe(true);
  });

  it('give every instrument its range, its direction and its forms, and none that needs a licence', () => {
    for (const instrument of codes.list('instruments')) {
      expect(instrument).toMatchObject({
        min: expect.any(Number) as number,
        max: expect.any(Number) as number,
        better: expect.stringMatching(/higher|lower/) as string,
      });
      expect(instrument.variants?.length).toBeGreaterThan(0);
    }
    expect(
      codes
        .list('instruments')
        .map(({ code }) => code)
        .join(),
    ).not.toMatch(/eq5d|copm|pam|wemwbs|tom|zarit/);
    expect(codes.find('instruments', 'wsas')?.counts).toBe(8);
  });

  it('know the ethnic categories of England, not stated and not known apart', () => {
    expect(codes.list('ethnic-categories')).toHaveLength(18);
    expect(codes.has('ethnic-categories', 'Z') && codes.has('ethnic-categories', '99')).toBe(true);
  });
});
