/** Commands about a referral: who may, on which revision, and what the same one again is told. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ada, asha, practitionerOn, sessionOn, Told } from '../support/people';
import { emptyFolder, removeFolder, request, root, startServer, type Answer, type Program } from '../support/program';

const accept = { stratum: 'frailty', tier: 'targeted', priority: 'soon', reason: 'agree-with-suggestion' };
// A busy machine starts programs slowly.
jest.setTimeout(60_000);

let folder: string;
let config: string;
let program: Program;
let clinician: string;
let people = 0;

beforeAll(async () => {
  folder = emptyFolder();
  config = mkdtempSync(join(tmpdir(), 'waymark-config-'));
  cpSync(join(root, 'config'), config, { recursive: true });
  const northbank = readFileSync(join(config, 'services/northbank.yaml'), 'utf8');
  const southbank = northbank.replace('id: northbank', 'id: southbank').replace('default: true', 'default: false');
  writeFileSync(join(config, 'services/southbank.yaml'), southbank);
  program = await startServer(folder, { WAYMARK_CONFIG: config });
  clinician = await practitionerOn(program);
});

afterAll(async () => {
  await program.stop();
  removeFolder(folder);
  rmSync(config, { recursive: true });
});

/** Somebody whom nobody has referred before. */
function somebody(): object {
  people += 1;
  return { ...ada, person: { name: { family: `Fictional-${people}`, given: ['Ada'] }, birthDate: '1941-02-03' } };
}

const told = (body: object = somebody()) => Told.by(program, clinician, body);

function post<Body = Record<string, unknown>>(path: string, body: object, headers: Record<string, string> = {}): Promise<Answer<Body>> {
  return request<Body>(program.address, 'POST', path, { body, headers });
}

describe('whoever acts', () => {
  const staffCommands = [
    ...['claim', 'accept', 'return-with-advice', 'redirect', 'decline', 'withdraw', 'enter-in-error', 'record-death'],
    ...['book', 'cancel', 'record-attendance', 'start-treatment', 'record-measure', 'discharge'],
  ];

  test.each(staffCommands)('%s needs a name, and a name that the service knows, before anything else is looked at', async (command) => {
    const { reference } = await told();
    const path = `/api/v1/referrals/${reference}/${command}`;
    expect(await post(path, { nonsense: 1 }, { 'if-match': '"1"' })).toMatchObject({ status: 401, body: { code: 'actor-needed' } });
    for (const stranger of ['00000000-0000-4000-8000-000000000000', 'Asha', '']) {
      const answer = await post(path, { nonsense: 1 }, { 'if-match': '"1"', 'waymark-actor': stranger });
      expect(answer).toMatchObject({ status: 401, body: { code: 'unknown-actor' } });
    }
  });

  test('needs no name to say what is new', async () => {
    const { reference } = await told();
    const answer = await post(`/api/v1/referrals/${reference}/add-information`, { from: 'gp', text: 'Fell again' });
    expect(answer).toMatchObject({ status: 200, body: { events: [{ type: 'InformationAdded' }, { type: 'ReferralStratified' }] } });
  });

  test('is nobody in another service', async () => {
    const { reference } = await told({ ...somebody(), service: 'southbank' });
    const path = `/api/v1/referrals/${reference}/claim`;
    expect(await post(path, {}, { 'waymark-actor': clinician })).toMatchObject({ status: 401, body: { code: 'unknown-actor' } });
    const colleague = await practitionerOn(program, { ...asha, service: 'southbank' });
    expect(await post(path, {}, { 'waymark-actor': colleague })).toMatchObject({ status: 200 });
    expect(await post('/api/v1/referrals', somebody(), { 'waymark-actor': colleague })).toMatchObject({ status: 401 });
  });

  test('decides nothing once their registration has ended, or outside their scope', async () => {
    const lapsed = await practitionerOn(program, { ...asha, registration: { body: 'HCPC', number: 'OT90002', expires: '2026-01-31' } });
    const elsewhere = await practitionerOn(program, { ...asha, scope: { strata: ['work'] } });
    const referral = await told();
    expect(await referral.does('accept', accept, { 'waymark-actor': lapsed })).toMatchObject({
      status: 403,
      body: { code: 'not-registered' },
    });
    expect(await referral.does('accept', accept, { 'waymark-actor': elsewhere })).toMatchObject({
      status: 403,
      body: { code: 'out-of-scope' },
    });
  });
});

describe('a decision', () => {
  test('says which revision it was taken on', async () => {
    const { reference } = await told();
    const answer = await post(`/api/v1/referrals/${reference}/accept`, accept, { 'waymark-actor': clinician });
    expect(answer).toMatchObject({ status: 428, body: { code: 'revision-needed' } });
  });

  test('on a revision that something has come after is given back with it in words', async () => {
    const referral = await told();
    await post(`/api/v1/referrals/${referral.reference}/add-information`, { from: 'gp', text: 'Fell again' });
    const answer = await referral.does('accept', accept, { 'if-match': '"1"' });
    expect(answer).toMatchObject({
      status: 412,
      body: {
        code: 'stale',
        since: [
          { type: 'InformationAdded', words: 'Information added, from gp' },
          { type: 'ReferralStratified', words: expect.stringContaining('The rules suggest') },
        ],
      },
    });
  });

  test('on a revision that is not there yet is stale too', async () => {
    expect(await (await told()).does('accept', accept, { 'if-match': '"9"' })).toMatchObject({ status: 412, body: { code: 'stale' } });
  });

  test('is taken over what has nothing to do with it, and answers with the new revision', async () => {
    const referral = await told();
    const before = (await referral.read()).headers.get('etag') ?? '';
    await referral.does('claim', {});
    const answer = await referral.does('accept', accept, { 'if-match': before });
    expect(answer).toMatchObject({ status: 200, body: { revision: 3, stage: 'waiting' } });
    expect(answer.headers.get('etag')).toBe('"3"');
    expect((await referral.read()).headers.get('etag')).toBe('"3"');
  });

  test('on what was decided before is refused for the state of things', async () => {
    const referral = await told();
    await referral.does('accept', accept);
    expect(await referral.does('decline', { reason: 'x', criterion: 'y', alternative: 'z' })).toMatchObject({
      status: 409,
      body: { code: 'already-decided' },
    });
  });
});

describe('the same request again', () => {
  /** Sends twice with one key, then something else with it. */
  async function again(path: string, body: object, other: object, headers: Record<string, string> = {}) {
    const keyed = { ...headers, 'idempotency-key': `key-${people}-${path.length}-${Math.random()}` };
    const answers = [];
    for (const each of [body, body, other]) {
      const answer = await fetch(`${program.address}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...keyed },
        body: JSON.stringify(each),
      });
      answers.push({ status: answer.status, text: await answer.text(), replayed: answer.headers.get('idempotency-replayed') });
    }
    const [first, second, reused] = answers;
    expect(first?.replayed).toBeNull();
    expect(second).toEqual({ ...first, replayed: 'true' });
    expect(reused).toMatchObject({ status: 422, text: expect.stringContaining('idempotency-key-reused') });
    return JSON.parse(first?.text ?? '') as Record<string, unknown>;
  }

  test('for a referral is told what was said the first time', async () => {
    const body = somebody();
    expect(await again('/api/v1/referrals', body, { ...body, redFlags: [] })).toMatchObject({ outcome: 'accepted', reasons: [] });
  });

  test('for a referral that was linked to an open one, too', async () => {
    const body = somebody();
    const { reference } = await told(body);
    const more = { ...body, need: { reason: 'Fell again' } };
    expect(await again('/api/v1/referrals', more, body)).toMatchObject({ outcome: 'linked', linkedTo: reference });
  });

  test('for a practitioner', async () => {
    expect(Object.keys(await again('/api/v1/practitioners', asha, { ...asha, level: 'ap' }))).toEqual(['id']);
  });

  test('for a session', async () => {
    const session = {
      service: 'northbank',
      place: 'Elm',
      date: '2999-01-05',
      start: '09:00',
      end: '10:00',
      practitioner: clinician,
      types: ['first'],
    };
    const answer = await again('/api/v1/clinics/elm/sessions', session, { ...session, place: 'Oak' });
    expect(answer).toEqual({ id: expect.any(String), slots: [expect.anything(), expect.anything()] });
  });

  test('for every kind of command, whatever has happened since', async () => {
    const [slot] = await sessionOn(program, clinician, `quayside-${people}`);
    const referral = await told();
    const path = (command: string) => `/api/v1/referrals/${referral.reference}/${command}`;
    const actor = { 'waymark-actor': clinician };
    const onScreen = async () => ({ ...actor, 'if-match': (await referral.read()).headers.get('etag') ?? '' });
    await again(path('add-information'), { from: 'gp', text: 'Worse' }, { from: 'gp', text: 'Better' });
    await again(path('claim'), {}, { note: 'Mine' }, actor);
    await again(path('accept'), accept, { ...accept, tier: 'specialist' }, await onScreen());
    await again(path('book'), { slot: slot?.id, type: 'first' }, { slot: slot?.id, type: 'follow-up' }, actor);
    const { body } = await referral.read<{ appointments: { id: string }[] }>();
    const cancel = { appointment: body.appointments[0]?.id, by: 'person', reason: 'unwell' };
    expect(await again(path('cancel'), cancel, { ...cancel, note: 'Rang' }, await onScreen())).toMatchObject({
      stage: 'waiting',
      events: [{ type: 'AppointmentCancelledByPerson' }],
    });
    await again(path('withdraw'), { by: 'person', reason: 'moved-away' }, { by: 'person', reason: 'no-longer-needed' }, actor);
  });

  test('is known wherever the other one would lead: another referral, clinic day or identifier, even after a restart', async () => {
    const [one, other] = [await told(), await told()];
    const actor = { 'waymark-actor': clinician };
    const claims = (reference: string, key: string) =>
      post(`/api/v1/referrals/${reference}/claim`, {}, { ...actor, 'idempotency-key': key });
    const session = { service: 'northbank', place: 'Elm', date: '2999-02-05', start: '09:00', end: '10:00', types: ['first'] };
    const opens = (date: string) =>
      post('/api/v1/clinics/elm/sessions', { ...session, practitioner: clinician, date }, { 'idempotency-key': 'one-day' });
    const named = somebody();
    const refers = (value: string) =>
      post(
        '/api/v1/referrals',
        { ...named, identifier: [{ system: 'https://sender.example/id', value }] },
        { 'idempotency-key': 'one-name' },
      );
    expect([await claims(one.reference, 'one-claim'), await opens('2999-02-05'), await refers('A')]).toMatchObject([
      { status: 200 },
      { status: 201 },
      { status: 201 },
    ]);
    const reused = { status: 422, body: { code: 'idempotency-key-reused' } };
    const anew = async () => [await claims(other.reference, 'one-claim'), await opens('2999-02-06'), await refers('B')];
    expect(await anew()).toMatchObject([reused, reused, reused]);
    await program.stop();
    program = await startServer(folder, { WAYMARK_CONFIG: config });
    expect(await anew()).toMatchObject([reused, reused, reused]);
    expect(await claims(one.reference, 'one-claim')).toMatchObject({ status: 200 });
  });

  test('at the same moment is one request', async () => {
    const body = somebody();
    const headers = { 'idempotency-key': `both-${people}` };
    const answers = await Promise.all([1, 2, 3].map(() => post<{ reference: string }>('/api/v1/referrals', body, headers)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
  });

  test('without a key is another one, and nothing to do is an answer', async () => {
    const referral = await told();
    expect(await referral.does('record-death', {})).toMatchObject({ status: 200, body: { events: [{ type: 'DeathRecorded' }] } });
    expect(await referral.does('record-death', {})).toMatchObject({ status: 200, body: { events: [], stage: 'ended' } });
  });
});

describe('a referral that is read', () => {
  test('is as it was sent, with where it stands, and its address was in the answer', async () => {
    const body = somebody();
    const sent = await post<{ reference: string }>('/api/v1/referrals', body);
    const location = sent.headers.get('location') ?? '';
    expect(location).toBe(`/api/v1/referrals/${sent.body.reference}`);
    const { body: read, headers } = await request<Record<string, unknown>>(program.address, 'GET', location);
    expect(read).toMatchObject(body);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(read).toMatchObject({
      id: expect.any(String),
      reference: sent.body.reference,
      service: 'northbank',
      channel: 'api',
      revision: 1,
      stage: 'triage',
      flags: expect.any(Array),
      nextStep: { what: expect.any(String), who: 'service', by: expect.any(String) },
      clock: { start: expect.any(String), days: 0 },
      suggestion: {
        stratum: 'frailty',
        tier: expect.any(String),
        priority: 'soon',
        targets: { triage: expect.any(String), firstContact: expect.any(String), treatment: expect.any(String) },
        reasons: expect.arrayContaining([{ rule: expect.any(String), because: expect.any(String), evidence: expect.any(Array) }]),
        missing: expect.any(Array),
        ruleSet: expect.any(String),
      },
      appointments: [],
      goals: [],
      measures: [],
      contacts: { used: 0, allowed: 6 },
      erased: false,
    });
    expect(read).not.toHaveProperty('decision');
  });

  test('is found by its reference however it is typed', async () => {
    const { reference } = await told();
    for (const typed of [reference.toLowerCase(), reference.replaceAll('-', ''), reference.replaceAll('-', ' '), ` ${reference} `]) {
      const answer = await request<{ reference: string }>(program.address, 'GET', `/api/v1/referrals/${encodeURIComponent(typed)}`);
      expect([answer.status, answer.body.reference]).toEqual([200, reference]);
    }
  });

  test('tells its history in words, and why the rules suggest what they do', async () => {
    const referral = await told();
    await referral.does('accept', accept);
    const events = await request<{ events: { type: string; words: string; actor: string }[] }>(
      program.address,
      'GET',
      `/api/v1/referrals/${referral.reference}/events`,
    );
    expect(events.body.events.map(({ type }) => type)).toEqual(['ReferralReceived', 'ReferralStratified', 'ReferralAccepted']);
    expect(events.body.events.at(-1)?.actor).toBe(clinician);
    expect(JSON.stringify(events.body)).not.toContain('Fictional');
    const explanation = await request(program.address, 'GET', `/api/v1/referrals/${referral.reference}/explanation`);
    expect(explanation.body).toMatchObject({ stratum: 'frailty', reasons: expect.any(Array), nearly: expect.any(Array) });
    expect((await referral.read()).body).toMatchObject({ decision: { type: 'ReferralAccepted', by: clinician, ...accept } });
  });
});
