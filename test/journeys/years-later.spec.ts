/**
 * What becomes of a person's data in the course of years, on clocks that show those years: it is due for review when its class
 * has ended, a lead approves that it goes, and on its day the server carries it out.
 */
import { appendFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addDays, londonDate } from '@waymark/kernel';
import { ada, asha, practitionerOn, Told } from '../support/people';
import { emptyFolder, environmentOf, removeFolder, root, runCli, startServer, type Program, type Said } from '../support/program';
import { eventsIn } from '../support/rebuilt';

// Every command is a process of its own; on a busy machine each takes seconds to start.
jest.setTimeout(300_000);

/** Whoever says no before anybody has seen them is kept for two years. */
const YEARS_AGO = -800;
const today = londonDate(new Date().toISOString());

let top: string;
let folder: string;
let config: string;
let program: Program;
let practitioner: string;
let lead: string;
let gone: string;
let held: string;

const onDay = (days: number) => ({
  WAYMARK_CONFIG: config,
  NODE_OPTIONS: `--require ${join(root, 'test/support/another-day.cjs')}`,
  WAYMARK_TEST_DAYS: String(days),
});
const waymark = async (...words: string[]): Promise<Said> => runCli(words, await environmentOf(folder, onDay(0)));
const dueForReview = async () => {
  const { out } = await waymark('person', 'due-for-review', '--json');
  return (JSON.parse(out) as { items: { references: string[]; class: string; endsOn: string; legalHold: boolean }[] }).items;
};

function edit(file: string, from: RegExp, to: string): void {
  const text = readFileSync(join(config, file), 'utf8');
  expect(text).toMatch(from);
  writeFileSync(join(config, file), text.replace(from, to));
}

async function received(given: string): Promise<Told> {
  return Told.by(program, practitioner, { ...ada, person: { name: { family: 'Fictional', given: [given] }, birthDate: '1930-05-06' } });
}
async function saidNo(given: string): Promise<string> {
  const referral = await received(given);
  expect(await referral.does('withdraw', { by: 'person', reason: 'moved-away' })).toMatchObject({ status: 200, body: { stage: 'ended' } });
  return referral.reference;
}

beforeAll(async () => {
  top = emptyFolder();
  folder = join(top, 'data');
  config = join(top, 'config');
  cpSync(join(root, 'config'), config, { recursive: true });
  // As a service was configured before anybody could lead information governance.
  edit('services/northbank.yaml', /^informationGovernanceLeads:.*\n/m, '');
  program = await startServer(folder, onDay(YEARS_AGO));
  practitioner = await practitionerOn(program);
  lead = await practitionerOn(program, { ...asha, registration: { ...asha.registration, number: 'OT90002' } });
  gone = await saidNo('Bo');
  held = await saidNo('Cy');
  const returned = await received('Di');
  expect(await returned.does('return-with-advice', { reason: 'advice-is-enough', advice: 'A rail by the bath' })).toMatchObject({
    status: 200,
  });
  await received('Em');
  await program.stop();
  program = await startServer(folder, onDay(0));
  // The figures of the day it ended count, not those of today.
  appendFileSync(
    join(config, 'services/northbank.yaml'),
    `  - { from: ${today}, source: a test, retention: { adultYears: 8, childUntilAge: 25, childLastYearUntilAge: 26, mentalHealthYears: 20, afterDeathYears: 10, declinedYears: 5, daysToCancelErasure: 14 } }\n`,
  );
  expect(await waymark('config', 'publish', '--as', practitioner, '--reason', 'Kept for longer')).toMatchObject({ code: 0 });
  await saidNo('Flo');
});
afterAll(async () => {
  await program.stop();
  removeFolder(top);
});

test('whoever said no two years ago is due for review; who is open, was decided on, or said no today is not', async () => {
  const endsOn = expect.stringMatching(`^${Number(addDays(today, YEARS_AGO).slice(0, 4)) + 2}-`) as string;
  const due = await dueForReview();
  expect(due.map(({ references }) => references)).toEqual(expect.arrayContaining([[gone], [held]]));
  expect(due).toHaveLength(2);
  for (const each of due) expect(each).toMatchObject({ class: 'declined', endsOn, legalHold: false });
  expect((await waymark('person', 'due-for-review', '--limit', '1')).out).toMatch(/^reference .*\n\S{14} .*declined.*\n$/);
});

test('a legal hold shows in the review, and nobody who is held is asked for', async () => {
  expect(await waymark('person', 'hold', held, '--reason', 'A complaint')).toMatchObject({ code: 0 });
  expect((await dueForReview()).find(({ references }) => references.includes(held))).toMatchObject({ legalHold: true });
  expect(await waymark('person', 'erase', held, '--reason', 'Kept long enough', '--yes')).toMatchObject({ code: 1 });
});

test('a service from before there were leads gets one by config publish, and the lead approves', async () => {
  const asked = await waymark('person', 'erase', gone, '--reason', 'Kept long enough', '--yes', '--json');
  const { request, because } = JSON.parse(asked.out) as { request: string; because: string[] };
  expect([asked.code, because]).toEqual([0, []]);
  const approve = () => waymark('person', 'erase-approve', request, '--as', lead);
  expect(await approve()).toMatchObject({ code: 1, err: expect.stringContaining('informationGovernanceLeads') });

  edit('services/northbank.yaml', /^crisisDestinations:/m, 'informationGovernanceLeads: [OT90002]\ncrisisDestinations:');
  expect(await approve()).toMatchObject({ code: 1 });
  expect(await waymark('config', 'publish', '--as', practitioner, '--reason', 'Leads are named')).toMatchObject({ code: 0 });
  expect(await approve()).toMatchObject({ code: 0, out: expect.stringContaining('Approved') });
  expect(await waymark('person', 'erase-due')).toMatchObject({ code: 0, out: 'Nothing is due\n' });
});

test('when the days to cancel are over the server carries it out, and the person is no longer due', async () => {
  await program.stop();
  program = await startServer(folder, onDay(15));
  while (!(await eventsIn(folder)).some(({ type }) => type === 'PersonErased')) await new Promise((resolve) => setTimeout(resolve, 100));
  const [erased] = (await eventsIn(folder)).filter(({ type }) => type === 'PersonErased');
  expect(erased).toMatchObject({ data: { demo: false }, meta: { actor: 'system' } });
  expect((await dueForReview()).map(({ references }) => references)).toEqual([[held]]);
  expect((await waymark('person', 'erase', gone)).err).toContain('has been erased');
  expect(await waymark('events', 'verify')).toMatchObject({ code: 0 });
});
