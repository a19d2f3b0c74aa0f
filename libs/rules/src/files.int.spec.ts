import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkRules, ConfigurationMistakes, readConfiguration } from './files';

const shipped = join(__dirname, '../../../config');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-'));
  for (const name of ['facts.yaml', 'reasons.yaml', 'directory.yaml', 'referral-codes.yaml', 'bank-holidays.json', 'rules', 'services']) {
    cpSync(join(shipped, name), join(folder, name), { recursive: true });
  }
});
afterEach(() => rmSync(folder, { recursive: true }));

function change(file: string, from: string | RegExp, to: string) {
  const text = readFileSync(join(folder, file), 'utf8');
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  writeFileSync(join(folder, file), changed);
}

function mistakes(): string[] {
  try {
    readConfiguration(folder);
    return [];
  } catch (fault) {
    if (!(fault instanceof ConfigurationMistakes)) throw fault;
    expect(fault.message.split('\n')).toHaveLength(fault.problems.length);
    return fault.message.split('\n');
  }
}

describe('the configuration that ships', () => {
  it('is sound', () => {
    expect(mistakes()).toEqual([]);
    expect(checkRules(shipped)).toEqual({ ok: true, problems: [] });
  });

  it('gives a service its own bank holidays and everything else whole', () => {
    const [northbank] = readConfiguration(folder).services;
    expect(Object.keys(northbank!.bankHolidays)).toEqual(['england-and-wales']);
    expect(northbank!.service).toMatchObject({ id: 'northbank', default: true, ods: 'U99999' });
    expect(northbank!.service.practices?.reduce((sum, { share }) => sum + (share ?? 0), 0)).toBeCloseTo(1);
  });

  it('takes a second service, under its own id', () => {
    const text = readFileSync(join(folder, 'services/northbank.yaml'), 'utf8');
    writeFileSync(
      join(folder, 'services/southbank.yaml'),
      text.replace('id: northbank', 'id: southbank').replace('default: true', 'default: false'),
    );
    expect(readConfiguration(folder).services.map(({ service }) => service.id)).toEqual(['northbank', 'southbank']);
  });

  it('has only codes that were found somewhere, and no request in two lists', () => {
    const { occupationalTherapy, generic, notOccupationalTherapy } = readConfiguration(folder).services[0]!.referralCodes;
    const codes = [...occupationalTherapy, ...generic, ...notOccupationalTherapy].map(({ system, code }) => `${system}|${code}`);
    expect(new Set(codes).size).toBe(codes.length);
  });
});

describe('a mistake is reported with its place, what is wrong and the fix', () => {
  // What is changed, where the mistake is then found (the text that stands there), and what is said about it.
  it.each([
    [
      'a fact that is not declared',
      'rules/saf-01.rule.yaml',
      'when: immediate_danger',
      'when: imediate_danger',
      'imediate_danger',
      'Unknown variable: imediate_danger; ',
    ],
    [
      'in a condition over several lines',
      'rules/sgd-01.rule.yaml',
      '|| unsure(harmed_or_controlled)',
      '|| unsure(harmed)',
      'harmed)',
      'Unknown variable: harmed; ',
    ],
    [
      'a rule about who referred',
      'rules/pro-03.rule.yaml',
      'when: requested_priority == "crisis"',
      `when: 'source == "gp"'`,
      'source ==',
      'no rule may name "source"; ',
    ],
    [
      'a value that a fact never has',
      'rules/pro-03.rule.yaml',
      '== "crisis"',
      '== "stat"',
      '"stat"',
      '"stat" is no value of requested-priority; use one of routine, soon, urgent, crisis',
    ],
    ['a missing owner', 'rules/saf-03.rule.yaml', 'owner: Clinical lead\n', '', 'id: saf-03', 'owner is missing; add it'],
    [
      'a field that does not exist',
      'rules/saf-03.rule.yaml',
      'owner:',
      'owned: x\nowner:',
      'owned',
      'there is no field "owned" here; take it out, or correct its name',
    ],
    [
      'a priority that does not exist',
      'rules/saf-03.rule.yaml',
      'priority: urgent',
      'priority: asap',
      'asap',
      'then.priority has a value it cannot have; use one of routine, soon, urgent, crisis',
    ],
    [
      'a flag that nobody has words for',
      'rules/pro-03.rule.yaml',
      '[read-now]',
      '[read-later]',
      'read-later',
      'there is no flag "read-later"; ',
    ],
    [
      'a route that nobody has words for',
      'rules/saf-03.rule.yaml',
      '[crisis-line-shown]',
      '[crisis]',
      'crisis]',
      'there is no route "crisis"; ',
    ],
    [
      'an example that does not fire',
      'rules/mh-01.rule.yaml',
      'age-years: 18,',
      'age-years: 17,',
      '{ age-years: 17,',
      'the rule does not fire on this example: its condition is false; correct the condition or the example',
    ],
    [
      'an example of which too little is known',
      'rules/mh-01.rule.yaml',
      '{ age-years: 18, mental-health-need: true }',
      '{ age-years: 18 }',
      '{ age-years: 18 }',
      'the rule does not fire on this example: its condition is unknown; ',
    ],
    [
      'an example that should be silent',
      'rules/mh-01.rule.yaml',
      '{ age-years: 17,',
      '{ age-years: 19,',
      '{ age-years: 19,',
      'the rule fires on this example; correct the condition or the example',
    ],
    ['an example of something else', 'rules/mh-01.rule.yaml', 'age-years: 92', 'age: 92', '92', 'there is no fact "age"; '],
    [
      'another name than the file has',
      'rules/mh-01.rule.yaml',
      'id: mh-01',
      'id: mh-02',
      'mh-02',
      'the file of "mh-02" has another name; name the file mh-02.rule.yaml',
    ],
    [
      'a rule that reassures and does not say why it may',
      'rules/mh-01.rule.yaml',
      'owner:',
      'monotone: false\nowner:',
      'false\nowner',
      'the rule reassures and does not say why it may; add whyNot',
    ],
    [
      'a rule that names nothing',
      'rules/mh-01.rule.yaml',
      'then: { stratum: mental-health }',
      'then: {}',
      '{}',
      'the rule names nothing; ',
    ],
    ['a key given twice', 'reasons.yaml', 'formats:', 'tiers: {}\nformats:', 'tiers: {}', 'Map keys must be unique; correct the YAML'],
    ['a fact given twice', 'facts.yaml', 'id: gad7,', 'id: phq9,', 'phq9, type: integer, range: [0, 21]', '"phq9" is there twice; '],
    [
      'a number without a range',
      'facts.yaml',
      'id: gad7, type: integer, range: [0, 21]',
      'id: gad7, type: integer',
      'integer, unit: points, worse: higher, label: GAD-7',
      'a number without a range; add range: [lowest, highest]',
    ],
    [
      'a code without words',
      'reasons.yaml',
      'awaiting-other-care: Other care has to come first',
      'awaiting-other-care: { labl: Other care }',
      'labl',
      'there is no field "labl" here; ',
    ],
    ['a list of the values of nothing', 'reasons.yaml', 'valuesOf: needs', 'valuesOf: need', 'need }', '"need" is no fact with values; '],
    ['no duty contact', 'services/northbank.yaml', '  contact: 01632 960010\n', '', 'backUp', 'duty.contact is missing; add it'],
    [
      'a telephone number that is none',
      'services/northbank.yaml',
      'backUp: 01632 960011',
      'backUp: ask Tom',
      'ask Tom',
      'duty.backUp is not written as it should be; a telephone number',
    ],
    [
      'hours that cannot be read',
      'services/northbank.yaml',
      "hours: { mon-fri: '09:00-17:00' }",
      "hours: { mon-fri: '9-5' }",
      "{ mon-fri: '9-5' }",
      'hours that cannot be read; ',
    ],
    [
      'a first setting left out',
      'services/northbank.yaml',
      '    bookingHorizonDays: 28\n',
      '',
      'from: 2020-01-01',
      'the first entry gives every setting, and bookingHorizonDays is missing; add it',
    ],
    [
      'a bank holiday that is no date',
      'bank-holidays.json',
      '2024-03-29',
      '2024-02-30',
      '"2024-02-30"',
      'england-and-wales.events.1.date is not written as it should be; write a date, YYYY-MM-DD',
    ],
  ])('%s', (_what, file, from, to, at, said) => {
    change(file, from, to);
    const before = readFileSync(join(folder, file), 'utf8');
    const lines = before.slice(0, before.indexOf(at)).split('\n');
    expect(before).toContain(at);
    const found = mistakes();
    expect(found.join('\n')).toContain(`${file}:${lines.length}:${(lines.at(-1) ?? '').length + 1}: ${said}`);
    for (const line of found) expect(line).toMatch(/^[\w./-]+:\d+:\d+: .+; .+$/);
  });

  it('YAML that is none, and a nation whose bank holidays are not there', () => {
    change('rules/mh-01.rule.yaml', 'then: { stratum: mental-health }', 'then: { stratum: mental-health');
    change('bank-holidays.json', '"england-and-wales": {', '"england-only": {');
    expect(mistakes()).toEqual([
      expect.stringMatching(/^rules\/mh-01\.rule\.yaml:\d+:\d+: .*; correct the YAML$/),
      'services/northbank.yaml:7:9: there are no bank holidays of england; add england-and-wales to bank-holidays.json',
    ]);
  });

  it('all of them at once, in every file', () => {
    change('rules/saf-01.rule.yaml', 'when: immediate_danger', 'when: imediate_danger');
    change('rules/saf-03.rule.yaml', 'owner: Clinical lead\n', '');
    rmSync(join(folder, 'directory.yaml'));
    change('services/northbank.yaml', 'nation: england', 'nation: cornwall');
    expect(mistakes().map((line) => line.split(':')[0])).toEqual([
      'rules/saf-01.rule.yaml',
      'rules/saf-03.rule.yaml',
      'directory.yaml',
      'services/northbank.yaml',
    ]);
  });

  it('a file whose name would leave it unread', () => {
    writeFileSync(join(folder, 'rules/new-rule.yaml'), 'id: new-rule\n');
    expect(mistakes()).toEqual(['rules/new-rule.yaml:1:1: a file that would not be read; let its name end in .rule.yaml']);
  });

  it('a folder without a service, and two services that are both the default', () => {
    const text = readFileSync(join(folder, 'services/northbank.yaml'), 'utf8');
    writeFileSync(join(folder, 'services/southbank.yaml'), text.replace('id: northbank', 'id: southbank'));
    expect(mistakes()).toEqual([expect.stringContaining('services/southbank.yaml:8:10: northbank is the default already')]);
    rmSync(join(folder, 'services'), { recursive: true });
    expect(mistakes()).toEqual(['services:1:1: there is no service; add services/<id>.yaml']);
  });

  it('names no folder of the machine', () => {
    rmSync(join(folder, 'facts.yaml'));
    expect(mistakes().join()).not.toContain(tmpdir());
  });
});

describe('checking the rules alone', () => {
  it('finds what is wrong in them and leaves the rest to the start', () => {
    change('services/northbank.yaml', 'nation: england', 'nation: cornwall');
    expect(checkRules(folder).ok).toBe(true);
    change('rules/mh-01.rule.yaml', 'age-years: 18,', 'age-years: 17,');
    expect(checkRules(folder)).toMatchObject({ ok: false, problems: [{ file: 'rules/mh-01.rule.yaml', line: 12, column: 7 }] });
  });
});
