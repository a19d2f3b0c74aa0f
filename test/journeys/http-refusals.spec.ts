/** What a caller is told who asks for the wrong thing in the wrong way: the status, the code, and the place; never a fault of ours. */
import { get } from 'node:http';
import { asha, practitionerOn } from '../support/people';
import { emptyFolder, removeFolder, request, startServer, type Answer, type Program } from '../support/program';

interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly correlationId: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

const MB = 1024 * 1024;
const bea = { source: 'self', person: { name: { family: 'Ferreira-Fictional' }, birthDate: '1950-05-05' }, need: { inOwnWords: 'Stairs' } };
// A busy machine starts programs slowly.
jest.setTimeout(60_000);

let folder: string;
let program: Program;
let referral: string;

beforeAll(async () => {
  folder = emptyFolder();
  program = await startServer(folder);
  const { body } = await request<{ reference: string }>(program.address, 'POST', '/api/v1/referrals', { body: bea });
  referral = `/api/v1/referrals/${body.reference}`;
});

afterAll(async () => {
  await program.stop();
  removeFolder(folder);
});

const send = <Body = Problem>(method: string, path: string, options: Parameters<typeof request>[3] = {}): Promise<Answer<Body>> =>
  request<Body>(program.address, method, path, options);
const post = (raw: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  send('POST', '/api/v1/referrals', { raw, headers });

test('a refusal is problem+json with exactly its members, and repeats the correlation id', async () => {
  const answer = await send('POST', '/api/v1/referrals', {
    body: { ...bea, need: {}, sauce: 1 },
    headers: { 'x-correlation-id': 'desk-7' },
  });
  expect(answer.status).toBe(422);
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(answer.headers.get('x-correlation-id')).toBe('desk-7');
  expect(answer.body).toEqual({
    type: '/problems/unknown-field',
    title: 'There is no such field',
    status: 422,
    detail: 'There is no such field',
    code: 'unknown-field',
    correlationId: 'desk-7',
    errors: [{ path: '/sauce', message: 'There is no such field' }],
  });
});

test('under /fhir a refusal is an OperationOutcome that names the element', async () => {
  const body = { resourceType: 'ServiceRequest', status: 'active', intent: 'order', subject: { reference: '#p' }, colour: 'red' };
  const answer = await send<object>('POST', '/fhir', { body, headers: { 'content-type': 'application/fhir+json' } });
  expect(answer.status).toBe(400);
  expect(answer.headers.get('content-type')).toBe('application/fhir+json; charset=utf-8');
  expect(answer.body).toMatchObject({
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'error', expression: ['ServiceRequest.colour'] }],
  });
});

test.each([
  ['GET', '/nowhere', 404, 'not-found'],
  ['GET', '/api/v1/referrals/7K4Q-2M9X-3TBC', 404, 'unknown-referral'],
  ['GET', '/api/v1/referrals/%00', 404, 'unknown-referral'],
  ['GET', '/api/v1/referrals/%zz', 400, 'unreadable'],
  ['GET', '/%', 404, 'not-found'],
  ['GET', '/api/v1/waitlist?as-at=2999-11-01', 400, 'invalid-parameter'],
  ['GET', '/api/v1/waitlist?__proto__=1', 400, 'unknown-parameter'],
  ['GET', '/api/v1/waitlist?limit=1&limit=2', 400, 'invalid-parameter'],
  ['GET', '/api/v1/waitlist?limit=0', 400, 'invalid-parameter'],
  ['GET', '/api/v1/waitlist?limit=201', 400, 'invalid-parameter'],
  ['GET', '/api/v1/waitlist?cursor=W10', 400, 'invalid-parameter'],
  ['GET', '/api/v1/waitlist?after=yesterday', 400, 'invalid-parameter'],
  ['GET', '/api/v1/waitlist?stage=lost', 422, 'unknown-code'],
  ['GET', '/api/v1/waitlist?service=nowhere', 422, 'unknown-service'],
  ['GET', '/api/v1/caseload?contacts=2026-02-30', 422, 'unknown-code'],
  ['GET', '/api/v1/slots?from=2026-02-30', 400, 'invalid-parameter'],
  ['GET', '/api/v1/slots?type=group', 422, 'unknown-code'],
  ['GET', '/api/v1/codes?list=facts', 400, 'unknown-parameter'],
  ['POST', '/api/v1/referrals?service=northbank', 400, 'unknown-parameter'],
])('%s %s is %i %s', async (method, path, status, code) => {
  const answer = await send(method, path);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
});

test.each([
  ['GET', '/api/v1/referrals', 'POST'],
  ['DELETE', ':referral', 'GET, HEAD'],
  ['PUT', ':referral/events', 'GET, HEAD'],
  ['POST', ':referral/explanation', 'GET, HEAD'],
  ['GET', ':referral/accept', 'POST'],
  ['OPTIONS', '/api/v1/waitlist', 'GET, HEAD'],
  ['POST', '/', 'GET, HEAD'],
  ['DELETE', '/api/v1/practitioners', 'POST, GET, HEAD'],
])('%s %s is 405, and Allow says %s', async (method, path, allow) => {
  const answer = await send(method, path.replace(':referral', referral));
  expect([answer.status, answer.body.code]).toEqual([405, 'method-not-allowed']);
  expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(allow.split(', ').sort());
});

test('a command that does not exist is not found, whoever asks', async () => {
  expect(await send('POST', `${referral}/forget`, { body: {} })).toMatchObject({ status: 404, body: { code: 'not-found' } });
});

test('HEAD answers like GET without a body', async () => {
  const answer = await fetch(`${program.address}${referral}`, { method: 'HEAD' });
  expect([answer.status, answer.headers.get('etag'), await answer.text()]).toEqual([200, '"1"', '']);
});

test.each([
  ['/api/v1/waitlist', 'text/csv'],
  ['/api/v1/stream', 'application/json'],
  ['/', 'application/json'],
])('%s has nothing for somebody who accepts only %s', async (path, accept) => {
  expect(await send('GET', path, { headers: { accept } })).toMatchObject({ status: 406, body: { code: 'not-acceptable' } });
});

test('the FHIR door speaks JSON, whichever way XML is asked for', async () => {
  expect((await send('GET', '/fhir/metadata', { headers: { accept: 'application/fhir+xml' } })).status).toBe(406);
  expect((await send('GET', '/fhir/metadata?_format=xml')).status).toBe(406);
  expect((await send('GET', '/fhir/metadata?_format=json')).status).toBe(200);
  const accept = 'application/fhir+xml;q=0.9, application/fhir+json; fhirVersion=4.0';
  expect((await send('GET', '/fhir/metadata', { headers: { accept } })).status).toBe(200);
  expect((await send('GET', '/fhir/metadata', { headers: { accept: 'application/*;q=0' } })).status).toBe(406);
});

describe('a body', () => {
  const text = JSON.stringify(bea);
  const bytes = (...octets: number[]) => new Uint8Array(octets);

  test.each([
    ['of another type', text, { 'content-type': 'text/plain' }, 415, 'unsupported-media-type'],
    ['in another character set', text, { 'content-type': 'application/json; charset=iso-8859-1' }, 415, 'unsupported-media-type'],
    ['in an unknown compression', text, { 'content-encoding': 'compress' }, 415, 'unsupported-media-type'],
    ['that only says it is compressed', text, { 'content-encoding': 'gzip' }, 400, 'unreadable'],
    ['that is not UTF-8', bytes(0x7b, 0xff, 0x7d), {}, 400, 'not-utf-8'],
    ['that is not JSON', '{', {}, 400, 'not-json'],
    ['that is a list', '[]', {}, 400, 'unreadable'],
    ['that is null', 'null', {}, 400, 'unreadable'],
    ['that is text', '"referral"', {}, 400, 'unreadable'],
    ['of nothing', '', {}, 422, 'required'],
    ['one byte too large', ' '.repeat(MB + 1), {}, 413, 'too-large'],
    ['nested a hundred thousand deep', `{"need":${'['.repeat(1e5)}${']'.repeat(1e5)}}`, {}, 422, 'invalid'],
    ['with half a character', text.replace('Stairs', '\\ud800'), {}, 422, 'invalid'],
    ['with null somewhere', text.replace('"Stairs"', 'null'), {}, 422, 'null-not-allowed'],
    ['with a field of the engine', '{"__proto__":{"source":"self"}}', {}, 422, 'unknown-field'],
    ['with what only a door may add', JSON.stringify({ ...bea, original: {}, doorFlags: [] }), {}, 422, 'unknown-field'],
    ['for a service that is not there', JSON.stringify({ ...bea, service: 'nowhere' }), {}, 422, 'unknown-service'],
  ])('%s is refused', async (_, raw, headers, status, code) => {
    const answer = await post(raw, headers);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  test('is read with a byte order mark, and whatever the case of its type', async () => {
    const answer = await post(`\ufeff${text}`, { 'content-type': 'Application/JSON;Charset="UTF-8"' });
    expect(answer.status).toBe(201);
  });

  test('of more mistakes than anybody reads names the first hundred', async () => {
    const { status, body } = await send('POST', '/api/v1/referrals', {
      body: Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`x${n}`, n])),
    });
    expect([status, body.errors?.length]).toEqual([422, 100]);
  });
});

test.each([
  ['Idempotency-Key', 'two words'],
  ['Idempotency-Key', 'x'.repeat(201)],
  ['If-Match', 'W/"1"'],
  ['If-Match', '*'],
  ['If-Match', '1'],
  ['If-Match', '"01"'],
  ['If-Match', '"1", "2"'],
])('the header %s: %s is refused by name', async (name, value) => {
  const answer = await send('POST', `${referral}/add-information`, { body: { from: 'gp', text: 'Worse' }, headers: { [name]: value } });
  expect([answer.status, answer.body.code, answer.body.errors?.[0]?.path]).toEqual([400, 'invalid-header', name]);
});

test.each([
  ['waymark.example', 403],
  ['127.0.0.1.example:3000', 403],
  ['localhost', 200],
  ['[::1]:3000', 200],
])('a request that calls the server %s is answered with %i: nobody signs in, so no page elsewhere may reach it', async (host, status) => {
  const answered = new Promise((resolve, reject) =>
    get(`${program.address}/api/v1/waitlist`, { headers: { host } }, ({ statusCode }) => resolve(statusCode)).on('error', reject),
  );
  expect(await answered).toBe(status);
});

describe('whatever stands in a field', () => {
  const strange = [true, -1, 1e308, '', '\u0000', 'x'.repeat(10_001), [], [{}], { a: 1 }, '2026-02-30', { value: {} }, 'toString'];
  const whole = {
    source: 'family',
    suggestedBy: 'gp',
    identifier: [{ system: 'https://practice.example/ids', value: '7' }],
    receivedAt: '2026-01-05T09:12:00+00:00',
    person: {
      name: { family: 'Ferreira-Fictional', given: ['Bea'], preferred: 'B' },
      birthDate: '1950-05-05',
      nhsNumber: '999 000 0026',
      gender: 'female',
      address: { line: ['2 High Street'], postalCode: 'ZZ99 3WZ' },
      telecom: [{ system: 'phone', value: '01632 960002' }],
      gpPractice: { ods: 'A99991', name: 'Elm Practice' },
      formats: ['braille'],
      safeContact: { voicemail: false, telecom: [{ system: 'sms', value: '07700 900002' }], note: 'Evenings' },
    },
    referrer: { name: 'Cleo Ferreira-Fictional', relationship: 'daughter', organization: { ods: 'A99991' } },
    agreement: { basis: 'agreed', on: '2026-01-04' },
    need: { inOwnWords: 'Stairs', difficulties: ['moving-falls'], types: ['frailty-dementia'], conditions: [{ code: '1' }] },
    facts: { cfs: 6, 'lives-alone': 'unknown', phq9: { value: 12, on: '2026-01-03', by: 'person', source: 'GP' } },
    redFlags: ['unable-to-cope-tonight'],
    safeguarding: { concern: true, note: 'Ask alone' },
    equality: { ethnicity: 'A', deprivation: { decile: 3, table: 'IMD 2019' } },
  };
  type Place = readonly (string | number)[];

  function places(value: unknown, at: Place = []): Place[] {
    if (typeof value !== 'object' || value === null) return [at];
    return [at, ...Object.entries(value).flatMap(([name, inner]) => places(inner, [...at, Array.isArray(value) ? Number(name) : name]))];
  }

  function changed(value: unknown, [first, ...rest]: Place, to: unknown): unknown {
    if (first === undefined) return to;
    if (Array.isArray(value)) return value.map((inner: unknown, n) => (n === first ? changed(inner, rest, to) : inner));
    return Object.fromEntries(
      Object.entries(value as object).map(([name, inner]) => [name, name === first ? changed(inner, rest, to) : inner]),
    );
  }

  test.each([
    ['a referral', '/api/v1/referrals', whole],
    ['a practitioner', '/api/v1/practitioners', { ...asha, service: 'northbank', scope: { strata: ['work'], ages: { from: 18, to: 65 } } }],
    [
      'a session',
      '/api/v1/clinics/quayside/sessions',
      {
        service: 'northbank',
        place: 'Elm',
        date: '2026-01-05',
        start: '09:00',
        end: '10:00',
        slotMinutes: 30,
        practitioner: 'x',
        types: ['first'],
      },
    ],
    [
      'information',
      ':referral/add-information',
      { from: 'gp', text: 'Worse', facts: { cfs: 7 }, redFlags: [], note: 'n', occurredAt: '2026-01-05T09:00:00Z' },
    ],
    ['an acceptance', ':referral/accept', { stratum: 'work', tier: 'targeted', priority: 'soon', reason: 'nothing' }],
    [
      'a measure',
      ':referral/record-measure',
      { instrument: 'x', variant: 'y', value: 1, on: '2026-01-05', completedBy: 'person', occasion: 'final' },
    ],
    ['a discharge', ':referral/discharge', { reason: 'x', destination: 'y', noOutcomeReason: 'z', summary: { did: 'd', gpToDo: 'g' } }],
  ])(
    'of %s, the answer is never a fault',
    async (_, path, body) => {
      const headers = { 'waymark-actor': await practitionerOn(program), 'if-match': '"1"' };
      const bodies = places(body).flatMap((place) => strange.map((value) => changed(body, place, value)));
      const faults: unknown[] = [];
      const queue = bodies.values();
      const worker = async () => {
        for (const each of queue) {
          const { status, body: said } = await send('POST', path.replace(':referral', referral), { body: each, headers });
          if (status >= 500 || (status >= 400 && said.type !== `/problems/${said.code}`)) faults.push({ status, said, each });
        }
      };
      await Promise.all(Array.from({ length: 8 }, worker));
      expect(faults).toEqual([]);
      expect(program.log()).not.toContain('"level":50');
    },
    120_000,
  );
});
