/** A changed configuration beside a running server: checked, published once with who and why, in force at once, and never for what is past. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ada, practitionerOn, Told } from '../support/people';
import { emptyFolder, environmentOf, removeFolder, request, root, runCli, startServer, type Program, type Said } from '../support/program';
import { eventsIn } from '../support/rebuilt';

// Every command is a process of its own; on a busy machine each takes seconds to start.
jest.setTimeout(300_000);

let top: string;
let folder: string;
let config: string;
let program: Program;
let practitioner: string;
/** Received before anything was changed. */
let before: Told;

beforeAll(async () => {
  top = emptyFolder();
  folder = join(top, 'data');
  config = join(top, 'config');
  cpSync(join(root, 'config'), config, { recursive: true });
  program = await startServer(folder, { WAYMARK_CONFIG: config });
  practitioner = await practitionerOn(program);
  before = await Told.by(program, practitioner);
});
afterAll(async () => {
  await program.stop();
  removeFolder(top);
});

function edit(file: string, from: string | RegExp, to: string): void {
  const text = readFileSync(join(config, file), 'utf8');
  expect(text).toMatch(from);
  writeFileSync(join(config, file), text.replace(from, to));
}

const waymark = async (...words: string[]): Promise<Said> => runCli(words, await environmentOf(folder, { WAYMARK_CONFIG: config }));
const publish = (...words: string[]): Promise<Said> => waymark('config', 'publish', '--reason', 'Agreed by the board', ...words);
const published = async () => (await eventsIn(folder)).filter(({ type }) => type === 'ServiceConfigured' || type === 'RuleSetPublished');

interface Suggested {
  readonly suggestion: { readonly ruleSet: string; readonly reasons: readonly { readonly rule: string; readonly because: string }[] };
}
const suggested = async (referral: Told) => (await referral.read<Suggested>()).body.suggestion;

test('files that say what is published are not published again', async () => {
  expect(await publish('--as', practitioner)).toMatchObject({ code: 0, out: expect.stringMatching(/^Nothing was published/) });
  expect(await publish('--as', practitioner, '--json')).toEqual({ code: 0, out: '{"published":[]}\n', err: '' });
  expect(await published()).toHaveLength(2);
});

test('who and why are asked for, and whoever nobody knows publishes nothing', async () => {
  edit('services/northbank.yaml', 'bookingHorizonDays: 28', 'bookingHorizonDays: 42');
  expect(await publish()).toMatchObject({ code: 2, out: '', err: expect.stringContaining('--as') });
  expect(await waymark('config', 'publish', '--as', practitioner)).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringContaining('--reason'),
  });
  expect(await publish('--as', practitioner, '--reason', ' ')).toMatchObject({ code: 2, err: expect.stringContaining('--reason') });
  for (const nobody of ['Asha', '00000000-0000-5000-8000-000000000000'])
    expect(await publish('--as', nobody)).toMatchObject({ code: 1, out: '', err: expect.stringContaining('waymark practitioner add') });
  expect(await published()).toHaveLength(2);
});

test('files with a mistake are not published: place and fix are said, as at the start', async () => {
  edit('services/northbank.yaml', /^name:/m, 'nome:');
  const { code, out, err } = await publish('--as', practitioner);
  edit('services/northbank.yaml', /^nome:/m, 'name:');
  expect([code, out]).toEqual([2, '']);
  for (const line of err.trimEnd().split('\n')) expect(line).toMatch(/^services\/northbank\.yaml:\d+:\d+: .+; .+$/);
  expect(await published()).toHaveLength(2);
});

test('a running server goes on with what another process publishes; a referral keeps the rules it was stratified by', async () => {
  const was = await suggested(before);
  const [fired] = was.reasons;
  edit(`rules/${fired?.rule}.rule.yaml`, /^because:.*$/m, 'because: Words that the board agreed to');
  const said = await publish('--as', practitioner, '--json');
  const rules = (await published()).findLast(({ type }) => type === 'RuleSetPublished');
  expect([said.code, JSON.parse(said.out)]).toEqual([
    0,
    {
      published: [
        { service: 'northbank', what: 'rules', contentHash: rules?.data['contentHash'], position: rules?.position },
        { service: 'northbank', what: 'service', contentHash: expect.stringMatching(/^[0-9a-f]{64}$/), position: expect.any(String) },
      ],
    },
  ]);
  expect(rules).toMatchObject({ data: { reason: 'Agreed by the board' }, meta: { actor: practitioner, role: 'fcp' } });

  const after = await Told.by(program, practitioner, { ...ada, separateNeed: 'Another need' });
  const is = await suggested(after);
  expect(is.ruleSet).toBe(rules?.data['contentHash']);
  expect(is.reasons.map(({ because }) => because)).toContain('Words that the board agreed to');
  expect(await suggested(before)).toEqual(was);
  expect(is.ruleSet).not.toBe(was.ruleSet);

  // Something new is learnt of the first one: that is stratified by the rules of today.
  expect(await before.does('add-information', { from: 'gp', text: 'She fell again' })).toMatchObject({ status: 200 });
  expect((await suggested(before)).ruleSet).toBe(is.ruleSet);
  expect(await published()).toHaveLength(4);
});

test('words say what was published, and that referrals are not stratified again by it', async () => {
  edit('facts.yaml', /^# /m, '# A comment is no change. ');
  expect(await publish('--as', practitioner)).toMatchObject({ code: 0, out: expect.stringMatching(/^Nothing was published/) });
  const [fired] = (await suggested(before)).reasons;
  edit(`rules/${fired?.rule}.rule.yaml`, 'Words that the board agreed to', 'Better words');
  const { out } = await publish('--as', practitioner);
  expect(out).toMatch(
    /^Published for northbank: the rules and facts \([0-9a-f]{12}\)\nReferrals that are here keep the suggestion they have/,
  );
});

test('a service that is new is published by somebody of another, and the server takes referrals for it', async () => {
  const northbank = readFileSync(join(config, 'services/northbank.yaml'), 'utf8');
  const southbank = northbank.replace('id: northbank', 'id: southbank').replace('default: true', 'default: false');
  const send = () => request(program.address, 'POST', '/api/v1/referrals', { body: { ...ada, service: 'southbank' } });
  writeFileSync(join(config, 'services/southbank.yaml'), southbank);
  expect(await send()).toMatchObject({ status: 422, body: { code: 'unknown-service' } });
  expect(await publish('--as', practitioner)).toMatchObject({ code: 0, out: expect.stringContaining('southbank') });
  expect(await send()).toMatchObject({ status: 201 });
});

test('what differs is warned of at the next start in one line that names the command, and the log verifies', async () => {
  edit('services/northbank.yaml', 'bookingHorizonDays: 42', 'bookingHorizonDays: 28');
  await program.stop();
  program = await startServer(folder, { WAYMARK_CONFIG: config });
  const warned = program
    .log()
    .split('\n')
    .filter((line) => line.includes('"level":40'));
  expect(warned).toHaveLength(1);
  expect(warned[0]).toMatch(/northbank \(service\)\. What is published counts; waymark config publish/);
  expect(await waymark('events', 'verify')).toMatchObject({ code: 0 });
});
