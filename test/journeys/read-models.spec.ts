/** The read models under an operator's hands, on a server that goes on working: rebuilt under load, killed meanwhile, with a row that is parked. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { RecordedEvent } from '@waymark/kernel';
import { readModels } from '@waymark/read-models';
import { openLogOf } from '../support/log-of';
import { ada, asha, practitionerOn, Told } from '../support/people';
import { emptyFolder, removeFolder, request, startServer, waymark, type Program } from '../support/program';
import { differencesFromFold, eventsIn } from '../support/rebuilt';

// A busy machine starts programs slowly.
jest.setTimeout(120_000);

interface List {
  readonly total: number;
  readonly notUpToDate?: number;
  readonly asAt: { readonly position: string };
  readonly items: readonly { readonly reference: string; readonly notUpToDate?: boolean }[];
}
interface Waiting {
  readonly reaction: string;
  readonly key: string;
  readonly eventId: string;
}
interface Parked {
  readonly projection: string;
  readonly key: string;
  readonly eventId: string;
  readonly attempts: number;
}

let folder: string;
let program: Program;
beforeEach(async () => {
  folder = emptyFolder();
  program = await startServer(folder);
});
afterEach(async () => {
  await program.stop();
  removeFolder(folder);
});

const body = (n: number) => ({ ...ada, person: { name: { family: `Fictional-${n}`, given: ['Ada'] }, birthDate: '1941-02-03' } });
const receive = (n: number) => request<{ reference: string }>(program.address, 'POST', '/api/v1/referrals', { body: body(n) });
const triageList = () => request<List>(program.address, 'GET', '/api/v1/waitlist?stage=triage');
const ready = () => request<{ status: string; checks: Record<string, { parked: number }> }>(program.address, 'GET', '/health/ready');

/** Referrals come in, and pages are read, for as long as `during` takes. */
async function underLoad(
  during: () => Promise<void>,
): Promise<{ received: string[]; pages: { status: number; total: number; known: number }[] }> {
  let on = true;
  const received: string[] = [];
  const pages: { status: number; total: number; known: number }[] = [];
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const writer = (async () => {
    for (let n = 0; on; n++) {
      const answer = await receive(n).catch(() => undefined);
      if (answer?.status === 201) received.push(answer.body.reference);
      await pause(50);
    }
  })();
  const reader = (async () => {
    while (on) {
      const known = received.length;
      const answer = await triageList().catch(() => undefined);
      if (answer) pages.push({ status: answer.status, total: answer.body.total, known });
      await pause(20);
    }
  })();
  await during();
  on = false;
  await Promise.all([writer, reader]);
  return { received, pages };
}

test('a list is rebuilt while referrals come in: pages keep answering with whole lists, and the new table is the fold of the log', async () => {
  const rebuilt: { code: number; out: string }[] = [];
  const { received, pages } = await underLoad(async () => {
    while ((await triageList()).body.total < 20) await new Promise((resolve) => setTimeout(resolve, 50));
    for (let again = 0; again < 3; again++) rebuilt.push(await waymark(folder, ['projections', 'rebuild', 'waitlist', '--json']));
  });

  for (const { code, out } of rebuilt) {
    expect(code).toBe(0);
    const { request: asked } = JSON.parse(out) as { request: { status: string; result: { compared: object } } };
    expect(asked).toMatchObject({ status: 'done', result: { compared: { onlyBefore: 0, onlyAfter: 0, different: 0 } } });
  }
  expect(pages.length).toBeGreaterThan(20);
  expect(pages.filter(({ status }) => status !== 200)).toEqual([]);
  // A list never shows fewer than it showed before: no page met a table that was not whole.
  const totals = pages.map(({ total }) => total);
  expect(totals).toEqual([...totals].sort((a, b) => a - b));
  expect(await eventually(triageList, ({ body }) => body.total === received.length)).toBeDefined();
  expect(await differencesFromFold(folder)).toEqual([]);
});

test('a rebuild outlives the server that began it', async () => {
  for (let n = 0; n < 5; n++) await receive(n);
  for (let again = 0; again < 2; again++) {
    const asked = waymark(folder, ['projections', 'rebuild', 'caseload', '--json']);
    await new Promise((resolve) => setTimeout(resolve, 300 * again));
    await program.stop('SIGKILL');
    program = await startServer(folder);
    expect(JSON.parse((await asked).out)).toMatchObject({ request: { status: 'done' } });
  }
  const { out } = await waymark(folder, ['projections', 'status', '--json']);
  expect(JSON.parse(out)).toMatchObject({ kept: [] });
  expect(await differencesFromFold(folder)).toEqual([]);
});

test('an event that a row cannot take parks that row and no other; an operator skips it, with a reason', async () => {
  const practitioner = await practitionerOn(program);
  const told = await Told.by(program, practitioner);
  const other = await receive(1);
  await appendBadly(told.reference);

  const parked = await eventually(
    async () => JSON.parse((await waymark(folder, ['projections', 'parked', '--json'])).out) as { parked: Parked[] },
    (found) => found.parked.length > 0 && found.parked.every(({ attempts }) => attempts === 3),
  );
  const status = await waymark(folder, ['projections', 'status', '--json']);
  expect(status.code).toBe(1);
  expect(parked.parked.map(({ projection }) => projection)).toContain('waitlist');
  expect((await ready()).body).toMatchObject({ status: 'degraded', checks: { waitlist: { status: 'live', parked: 1 } } });
  const { body: list } = await triageList();
  expect(list.notUpToDate).toBe(1);
  expect(list.items.map(({ reference, notUpToDate }) => [reference, notUpToDate ?? false]).sort()).toEqual(
    [
      [told.reference, true],
      [other.body.reference, false],
    ].sort(),
  );
  // A list as it was says of the same row that it is not up to date.
  const asAt = (position: string) => request<List>(program.address, 'GET', `/api/v1/waitlist?stage=triage&as-at=${position}`);
  const marked = await asAt(list.asAt.position);
  expect(marked).toMatchObject({ status: 200, body: { notUpToDate: 1, total: 2, items: list.items } });
  expect(program.log()).not.toContain(ada.person.name.family);

  for (const { projection, eventId } of parked.parked) {
    const skip = await waymark(folder, ['projections', 'skip', projection, eventId, '--reason', 'made by a test', '--as', 'olu']);
    expect(skip).toMatchObject({ code: 0, err: '' });
  }
  expect((await waymark(folder, ['projections', 'status'])).code).toBe(0);
  expect((await triageList()).body.notUpToDate).toBeUndefined();
  expect((await ready()).body.status).toBe('up');
  // It is passed over by a list as it was, and by a rebuild.
  const then = await asAt(list.asAt.position);
  expect([then.status, then.body.total, then.body.notUpToDate]).toEqual([200, list.total, undefined]);
  expect((await waymark(folder, ['projections', 'rebuild', 'waitlist'])).code).toBe(0);
  const { skips } = JSON.parse((await waymark(folder, ['projections', 'parked', '--json'])).out) as { skips: object[] };
  expect(skips).toContainEqual(expect.objectContaining({ projection: 'waitlist', reason: 'made by a test', skippedBy: 'olu' }));
});

test('an event that a reaction cannot deal with waits; an operator tries it again, and skips it with a reason', async () => {
  const told = await Told.by(program, await practitionerOn(program));
  await appendBooking(told.reference);
  const listed = async () =>
    JSON.parse((await waymark(folder, ['projections', 'parked', '--json'])).out) as { reactions: Waiting[]; skips: object[] };

  const [waiting] = (await eventually(listed, ({ reactions }) => reactions.length > 0)).reactions;
  expect(waiting).toMatchObject({ reaction: 'reservations', queued: 1, error: expect.stringContaining('confirm-slot was refused') });
  const { key, eventId } = waiting!;
  expect((await waymark(folder, ['projections', 'parked'])).out).toContain(eventId);

  const retry = await waymark(folder, ['projections', 'retry', 'reservations', key]);
  expect(retry).toMatchObject({ code: 1, err: expect.stringContaining('It waits again') });
  expect(await waymark(folder, ['projections', 'retry', 'reservations', 'clinic-northbank-none'])).toMatchObject({ code: 1 });

  const skip = ['projections', 'skip', 'reservations', eventId, '--reason', 'made by a test', '--as', 'olu'];
  expect(await waymark(folder, skip)).toMatchObject({ code: 0, err: '', out: expect.stringContaining('passed over') });
  expect(await listed()).toMatchObject({
    reactions: [],
    skips: [{ projection: 'reservations', eventId, reason: 'made by a test', skippedBy: 'olu' }],
  });
  const { body } = await request<{ checks: { reactions: { reactions: object[] } } }>(program.address, 'GET', '/health/ready');
  expect(body.checks.reactions.reactions).toMatchObject([{ name: 'reservations', waiting: 0, parked: 0 }]);
});

test('a changed list that is being built says how far it is and when to ask again; the others answer meanwhile', async () => {
  for (let n = 0; n < 5; n++) await receive(n);
  const events = await eventsIn(folder);
  await eventually(triageList, ({ body }) => body.asAt.position === events.at(-1)!.position);
  const before = events.findIndex(({ type }) => type === 'ReferralReceived');
  leaveHalfBuilt('waitlist', events[before - 1]!, (events.length - before) / 180);

  const list = await request(program.address, 'GET', '/api/v1/waitlist');
  expect([list.status, list.headers.get('content-type'), list.headers.get('retry-after')]).toEqual([
    503,
    expect.stringMatching(/^application\/problem\+json/),
    '180',
  ]);
  const [from, to] = [events[before - 1]!, events.at(-1)!].map(({ position }) => Number(position)) as [number, number];
  const percent = Math.floor((100 * from) / to);
  expect(list.body).toMatchObject({
    status: 503,
    code: 'unavailable',
    detail: `The list waitlist is being prepared, ${percent} %, about 3 minutes. Ask again then`,
  });
  const others = await Promise.all(['caseload', 'outcomes', 'journal'].map((name) => request(program.address, 'GET', `/api/v1/${name}`)));
  expect(others.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(await ready()).toMatchObject({ status: 503, body: { status: 'down', checks: { waitlist: { status: 'rebuilding' } } } });

  // Intake goes on, and with it the runner, which finds the list where the other build left it.
  expect((await receive(5)).status).toBe(201);
  const whole = await eventually(triageList, ({ status }) => status === 200);
  expect(whole.body.total).toBe(6);
  await eventually(ready, ({ body }) => body.status === 'up');
  expect(await differencesFromFold(folder)).toEqual([]);
});

test('the figures name routes and read models, and nobody', async () => {
  const practitioner = await practitionerOn(program, asha);
  const told = await Told.by(program, practitioner);
  await told.read();
  await request(program.address, 'GET', `/nowhere/${told.reference}`);

  const { status, headers, body: text } = await request<string>(program.address, 'GET', '/metrics');

  expect(status).toBe(200);
  expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  for (const line of [
    /^waymark_projection_lag_events\{projection="waitlist"\} \d+$/m,
    /^waymark_projection_parked_rows\{projection="waitlist"\} 0$/m,
    /^waymark_runner_late 0$/m,
    /^waymark_log_events_total [1-9]\d*$/m,
    /^waymark_http_request_seconds_count\{method="GET",route="\/api\/v1\/referrals\/:reference",status="200"\} \d+$/m,
    /^waymark_http_request_seconds_count\{method="GET",route="none",status="404"\} 1$/m,
    /^nodejs_eventloop_lag_p99_seconds \d/m,
  ])
    expect(text).toMatch(line);
  for (const secret of [told.reference, practitioner, ada.person.name.family, 'nowhere']) expect(text).not.toContain(secret);
});

/** As a build that was killed leaves it: the table holds what the log says up to here, and no referral is in that. */
function leaveHalfBuilt(name: string, { position, hash }: RecordedEvent, rate: number): void {
  const db = new Database(join(folder, 'read.db'));
  db.transaction(() => {
    db.exec(`DELETE FROM ${name}_v${readModels.find((model) => model.name === name)!.version}`);
    db.prepare(`UPDATE projections SET status = 'rebuilding', position = ?, hash = ?, rate = ? WHERE name = ?`).run(
      position,
      hash,
      rate,
      name,
    );
  }).immediate();
  db.close();
}

/** As no command ever does: an acceptance that says nothing. */
function appendBadly(reference: string): Promise<void> {
  return appendTo(reference, 'ReferralAccepted', () => ({}));
}

/** As no command ever does: an appointment in a clinic that nobody has opened. */
function appendBooking(reference: string): Promise<void> {
  return appendTo(reference, 'AppointmentBooked', ({ personId }) => {
    const start = new Date(Date.now() + 3 * 86_400_000).toISOString();
    const end = new Date(Date.parse(start) + 1_800_000).toISOString();
    const slot = `nowhere.${start.slice(0, 10)}.0900.1`;
    const clinicStream = `clinic-northbank-nowhere-${start.slice(0, 10)}`;
    return {
      personId,
      bookingId: randomUUID(),
      clinicStream,
      slot,
      type: 'first',
      place: 'Nowhere',
      practitionerId: randomUUID(),
      start,
      end,
    };
  });
}

/** As another process would. */
async function appendTo(reference: string, type: string, dataOf: (receipt: Record<string, unknown>) => object): Promise<void> {
  const events = await eventsIn(folder);
  const { stream, data } = events.find((event) => event.type === 'ReferralReceived' && event.data['reference'] === reference)!;
  const store = await openLogOf(folder);
  const commandId = randomUUID();
  const result = await store.append(stream, events.filter((event) => event.stream === stream).at(-1)!.revision, [
    {
      id: randomUUID(),
      type,
      schemaVersion: 1,
      occurredAt: new Date().toISOString(),
      data: dataOf(data) as Record<string, unknown>,
      meta: { service: 'northbank', actor: 'machine', role: 'machine', commandId, correlationId: commandId },
    },
  ]);
  await store.close();
  expect(result.outcome).toBe('appended');
}

async function eventually<T>(ask: () => Promise<T>, until: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (until(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
