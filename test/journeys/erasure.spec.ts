/**
 * A person's data from every door to discharge, and its end: a marker in every personal field is never readable in any file
 * of the data folder or in the program's log; after the erasure it cannot be opened either, and every page answers.
 */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isErased, isSealed, londonDate, type RecordedEvent } from '@waymark/kernel';
import { People } from '@waymark/people';
import { eventDefinitions } from '@waymark/read-models';
import Database from 'better-sqlite3';
import { openLogOf } from '../support/log-of';
import { practitionerOn, sessionOn, Told } from '../support/people';
import { emptyFolder, removeFolder, request, startServer, waymark, type Program } from '../support/program';
import { eventsIn } from '../support/rebuilt';

// Every command is a process of its own; on a busy machine each takes seconds to start.
jest.setTimeout(300_000);

const MARK = 'Zyxwmark';
const mark = (what: string) => `${MARK}-${what}`;
/** What is searched for: no text with one of these may lie anywhere in the clear. */
const SECRETS = [
  MARK,
  MARK.toLowerCase(),
  MARK.toUpperCase(),
  '1941-02-03',
  '9990000018',
  '999 000 0018',
  'ZZ99 3WZ',
  'ZZ993WZ',
  '01632 960777',
];

const person = {
  name: { family: mark('family'), given: [mark('given')], preferred: mark('preferred') },
  birthDate: '1941-02-03',
  nhsNumber: '999 000 0018',
  address: { line: [mark('street')], postalCode: 'ZZ99 3WZ' },
  telecom: [{ system: 'phone', value: '01632 960777' }],
  adjustments: [mark('adjustment')],
  safeContact: { voicemail: false, note: mark('safe-contact') },
};
const referralBody = {
  source: 'family',
  identifier: [{ system: 'https://sender.example', value: mark('identifier') }],
  person,
  referrer: { name: mark('referrer'), relationship: mark('daughter'), telecom: [{ system: 'phone', value: '01632 960777' }] },
  agreement: { basis: 'agreed', note: mark('agreement') },
  need: { inOwnWords: mark('own-words'), reason: mark('reason'), types: ['frailty-dementia'] },
  facts: { cfs: { value: 6, source: mark('fact-source') }, 'immediate-danger': false, 'suicidal-thoughts': false },
  riskToStaff: mark('risk'),
  requestedPriority: 'soon',
  priorityReason: mark('priority'),
};
const fhir = {
  resourceType: 'Bundle',
  type: 'transaction',
  entry: [
    {
      fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000001',
      resource: {
        resourceType: 'ServiceRequest',
        identifier: [{ system: 'https://sender.example', value: 'fhir-1' }],
        status: 'active',
        intent: 'order',
        subject: { reference: 'urn:uuid:00000000-0000-4000-8000-000000000002' },
        note: [{ text: mark('fhir-note') }],
        reasonCode: [{ text: mark('fhir-reason') }],
      },
      request: { method: 'POST', url: 'ServiceRequest' },
    },
    {
      fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000002',
      resource: {
        resourceType: 'Patient',
        identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9990000018' }],
        name: [{ family: mark('family'), given: [mark('given')] }],
        birthDate: '1941-02-03',
      },
      request: { method: 'POST', url: 'Patient' },
    },
  ],
};
const csv = [
  'family_name,given_names,birth_date,nhs_number,address,postcode,phone,reason,agreement',
  `${mark('family')},${mark('given')},1941-02-03,999 000 0018,${mark('street')},ZZ99 3WZ,01632 960777,${mark('csv-reason')},agreed`,
].join('\n');

let top: string;
let folder: string;
let program: Program;
let asha: string;
let referral: Told;
let personId: string;
let fhirId: string;
let logs = '';
/** Every field of an event that held a marker. */
const marked = new Set<string>();

beforeAll(async () => {
  top = emptyFolder();
  folder = join(top, 'data');
  mkdirSync(folder);
  // Everybody in it is made up, as in a folder that the demo filled.
  writeFileSync(join(folder, 'demo.json'), '{"filled":true}');
  program = await startServer(folder, { WAYMARK_LOG_LEVEL: 'trace' });
  asha = await practitionerOn(program);
});
afterAll(async () => {
  await program.stop();
  removeFolder(top);
});

function filesIn(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesIn(join(dir, entry.name)) : [join(dir, entry.name)],
  );
}

/** Where any of these lies readable: in a file of the data folder, or in what the program wrote to its log. */
function found(secrets: readonly (string | Buffer)[]): string[] {
  const places: [string, Buffer][] = filesIn(folder).map((file) => [file.slice(folder.length + 1), readFileSync(file)]);
  places.push(['log of the program', Buffer.from(logs + program.log())]);
  return places.flatMap(([place, bytes]) =>
    secrets.filter((secret) => bytes.includes(secret)).map((secret) => `${String(secret)} in ${place}`),
  );
}

async function eventsOf(id: string): Promise<RecordedEvent[]> {
  const store = await openLogOf(folder, { readOnly: true });
  const events: RecordedEvent[] = [];
  for await (const event of store.readAll()) if (JSON.stringify(event.data).includes(id)) events.push(event);
  await store.close();
  return events;
}

/** Every sealed field of the person, opened with whatever keys there are. */
async function opened(): Promise<{ type: string; field: string; value: unknown }[]> {
  const people = People.open({ folder });
  try {
    return (await eventsOf(personId)).flatMap((event) => {
      const open = people.open(event).data;
      return Object.entries(event.data).flatMap(([field, value]) =>
        isSealed(value) && value.subject === personId ? [{ type: event.type, field, value: open[field] }] : [],
      );
    });
  } finally {
    people.close();
  }
}

function wrappedKeys(): Buffer[] {
  const db = new Database(join(folder, 'keys.db'), { readonly: true });
  const keys = db.prepare<[string], Buffer | null>('SELECT wrapped FROM keys WHERE subject = ?').pluck().all(personId);
  db.close();
  return keys.filter((key) => key !== null);
}

test('from every door to discharge, with a marker in every personal field', async () => {
  referral = await Told.by(program, asha, referralBody);
  const note = mark('note');
  const sent = await request<Record<string, never>>(program.address, 'POST', '/fhir', {
    body: fhir,
    headers: { 'content-type': 'application/fhir+json' },
  });
  expect(sent.status).toBe(200);
  const file = join(top, 'found.csv');
  writeFileSync(file, csv);
  const intake = await waymark(folder, ['intake', file, '--json']);
  expect(JSON.parse(intake.out)).toMatchObject({ outcome: 'linked' });

  const slots = await sessionOn(program, asha);
  const appointmentOf = async () =>
    (await referral.read<{ appointments: { id: string; status: string }[] }>()).body.appointments.find(({ status }) => status === 'booked')
      ?.id;
  const today = londonDate(new Date().toISOString());
  const does = async (command: string, body: object) =>
    expect([command, await referral.does(command, body)]).toMatchObject([command, { status: 200 }]);
  await does('add-information', { from: 'gp', text: mark('information'), note });
  await does('claim', { note });
  await does('accept', { stratum: 'frailty', tier: 'targeted', priority: 'soon', reason: 'agree-with-suggestion', note });
  await does('book', { slot: slots[0]?.id, type: 'first', note });
  await does('cancel', { appointment: await appointmentOf(), by: 'person', reason: 'unwell', note });
  await does('book', { slot: slots[1]?.id, type: 'first', note });
  await does('cancel', { appointment: await appointmentOf(), by: 'service', reason: 'clinician-absent', note });
  await does('book', { slot: slots[2]?.id, type: 'first', note });
  await does('record-attendance', { appointment: await appointmentOf(), outcome: 'attended', note });
  await does('start-treatment', { intervention: 'strength-and-endurance', note });
  await does('record-measure', {
    instrument: 'patient-specific',
    variant: 'goal-1',
    value: 8,
    on: today,
    completedBy: 'person',
    occasion: 'baseline',
    note,
  });
  await does('discharge', {
    reason: 'goals-met',
    destination: 'self-management',
    noOutcomeReason: 'not-appropriate',
    summary: { did: mark('did'), gpToDo: mark('gp') },
    note,
  });

  for (const [command, body] of [
    ['withdraw', { by: 'person', reason: 'moved-away' }],
    ['enter-in-error', { reason: 'wrong-person' }],
    ['return-with-advice', { reason: 'advice-is-enough', advice: mark('advice') }],
    ['redirect', { to: 'falls-service', reason: 'better-met-elsewhere', advice: mark('advice') }],
    ['decline', { reason: 'spoke-with-person', criterion: 'nothing-therapy-would-do', alternative: 'gp-practice' }],
    ['record-death', {}],
  ] as const) {
    const other = await Told.by(program, asha, { ...referralBody, identifier: undefined, separateNeed: mark('another') });
    expect([command, await other.does(command, { ...body, note })]).toMatchObject([command, { status: 200 }]);
  }

  const [receipt] = (await eventsOf(referral.reference)).filter(({ type }) => type === 'ReferralReceived');
  personId = String(receipt?.data['personId']);
  const fields = await opened();
  expect(fields.filter(({ value }) => !JSON.stringify(value).includes(MARK))).toEqual([]);
  for (const { type, field } of fields) marked.add(`${type}.${field}`);
  const byFhir = fields.find(({ field }) => field === 'original');
  expect(JSON.stringify(byFhir?.value)).toContain(mark('fhir-note'));
  fhirId = String(
    (await eventsOf(personId))
      .find(({ data }) => 'original' in data && 'reference' in data)
      ?.stream.split('-')
      .slice(2)
      .join('-'),
  );
  expect(wrappedKeys().length).toBeGreaterThan(2);
});

test('before the erasure nothing of it is readable in any file, and its keys are there', () => {
  expect(found(SECRETS)).toEqual([]);
  for (const key of wrappedKeys()) expect(found([key])).not.toEqual([]);
});

test('whoever looked at them is recorded, and the answer waited for it', async () => {
  await referral.read();
  await request(program.address, 'GET', `/fhir/Patient/${fhirId}`, { headers: { 'waymark-actor': asha } });
  const { out } = await waymark(folder, ['views', 'list', '--reference', referral.reference, '--json']);
  const { items } = JSON.parse(out) as { items: { actor: string; route: string; references: string[] }[] };
  expect(items[0]).toMatchObject({ actor: 'public', route: 'GET /api/v1/referrals/:reference', references: [referral.reference] });
  const all = JSON.parse((await waymark(folder, ['views', 'list', '--json'])).out) as { items: { actor: string; route: string }[] };
  expect(all.items[0]).toMatchObject({ actor: asha, route: 'GET /fhir/Patient/:id' });
  expect(await waymark(folder, ['views', 'verify'])).toMatchObject({ code: 0 });
});

test('a view that cannot be recorded is not given', async () => {
  const db = new Database(join(folder, 'state.db'));
  db.exec('ALTER TABLE viewed RENAME TO elsewhere');
  const refused = await referral.read<{ code: string }>();
  const list = await request(program.address, 'GET', '/api/v1/waitlist');
  db.exec('ALTER TABLE elsewhere RENAME TO viewed');
  db.close();
  expect(refused).toMatchObject({ status: 503, body: { code: 'not-audited' } });
  expect(JSON.stringify(refused.body) + JSON.stringify(list.body)).not.toContain(MARK);
  expect((await referral.read()).status).toBe(200);
});

test('what is held of them is given to them in a private file, with marks', async () => {
  const to = join(top, 'access.json');
  const { code, out } = await waymark(folder, ['person', 'export', referral.reference, '--to', to, '--json']);
  expect(code).toBe(0);
  expect((JSON.parse(out) as { toLookAt: number }).toLookAt).toBeGreaterThan(0);
  expect(statSync(to).mode & 0o777).toBe(0o600);
  const text = readFileSync(to, 'utf8');
  for (const what of ['family', 'own-words', 'note', 'did', 'fhir-note', 'csv-reason', 'referrer']) expect(text).toContain(mark(what));
  expect(await waymark(folder, ['person', 'export', referral.reference, '--to', to])).toMatchObject({ code: 2 });
});

test('outside a demo it is refused while the class runs, and a legal hold stops it in the demo too', async () => {
  const asked = await waymark(folder, ['person', 'erase', referral.reference, '--reason', 'asked for', '--yes', '--json']);
  expect(asked.code).toBe(1);
  expect(JSON.parse(asked.out)).toMatchObject({
    request: null,
    mayErase: false,
    because: expect.arrayContaining([expect.stringMatching(/is open$/)]),
  });
  await waymark(folder, ['person', 'hold', referral.reference, '--reason', mark('hold')]);
  const held = await waymark(folder, ['person', 'erase', referral.reference, '--reason', 'asked for', '--yes', '--demo', '--json']);
  expect([held.code, JSON.parse(held.out)]).toMatchObject([1, { mayErase: false, because: ['There is a legal hold'] }]);
  await waymark(folder, ['person', 'release-hold', referral.reference, '--reason', mark('release')]);
});

test('erased beside the running server: nothing of them can be opened, in any file or by anybody', async () => {
  const keys = wrappedKeys();
  const done = await waymark(folder, ['person', 'erase', referral.reference, '--reason', 'asked for', '--yes', '--demo', '--json']);
  expect([done.code, JSON.parse(done.out)]).toMatchObject([
    0,
    { mayErase: true, erased: true, preview: { stays: [{ whose: 'referrer' }] } },
  ]);
  expect((await opened()).filter(({ value }) => !isErased(value))).toEqual([]);
  expect(wrappedKeys()).toEqual([]);
  expect(found([...keys, ...SECRETS])).toEqual([]);
});

test('every page, list, FHIR read and command answers, and says so', async () => {
  const get = (path: string) => request<Record<string, unknown>>(program.address, 'GET', path);
  const view = await referral.read();
  expect(view).toMatchObject({ status: 200, body: { erased: true } });
  expect(view.body).not.toHaveProperty('person');
  // The relative is somebody else: their name is under their own key.
  expect(JSON.stringify({ ...view.body, referrer: undefined })).not.toContain(MARK);
  for (const path of ['events', 'explanation']) expect((await get(`/api/v1/referrals/${referral.reference}/${path}`)).status).toBe(200);
  for (const list of ['waitlist', 'caseload', 'outcomes', 'journal', `journal?reference=${referral.reference}`]) {
    const { status, body } = await get(`/api/v1/${list}`);
    expect([list, status]).toEqual([list, 200]);
    expect(JSON.stringify(body)).not.toContain(MARK);
  }
  for (const path of [`ServiceRequest/${fhirId}`, `Patient/${fhirId}`]) expect((await get(`/fhir/${path}`)).status).toBe(404);
  expect((await get('/fhir/ServiceRequest?identifier=https://sender.example|fhir-1')).body).toMatchObject({ total: 0 });
  expect(await referral.does('enter-in-error', { reason: 'wrong-person', note: mark('late') })).toMatchObject({
    status: 409,
    body: { code: 'person-erased' },
  });
  for (const words of [
    ['referral', 'show', referral.reference],
    ['show', 'journal'],
    ['events', 'verify'],
    ['views', 'verify'],
  ]) {
    expect([words, await waymark(folder, words)]).toMatchObject([words, { code: 0 }]);
  }
  expect((await waymark(folder, ['person', 'erase', referral.reference])).err).toContain('has been erased');
});

test('somebody who waits is named until they are erased, and then the list says Erased', async () => {
  const waiting = await Told.by(program, asha, { ...referralBody, identifier: undefined });
  const names = async () => {
    const head = (await eventsIn(folder)).at(-1)?.position;
    const path = `/api/v1/waitlist?stage=triage&limit=200&after=${head}`;
    const { body } = await request<{ items: { reference: string; person: { name: string } }[] }>(program.address, 'GET', path);
    return body.items.filter(({ reference }) => reference === waiting.reference).map(({ person: { name } }) => name);
  };
  expect(await names()).toEqual([`${mark('preferred')} ${mark('family')}`]);
  await waymark(folder, ['person', 'erase', waiting.reference, '--reason', 'asked for', '--yes', '--demo']);
  expect(await names()).toEqual(['Erased']);
});

test('the same human referred again is somebody new, also after a restart, and nothing of before comes back', async () => {
  logs += program.log();
  await program.stop();
  program = await startServer(folder);
  const again = await request<{ reference: string; outcome: string }>(program.address, 'POST', '/api/v1/referrals', {
    body: { ...referralBody, identifier: undefined },
  });
  expect(again).toMatchObject({ status: 201, body: { outcome: 'accepted' } });
  const receipt = (await eventsOf(again.body.reference)).find(({ type }) => type === 'ReferralReceived');
  expect(receipt?.data['personId']).not.toBe(personId);
  expect((await opened()).filter(({ value }) => !isErased(value))).toEqual([]);
  expect(found(SECRETS)).toEqual([]);
});

/** Nothing that is recorded of the day itself: a clinic of today cannot be opened for yesterday. */
const NOT_IN_ONE_DAY = ['CouldNotComplete', 'LateNotSeen', 'DidNotAttend', 'WasNotBrought', 'NoReplyAtHome'].map((type) => `${type}.note`);

test('there is no personal field about the person that was not marked', () => {
  const all = Object.entries(eventDefinitions).flatMap(([type, { personal }]) =>
    [...personal].flatMap(([field, { subjectField }]) => (subjectField === 'personId' ? [`${type}.${field}`] : [])),
  );
  const later = ['LegalHoldPlaced.why', 'LegalHoldReleased.why', 'PersonErasureCancelled.why'];
  expect(all.filter((field) => !marked.has(field)).sort()).toEqual([...NOT_IN_ONE_DAY, ...later].sort());
});
