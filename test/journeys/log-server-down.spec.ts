/** The server that keeps the log goes away while Waymark runs, or is not there when it starts: what is said, what still answers, and what is lost (nothing). */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startRelay, type EventStoreServer, type Relay } from '../support/eventstoredb';
import { logServerOf } from '../support/log-servers';
import { ada } from '../support/people';
import { emptyFolder, environmentOf, removeFolder, request, runCli, startServer, waymark, type Program } from '../support/program';
import { differencesFromFold, eventsIn } from '../support/rebuilt';

// Every server is a process of its own; on a busy machine each takes seconds to start.
jest.setTimeout(120_000);

let folder: string;
let log: EventStoreServer;
/** Between Waymark and the server: a port that nobody else is given while the server cannot be reached. */
let link: Relay;
let program: Program | undefined;

beforeEach(async () => {
  folder = emptyFolder();
  log = await logServerOf(folder);
  link = await startRelay(log.port);
});
afterEach(async () => {
  await program?.stop('SIGKILL');
  program = undefined;
  await link.close();
  removeFolder(folder);
});

const started = () => startServer(folder, { EVENTSTOREDB_URL: link.url });
const said = async (...words: string[]) => runCli(words, await environmentOf(folder, { EVENTSTOREDB_URL: link.url }));

function goAway(): void {
  link.refuse();
  link.cut();
}

interface Ready {
  readonly status: string;
  readonly checks: Readonly<Record<string, { readonly status: string; readonly lastError?: string | null }>>;
}
interface List {
  readonly items: readonly { readonly reference: string }[];
  readonly total: number;
}

const refer = ({ address }: Program, family: string) =>
  request<{ reference: string; code: string; detail: string }>(address, 'POST', '/api/v1/referrals', {
    body: { ...ada, person: { name: { family }, birthDate: '1950-01-01' } },
    headers: { 'idempotency-key': family },
  });
const ready = ({ address }: Program) => request<Ready>(address, 'GET', '/health/ready');

/** Of `total` referrals, once the lists show what was recorded last. */
async function listed({ address }: Program, total: number): Promise<Readonly<Record<string, List>>> {
  const lists: Record<string, List> = {};
  const waitlist = () => request<List>(address, 'GET', '/api/v1/waitlist?stage=triage');
  await eventually(waitlist, ({ status, body }) => status !== 200 || body.total === total);
  for (const name of ['waitlist?stage=triage', 'caseload', 'outcomes', 'journal']) {
    const { status, body } = await request<List>(address, 'GET', `/api/v1/${name}`);
    expect([name, status]).toEqual([name, 200]);
    lists[name] = { items: body.items, total: body.total };
  }
  return lists;
}

async function eventually<T>(ask: () => Promise<T>, until: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (until(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function receivedIn(of: string): Promise<number> {
  return (await eventsIn(of)).filter(({ type }) => type === 'ReferralReceived').length;
}

test('while it is away nothing is taken in and the lists are served; when it is back the same request is stored, once', async () => {
  program = await started();
  expect((await refer(program, 'Before-Fictional')).status).toBe(201);
  await eventually(
    () => ready(program!),
    ({ body }) => body.status === 'up',
  );
  const before = await listed(program, 1);

  goAway();
  const refused = await refer(program, 'During-Fictional');
  expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([503, 'unavailable', '2']);
  expect(refused.body.detail).toMatch(/Send the same again/);
  expect(await listed(program, 1)).toEqual(before);
  const down = await eventually(
    () => ready(program!),
    ({ status }) => status === 503,
  );
  expect(down.body.status).toBe('down');
  expect(down.body.checks['waitlist']).toMatchObject({
    status: 'faulted',
    lastError: expect.stringMatching(/^The event log on the server cannot be followed just now/),
  });
  expect((await request(program.address, 'GET', '/metrics')).status).toBe(200);
  expect((await request(program.address, 'GET', '/health/live')).status).toBe(200);

  link.accept();
  const received = await refer(program, 'During-Fictional');
  expect(received.status).toBe(201);
  const again = await refer(program, 'During-Fictional');
  expect([again.status, again.body.reference]).toEqual([201, received.body.reference]);
  expect(await receivedIn(folder)).toBe(2);
  await eventually(
    () => ready(program!),
    ({ body }) => body.status === 'up',
  );
  await listed(program, 2);
  expect(program.log()).toMatch(/is followed again; nothing was left out/);
  expect(program.log()).not.toMatch(/Fictional|1950-01-01/);
  expect(await program.stop()).toBe(0);
  expect(await differencesFromFold(folder)).toEqual([]);
});

test('an append whose answer was lost is stored once, whoever sends it again', async () => {
  program = await startServer(folder);
  log.faults.switchOn('answer-lost', { times: 1, calls: ['append'] });
  const first = await refer(program, 'Lost-Fictional');
  expect(first.status).toBe(201);
  const again = await refer(program, 'Lost-Fictional');
  expect(again.body.reference).toBe(first.body.reference);
  expect(log.counters.faults['answer-lost']).toBe(1);
  expect(await receivedIn(folder)).toBe(1);
});

test('a start waits for it a little; where none comes it ends with one line', async () => {
  goAway();
  await expect(started()).rejects.toThrow(
    /ended with 3 before it listened: EVENTSTOREDB_URL: no server answers there; start it, or name another\n$/,
  );
  expect(await said('show', 'waitlist')).toEqual({
    code: 3,
    out: '',
    err: 'EVENTSTOREDB_URL: no server answers there; start it, or name another\n',
  });

  const before = link.counters.refused;
  const starting = started();
  while (link.counters.refused === before) await new Promise((resolve) => setTimeout(resolve, 20));
  link.accept();
  program = await starting;
  expect((await refer(program, 'Afterwards-Fictional')).status).toBe(201);
});

test('whatever would read the whole log ends with one line where the server stops saying what it holds', async () => {
  expect(await waymark(folder, ['intake', '-'], JSON.stringify(ada))).toMatchObject({ code: 0 });
  log.faults.switchOn('unavailable', { calls: ['subscribe'] });
  const commands = ['export', 'verify', 'witness', 'tail'];
  const answers = await Promise.all(commands.map((command) => said('events', command)));
  const err = expect.stringMatching(/^The server does not say what the log holds[^\n]*\n$/) as string;
  expect(answers).toEqual(commands.map(() => ({ code: 3, out: '', err })));
  expect(readdirSync(folder).filter((name) => name.startsWith('log-read'))).toEqual([]);
});

test('a command that was killed while it read a copy of the log leaves nothing that the next does not take away', async () => {
  expect(await waymark(folder, ['intake', '-'], JSON.stringify(ada))).toMatchObject({ code: 0 });
  const { pid } = spawnSync(process.execPath, ['--version']);
  for (const holder of [pid, process.pid]) mkdirSync(join(folder, `log-read-${holder}-abcdef`));
  expect(await waymark(folder, ['events', 'verify'])).toMatchObject({ code: 0 });
  expect(readdirSync(folder).filter((name) => name.startsWith('log-read'))).toEqual([`log-read-${process.pid}-abcdef`]);
});

test('a server that holds no log yet is called empty, and no data folder is asked for', async () => {
  for (const command of ['verify', 'witness'])
    expect([command, await said('events', command)]).toEqual([
      command,
      { code: 3, out: '', err: expect.stringMatching(/^The log on the server is empty: set EVENTSTOREDB_URL[^\n]*\n$/) as string },
    ]);
});

test('a command that finds the wrong key ends, although it has begun to copy the log', async () => {
  expect(await waymark(folder, ['intake', '-'], JSON.stringify(ada))).toMatchObject({ code: 0 });
  const another = await environmentOf(folder, { WAYMARK_MASTER_KEY: Buffer.alloc(32, 7).toString('base64') });
  expect(await runCli(['show', 'waitlist'], another)).toEqual({
    code: 3,
    out: '',
    err: expect.stringMatching(/^[^\n]*not the master key[^\n]*\n$/) as string,
  });
});

test('what was copied of the log may be thrown away: it is made again, and the lists are what they were', async () => {
  program = await startServer(folder);
  for (const family of ['One-Fictional', 'Two-Fictional']) expect((await refer(program, family)).status).toBe(201);
  await eventually(
    () => ready(program!),
    ({ body }) => body.status === 'up',
  );
  const before = await listed(program, 2);
  await program.stop();
  expect(existsSync(join(folder, 'log-copy'))).toBe(true);
  rmSync(join(folder, 'log-copy'), { recursive: true });

  program = await startServer(folder);
  expect(await listed(program, 2)).toEqual(before);
  expect(program.log()).not.toMatch(/rebuilt from the beginning/);
  expect((await refer(program, 'Three-Fictional')).status).toBe(201);
  await program.stop();
  expect(await differencesFromFold(folder)).toEqual([]);
});
