/** One referral from the GP's message to discharge over HTTP; then the lists, deleted and made again, are the same. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { londonDate } from '@waymark/kernel';
import { ada, practitionerOn, sessionOn, Told } from '../support/people';
import { emptyFolder, removeFolder, request, startServer, waymark, type Program } from '../support/program';
import { differencesFromFold, eventsIn } from '../support/rebuilt';

interface List {
  readonly total: number;
  readonly items: readonly Record<string, unknown>[];
  readonly summary: unknown;
}

const LISTS = ['waitlist', 'caseload', 'outcomes', 'journal'] as const;
let folder: string;
let program: Program;

beforeAll(async () => {
  folder = emptyFolder();
  program = await startServer(folder);
}, 30_000);

afterAll(async () => {
  await program.stop();
  removeFolder(folder);
});

async function list(name: (typeof LISTS)[number], query = ''): Promise<List> {
  // Whatever was answered before is on the list.
  const head = (await eventsIn(folder)).at(-1)?.position ?? '';
  const answer = await request<List>(program.address, 'GET', `/api/v1/${name}${query === '' ? '?' : `${query}&`}after=${head}`);
  expect(answer.status).toBe(200);
  return answer.body;
}

test('Ada is received, triaged, booked, seen, treated, measured and discharged, and every list says so', async () => {
  const asha = await practitionerOn(program);
  const [slot] = await sessionOn(program, asha);
  const referral = await Told.by(program, asha);
  expect((await list('waitlist', '?stage=triage')).items).toMatchObject([
    { reference: referral.reference, priority: 'soon', stratum: 'frailty' },
  ]);
  expect((await list('waitlist')).total).toBe(0);

  const accepted = await referral.does('accept', {
    stratum: 'frailty',
    tier: 'targeted',
    priority: 'soon',
    reason: 'agree-with-suggestion',
  });
  expect(accepted).toMatchObject({ status: 200, body: { stage: 'waiting', events: [{ type: 'ReferralAccepted' }] } });
  const age = new Date().getUTCFullYear() - 1941 - (londonDate(new Date().toISOString()).slice(5) < '02-03' ? 1 : 0);
  expect((await list('waitlist')).items).toMatchObject([
    { reference: referral.reference, person: { name: 'Ada Okonkwo-Fictional', age }, waitDays: 0, order: 1 },
  ]);

  const booked = await referral.does('book', { slot: slot?.id, type: 'first' });
  expect(booked).toMatchObject({ status: 200, body: { stage: 'booked' } });
  const { body: seen } = await referral.read<{ appointments: { id: string }[] }>();
  const appointment = seen.appointments[0]?.id;
  const today = londonDate(new Date().toISOString());
  for (const [command, body] of [
    ['record-attendance', { appointment, outcome: 'attended' }],
    ['start-treatment', { intervention: 'strength-and-endurance', appointment }],
    [
      'record-measure',
      { instrument: 'patient-specific', variant: 'goal-1', value: 8, on: today, completedBy: 'person', occasion: 'baseline' },
    ],
  ] as const) {
    expect(await referral.does(command, body)).toMatchObject({ status: 200 });
  }
  expect((await list('waitlist')).total).toBe(0);
  expect((await list('caseload')).items).toMatchObject([
    { reference: referral.reference, owner: asha, stage: 'treatment', contacts: { used: 1, allowed: 6 } },
  ]);

  const discharged = await referral.does('discharge', {
    reason: 'goals-met',
    destination: 'self-management',
    noOutcomeReason: 'not-appropriate',
    summary: { did: 'Bath board and practice', gpToDo: 'Nothing' },
  });
  expect(discharged).toMatchObject({ status: 200, body: { stage: 'ended' } });
  expect((await list('caseload')).total).toBe(0);
  expect((await list('outcomes')).items).toMatchObject([
    { reference: referral.reference, stratum: 'frailty', reason: 'goals-met', destination: 'self-management' },
  ]);
  const events = (await list('journal', `?reference=${referral.reference}`)).items.map(({ type }) => type);
  expect(events).toEqual([
    'ReferralReceived',
    'ReferralStratified',
    'ReferralAccepted',
    'AppointmentBooked',
    'Attended',
    'TreatmentStarted',
    'MeasureRecorded',
    'Discharged',
  ]);
});

test('the same person referred again while open is added to the open referral; a wrong answer tells nobody more', async () => {
  const asha = await practitionerOn(program);
  const first = await Told.by(program, asha, {
    ...ada,
    person: { ...ada.person, name: { family: 'Second-Fictional', given: ['Bea'] }, birthDate: '1950-05-05', nhsNumber: '999 000 0026' },
  });
  const again = await request<{ outcome: string; linkedTo: string }>(program.address, 'POST', '/api/v1/referrals', {
    body: {
      ...ada,
      source: 'self',
      person: { ...ada.person, name: { family: 'Second-Fictional', given: ['Bea'] }, birthDate: '1950-05-05', nhsNumber: '9990000026' },
    },
  });
  expect(again).toMatchObject({ status: 201, body: { outcome: 'linked', linkedTo: first.reference } });
});

test('the lists deleted under a running service come back the same, column by column', async () => {
  const before = await Promise.all(LISTS.map((name) => list(name)));
  await program.stop();
  for (const file of ['read.db', 'read.db-wal', 'read.db-shm']) rmSync(join(folder, file), { force: true });
  program = await startServer(folder);
  const after = await Promise.all(LISTS.map((name) => list(name)));
  expect(after.map(({ items, total, summary }) => ({ items, total, summary }))).toEqual(
    before.map(({ items, total, summary }) => ({ items, total, summary })),
  );
  expect(existsSync(join(folder, 'read.db'))).toBe(true);
  expect(await differencesFromFold(folder)).toEqual([]);
});

test('the log verifies', async () => {
  const { code, out } = await waymark(folder, ['events', 'verify', '--json']);
  expect({ code, ...(JSON.parse(out) as object) }).toMatchObject({
    code: 0,
    ok: true,
    problems: [],
    events: (await eventsIn(folder)).length,
  });
});
