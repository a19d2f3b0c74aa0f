/** The log of the server: what was asked and how it went, by correlation id, and never a word about a person. */
import { asha, practitionerOn, sessionOn, Told } from '../support/people';
import { emptyFolder, removeFolder, request, startServer, type Program } from '../support/program';
import { eventsIn } from '../support/rebuilt';

const MARK = 'Zyxwmarker';
// A busy machine starts programs slowly.
jest.setTimeout(60_000);

let folder: string;
let program: Program;

beforeAll(async () => {
  folder = emptyFolder();
  program = await startServer(folder, { WAYMARK_LOG_LEVEL: 'trace' });
});

afterAll(async () => {
  await program.stop();
  removeFolder(folder);
});

const marked = {
  source: 'family',
  identifier: [{ system: `https://${MARK}.example`, value: `${MARK}-id` }],
  person: {
    name: { family: `${MARK}-family`, given: [`${MARK}-given`], preferred: `${MARK}-preferred` },
    birthDate: '1941-02-03',
    nhsNumber: '999 000 0018',
    address: { line: [`${MARK} Street`], postalCode: 'ZZ99 3WZ' },
    telecom: [{ system: 'email', value: `${MARK}@example.org` }],
    gpPractice: { name: `${MARK} Practice` },
    language: MARK,
    adjustments: [`${MARK} adjustment`],
    safeContact: { telecom: [{ system: 'phone', value: `${MARK} 01632` }], note: `${MARK} note` },
  },
  referrer: { name: `${MARK}-referrer`, relationship: `${MARK}-daughter`, role: MARK, organization: { name: MARK } },
  agreement: { basis: 'agreed', note: `${MARK} agreement` },
  need: { inOwnWords: `${MARK} words`, reason: `${MARK} reason`, conditions: [{ display: `${MARK} condition` }] },
  facts: { cfs: { value: 6, source: `${MARK} source` } },
  riskToStaff: `${MARK} dog`,
  safeguarding: { concern: false, note: `${MARK} safeguarding` },
  requestedPriority: 'soon',
  priorityReason: `${MARK} priority`,
  separateNeed: `${MARK} separate`,
};

test('nothing personal is in the log, whichever way it came and however it was answered', async () => {
  const clinician = await practitionerOn(program, { ...asha, name: `${MARK} Rahman` });
  const [slot] = await sessionOn(program, clinician);
  const referral = await Told.by(program, clinician, marked);
  const statuses: number[] = [];
  const send = async (method: string, path: string, options: Parameters<typeof request>[3] = {}) => {
    statuses.push((await request<unknown>(program.address, method, path, options)).status);
  };
  const path = `/api/v1/referrals/${referral.reference}`;
  const note = `${MARK} remark`;
  // Everything that may be done to her.
  for (const [command, body] of [
    ['add-information', { from: 'gp', text: `${MARK} fell`, note }],
    ['claim', { note }],
    ['accept', { stratum: 'frailty', tier: 'targeted', priority: 'soon', reason: 'agree-with-suggestion', note }],
    ['book', { slot: slot?.id, type: 'first', note }],
    ['decline', { reason: MARK, criterion: MARK, alternative: MARK, note }],
    ['return-with-advice', { reason: 'x', advice: `${MARK} advice` }],
    ['discharge', { reason: 'x', destination: 'y', summary: { did: `${MARK} did`, gpToDo: `${MARK} do` } }],
    ['record-death', { note }],
  ] as const) {
    statuses.push((await referral.does(command, body)).status);
  }
  for (const each of ['', '/events', '/explanation']) await send('GET', `${path}${each}`);
  for (const list of ['waitlist?stage=triage', 'caseload', 'outcomes', 'journal']) await send('GET', `/api/v1/${list}`);
  // Everything in the wrong place.
  await send('POST', '/api/v1/referrals', { raw: `{"person": ${MARK}}` });
  await send('POST', '/api/v1/referrals', { body: { ...marked, [MARK]: MARK, source: MARK, facts: { [MARK]: MARK } } });
  await send('POST', '/api/v1/referrals', { raw: MARK, headers: { 'content-type': `text/${MARK}` } });
  await send('GET', `/api/v1/referrals/${MARK}`);
  await send('POST', `/api/v1/referrals/${MARK}/${MARK}`, { body: {} });
  await send('GET', `/${MARK}/%zz${MARK}`);
  await send('GET', `/api/v1/referrals/%zz${MARK}`);
  await send('GET', `/api/v1/waitlist?${MARK}=${MARK}`);
  await send('GET', `/api/v1/waitlist?service=${MARK}&cursor=${MARK}`);
  await send('GET', `/api/v1/journal?reference=${MARK}`);
  await send('GET', `/fhir/ServiceRequest?identifier=${MARK}|${MARK}`);
  await send('GET', `/fhir/Patient/${MARK}`);
  for (const header of [
    'waymark-actor',
    'if-match',
    'idempotency-key',
    'last-event-id',
    'accept',
    'user-agent',
    'referer',
    'x-forwarded-for',
  ]) {
    await send('POST', `${path}/claim`, { body: {}, headers: { [header]: `${MARK} ${header}` } });
  }
  await send('GET', '/api/v1/stream', { headers: { 'last-event-id': MARK } });
  await send('GET', '/api/v1/waitlist', { headers: { 'x-correlation-id': `${MARK} id` } });
  const fhir = { 'content-type': 'application/fhir+json' };
  const patient = { resourceType: 'Patient', name: [{ family: MARK }], birthDate: '1941-02-03' };
  await send('POST', '/fhir', { raw: `{"resourceType": ${MARK}}`, headers: fhir });
  await send('POST', '/fhir', { body: { ...patient, [MARK]: MARK }, headers: fhir });
  await send('POST', '/fhir', {
    headers: fhir,
    body: {
      resourceType: 'ServiceRequest',
      status: 'active',
      intent: 'order',
      subject: { reference: '#p' },
      contained: [{ ...patient, id: 'p' }],
      note: [{ text: MARK }],
    },
  });
  await send('DELETE', `${path}/${MARK}`);
  await send('POST', '/api/v1/referrals', { raw: `"${MARK.repeat(200_000)}"` });

  expect(new Set(statuses)).toEqual(expect.objectContaining(new Set([200, 400, 401, 404, 413, 415, 422])));
  expect(statuses.filter((status) => status >= 500)).toEqual([]);
  await program.stop();
  const log = program.log();
  expect(log.split('\n').filter((line) => line.includes('"msg":"request"')).length).toBeGreaterThan(statuses.length);
  for (const secret of [MARK, MARK.toLowerCase(), '9990000018', '999 000 0018', '1941-02-03', 'ZZ99', referral.reference])
    expect(log).not.toContain(secret);
});

test('each line is JSON and carries the correlation id that the answer and the events carry', async () => {
  program = await startServer(folder);
  const { headers } = await request(program.address, 'POST', '/api/v1/referrals', {
    body: { ...marked, identifier: undefined },
    headers: { 'x-correlation-id': 'desk-42' },
  });
  expect(headers.get('x-correlation-id')).toBe('desk-42');
  const given = (await request(program.address, 'GET', '/health/live')).headers.get('x-correlation-id');
  expect(given).toMatch(/^[0-9a-f-]{36}$/);
  await program.stop();
  const lines = program
    .log()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ correlationId: 'desk-42', method: 'POST', route: '/api/v1/referrals', status: 201 }),
      expect.objectContaining({ correlationId: given, method: 'GET', route: '/health/live', status: 200 }),
    ]),
  );
  const events = (await eventsIn(folder)).filter(({ meta }) => meta.correlationId === 'desk-42');
  expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['ReferralReceived', 'ReferralStratified', 'NeedClaimed']));
});
