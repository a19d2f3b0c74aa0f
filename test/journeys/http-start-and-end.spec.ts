/** How a server starts, or says in one line why it cannot, and how it ends without losing anything that it acknowledged. */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ada } from '../support/people';
import { emptyFolder, environmentOf, removeFolder, request, root, startServer, waymark, type Program } from '../support/program';

// A busy machine starts programs slowly.
jest.setTimeout(60_000);

let folder: string;
beforeEach(() => (folder = emptyFolder()));
afterEach(() => removeFolder(folder));

/** A start that is expected to fail. */
async function failing(more: Record<string, string> = {}): Promise<{ code: number | null; out: string; err: string }> {
  const env = await environmentOf(folder, more);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'dist/apps/server/src/main.js')], { env });
    let out = '';
    let err = '';
    child.stdout.on('data', (text: Buffer) => (out += text.toString()));
    child.stderr.on('data', (text: Buffer) => (err += text.toString()));
    child.once('close', (code) => resolve({ code, out, err }));
  });
}

async function withServer(run: (program: Program) => Promise<void>, more: Record<string, string> = {}): Promise<void> {
  const program = await startServer(folder, more);
  try {
    await run(program);
  } finally {
    await program.stop();
  }
}

test('a second server on a folder is told in one line which the first is and where it listens', async () => {
  await withServer(async (first) => {
    const { code, out, err } = await failing();
    expect([code, out]).toEqual([3, '']);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(err).toContain(String(first.process.pid));
    expect(err).toContain(first.address);
  });
});

test('a port that is taken is named, with what to do', async () => {
  await withServer(async ({ address }) => {
    const other = emptyFolder();
    const { port } = new URL(address);
    const { code, err } = await failing({ PORT: port, WAYMARK_DATA: other });
    removeFolder(other);
    expect([code, err]).toEqual([2, `PORT: something else listens on 127.0.0.1:${port}; stop it, or set another PORT\n`]);
  });
});

test('a setting that cannot be used is refused by name', async () => {
  const { code, err } = await failing({ WAYMARK_HOST: '0.0.0.0' });
  expect(code).toBe(2);
  expect(err).toMatch(/^WAYMARK_HOST: .+\n$/);
});

test('a log without its key, or with another one, is not served', async () => {
  await withServer(async () => {});
  const other = Buffer.alloc(32, 7).toString('base64');
  expect(await failing({ WAYMARK_MASTER_KEY: other })).toMatchObject({ code: 3, err: expect.stringMatching(/^.*master key.*\n$/) });
  rmSync(join(folder, 'master.key'));
  expect(await failing()).toMatchObject({ code: 3, err: expect.stringMatching(/^.*master\.key is missing.*\n$/) });
});

test('an older keys.db beside a newer log is told of at the start, by count; a command names what is affected by reference', async () => {
  const keys = join(folder, 'keys.db');
  const kept = { older: join(folder, 'older.keys'), newest: join(folder, 'newest.keys') };
  const putBack = (from: string) => {
    for (const suffix of ['-wal', '-shm']) rmSync(keys + suffix, { force: true });
    cpSync(from, keys);
  };
  const receive = async ({ address }: Program, given: string) => {
    const body = { ...ada, person: { name: { family: 'Okonkwo-Fictional', given: [given] }, birthDate: '1941-02-03' } };
    return (await request<{ reference: string }>(address, 'POST', '/api/v1/referrals', { body })).body.reference;
  };
  const health = async ({ address }: Program) =>
    (await request<{ status: string; checks: { keys: { status: string; missing: number } } }>(address, 'GET', '/health/ready')).body;
  const looked = async (program: Program) => {
    for (let found = await health(program); ; found = await health(program)) if (found.checks.keys.status !== 'looking') return found;
  };

  await withServer(async (program) => void (await receive(program, 'Ada')));
  cpSync(keys, kept.older);
  let lost = '';
  await withServer(async (program) => void (lost = await receive(program, 'Bea')));
  cpSync(keys, kept.newest);
  putBack(kept.older);

  await withServer(async (program) => {
    expect(await looked(program)).toMatchObject({ status: 'degraded', checks: { keys: { status: 'older-than-log', missing: 2 } } });
    expect(program.log().match(/keys\.db is older than the log.*waymark keys missing/g)).toHaveLength(1);
    const missing = await waymark(folder, ['keys', 'missing', '--json']);
    expect(missing.code).toBe(1);
    // The person and the referrer.
    const rows = (JSON.parse(missing.out) as { missing: { reference: string }[] }).missing;
    expect(rows.map(({ reference }) => reference)).toEqual([lost, lost]);
    expect(`${missing.out}${program.log()}`).not.toMatch(/Okonkwo|Mensah/);
  });

  putBack(kept.newest);
  await withServer(async (program) => {
    expect(await looked(program)).toMatchObject({ status: 'up', checks: { keys: { status: 'whole', missing: 0 } } });
    expect(await waymark(folder, ['keys', 'missing'])).toEqual({ code: 0, out: 'Every key that the log needs is here\n', err: '' });
  });
});

describe('configuration', () => {
  let config: string;
  beforeEach(() => {
    config = mkdtempSync(join(tmpdir(), 'waymark-config-'));
    cpSync(join(root, 'config'), config, { recursive: true });
  });
  afterEach(() => rmSync(config, { recursive: true }));

  function edit(change: (text: string) => string): void {
    const file = join(config, 'services/northbank.yaml');
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  }

  test('with a mistake stops the start with file, line, column and the fix', async () => {
    edit((text) => text.replace(/^name:/m, 'nome:'));
    const { code, err } = await failing({ WAYMARK_CONFIG: config });
    expect(code).toBe(2);
    for (const line of err.trimEnd().split('\n')) expect(line).toMatch(/^services\/northbank\.yaml:\d+:\d+: .+; .+$/);
  });

  test('that differs from what is published is warned of at the start', async () => {
    await withServer(async () => {}, { WAYMARK_CONFIG: config });
    edit((text) => text.replace(/maximum: \d+/, 'maximum: 4'));
    await withServer(
      async (program) => {
        expect(program.log()).toMatch(/"level":40.*What is published counts; waymark config publish/);
      },
      { WAYMARK_CONFIG: config },
    );
  });
});

test('a server that is told to end answers what has come, closes its streams, and has kept all that it acknowledged', async () => {
  const program = await startServer(folder);
  const streamed = fetch(`${program.address}/api/v1/stream`).then((answer) => answer.text());
  const acknowledged: string[] = [];
  let ending = false;
  const referrer = async (n: number) => {
    for (let sent = 0; ; sent++) {
      const body = { ...ada, person: { name: { family: `Fictional-${n}-${sent}`, given: ['Ada'] }, birthDate: '1941-02-03' } };
      const answer = await request<{ reference: string }>(program.address, 'POST', '/api/v1/referrals', { body }).catch(() => undefined);
      if (answer === undefined && ending) return;
      expect(answer?.status).toBe(201);
      acknowledged.push(answer?.body.reference ?? '');
    }
  };
  const busy = Promise.all(Array.from({ length: 8 }, (_, n) => referrer(n)));
  while (acknowledged.length < 40) await new Promise((resolve) => setTimeout(resolve, 5));
  ending = true;
  expect(await program.stop()).toBe(0);
  await busy;
  expect(await streamed).toMatch(/\n\n$/);
  await withServer(async ({ address }) => {
    for (const reference of acknowledged) expect((await request(address, 'GET', `/api/v1/referrals/${reference}`)).status).toBe(200);
  });
});
