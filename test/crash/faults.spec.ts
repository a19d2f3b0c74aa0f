/** What the machine does to a running service: a full disk, a read-only one, an end that is asked for, a log older than its lists. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ada } from '../support/people';
import { emptyFolder, removeFolder, request, startServer, waymark, type Program } from '../support/program';
import { differencesFromFold, eventsIn } from '../support/rebuilt';

// Every server is a process of its own; on a busy machine each takes seconds to start.
jest.setTimeout(300_000);

let top: string;
const started: Program[] = [];
beforeEach(() => (top = emptyFolder()));
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop('SIGKILL');
  removeFolder(top);
});

async function startedOn(folder: string): Promise<Program> {
  const server = await startServer(folder);
  started.push(server);
  return server;
}

const named = (family: string): object => ({ ...ada, person: { name: { family }, birthDate: '1950-01-01' } });

interface Answered {
  readonly status: number;
  readonly reference?: string;
  readonly code?: string;
  readonly detail?: string;
}

async function send({ address }: Program, family: string): Promise<Answered> {
  const { status, body } = await request<Omit<Answered, 'status'>>(address, 'POST', '/api/v1/referrals', {
    body: named(family),
    headers: { 'idempotency-key': family },
  });
  return { ...body, status };
}

async function referencesIn(folder: string): Promise<unknown[]> {
  return (await eventsIn(folder)).filter(({ type }) => type === 'ReferralReceived').map(({ data }) => data['reference']);
}

/** A disk of its own, where this user may mount one. */
function mount(folder: string, megabytes: number): boolean {
  mkdirSync(folder);
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]).status === 0;
}

const probe = emptyFolder();
const canMount = mount(join(probe, 'disk'), 1);
if (canMount) spawnSync('umount', [join(probe, 'disk')]);
removeFolder(probe);

(canMount ? describe : describe.skip)('a disk (skipped where this user may not mount one)', () => {
  let disk: string;
  beforeEach(() => {
    disk = join(top, 'disk');
    expect(mount(disk, 24)).toBe(true);
  });
  afterEach(() => spawnSync('umount', ['-l', disk]));

  it('that is full: 503, nothing acknowledged is lost, and with room again the same server goes on', async () => {
    const folder = join(disk, 'data');
    const server = await startedOn(folder);
    const acknowledged = [(await send(server, 'Before')).reference];
    // All the room that is left, whatever it is.
    spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'ballast')}`, 'bs=4096']);
    let refused: Answered | undefined;
    for (let n = 0; !refused; n++) {
      const answer = await send(server, `Full-${n}`);
      if (answer.status === 201) acknowledged.push(answer.reference);
      else refused = answer;
    }
    expect(refused).toMatchObject({ status: 503, code: 'unavailable', detail: expect.stringContaining('Send the same again') as string });
    rmSync(join(disk, 'ballast'));
    const after = await send(server, 'After');
    expect(after.status).toBe(201);
    acknowledged.push(after.reference);
    await server.stop();
    expect(await referencesIn(folder)).toEqual(expect.arrayContaining(acknowledged));
    expect((await waymark(folder, ['events', 'verify'])).code).toBe(0);
  });

  it('that is read-only: the start is refused in one line', async () => {
    const folder = join(disk, 'data');
    expect((await waymark(folder, ['intake', '-'], JSON.stringify(ada))).code).toBe(0);
    expect(spawnSync('mount', ['-o', 'remount,ro', disk]).status).toBe(0);
    await expect(startServer(folder)).rejects.toThrow(
      /ended with 3 before it listened: The data folder cannot be made or written \(EROFS\); [^\n]+\n$/,
    );
    expect((await waymark(folder, ['events', 'verify'])).code).toBe(0);
  });
});

it('SIGTERM under load: it ends with 0, and everything that was acknowledged is there, once', async () => {
  const folder = join(top, 'data');
  const server = await startedOn(folder);
  const acknowledged: unknown[] = [];
  let ending = false;
  const clients = Array.from({ length: 8 }, async (_, client) => {
    for (let n = 0; ; n++) {
      // Once it ends, a connection may be refused.
      const answer = await send(server, `Load-${client}-${n}`).catch(() => undefined);
      if (answer?.status === 201) acknowledged.push(answer.reference);
      else if (ending) return;
    }
  });
  while (acknowledged.length < 20) await new Promise((resolve) => setTimeout(resolve, 20));
  ending = true;
  expect(await server.stop('SIGTERM')).toBe(0);
  await Promise.all(clients);
  const stored = await referencesIn(folder);
  expect(stored).toEqual(expect.arrayContaining(acknowledged));
  expect(new Set(stored).size).toBe(stored.length);
  expect((await waymark(folder, ['events', 'verify'])).code).toBe(0);
});

it('a log that is older than the read models beside it: they are rebuilt, and the server says so', async () => {
  const folder = join(top, 'data');
  expect((await waymark(folder, ['intake', '-'], JSON.stringify(named('First')))).code).toBe(0);
  const older = join(top, 'older');
  expect((await waymark(folder, ['backup', '--to', older])).code).toBe(0);
  const first = await startedOn(folder);
  expect((await send(first, 'Second')).status).toBe(201);
  await first.stop();
  for (const suffix of ['-wal', '-shm']) rmSync(join(folder, `log.db${suffix}`), { force: true });
  cpSync(join(older, 'log.db'), join(folder, 'log.db'));
  const server = await startedOn(folder);
  expect((await send(server, 'Third')).status).toBe(201);
  while (!/"status":"up"/.test(JSON.stringify((await request(server.address, 'GET', '/health/ready')).body)))
    await new Promise((resolve) => setTimeout(resolve, 100));
  await server.stop();
  expect(server.log()).toMatch(/rebuilt from the beginning/);
  expect(await differencesFromFold(folder)).toEqual([]);
  expect((await waymark(folder, ['events', 'verify'])).code).toBe(0);
});
