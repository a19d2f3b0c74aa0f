/** The log as an operator reads it: tail, follow, reveal, export, and verify when one byte has changed; and the same commands beside a running server. */
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, openSync, readFileSync, readSync, closeSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { canonical } from '@waymark/kernel';
import { isOnServer, logServerOf } from '../support/log-servers';
import { ada } from '../support/people';
import { cliProgram, emptyFolder, environmentOf, removeFolder, startServer, waymark } from '../support/program';

// Every command is a process of its own; on a busy machine each takes seconds to start.
jest.setTimeout(300_000);

let top: string;
let folder: string;
let exported: string;

interface Event {
  readonly stream: string;
  readonly revision: number;
  readonly position: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
  readonly previousHash: string;
  readonly hash: string;
}

const eventsOf = (out: string): Event[] =>
  out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event);

beforeAll(async () => {
  top = emptyFolder();
  folder = join(top, 'data');
  expect(await waymark(folder, ['intake', '-'], JSON.stringify(ada))).toMatchObject({ code: 0 });
  exported = (await waymark(folder, ['events', 'export'])).out;
});
afterAll(() => removeFolder(top));

describe('export', () => {
  it('has every event with exactly the members of the contract, and hashes that anybody can compute', () => {
    const members = 'id stream revision position type schemaVersion occurredAt recordedAt data meta previousHash hash'.split(' ');
    const last = new Map<string, string>();
    const events = eventsOf(exported);
    expect(events.length).toBeGreaterThan(4);
    for (const event of events) {
      expect(Object.keys(event)).toEqual(members);
      const { position: _, hash, ...hashed } = event;
      expect(hash).toBe(createHash('sha256').update(canonical(hashed)).digest('hex'));
      expect(event.previousHash).toBe(last.get(event.stream) ?? '0'.repeat(64));
      last.set(event.stream, hash);
    }
  });

  it('keeps personal fields sealed, and writes a file that only its owner reads, never over another', async () => {
    expect(exported).not.toContain('Okonkwo');
    const to = join(top, 'export.ndjson');
    const words = ['events', 'export', '--to', to];
    expect(await waymark(folder, [...words, '--json'])).toEqual({ code: 0, out: `{"events":${eventsOf(exported).length}}\n`, err: '' });
    expect(readFileSync(to, 'utf8')).toBe(exported);
    expect(statSync(to).mode & 0o777).toBe(0o600);
    const again = await waymark(folder, words);
    expect(again).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/^--to: [^\n]+name another\n$/) as string });
    expect(readFileSync(to, 'utf8')).toBe(exported);
    expect((await waymark(folder, ['events', 'export', '--to', join(top, 'no/such/file')])).code).toBe(2);
  });
});

describe('tail', () => {
  it('prints what comes after a position, at most so many, sealed unless it is told to open them', async () => {
    const events = eventsOf(exported);
    const said = await waymark(folder, ['events', 'tail', '--json', '--after', events[0]!.position, '--max', '2']);
    expect(eventsOf(said.out)).toEqual(events.slice(1, 3));
    const revealed = await waymark(folder, ['events', 'tail', '--reveal']);
    expect(revealed.out).toContain('Okonkwo-Fictional');
    expect(eventsOf(revealed.out)).toHaveLength(events.length);
  });

  it('follows what another process records, and ends when it is told to', async () => {
    const last = eventsOf(exported).at(-1)!.position;
    const tail = spawn(process.execPath, [cliProgram, 'events', 'tail', '--follow', '--after', last], { env: await environmentOf(folder) });
    let out = '';
    tail.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    const ended = new Promise((resolve) => tail.once('exit', resolve));
    await waymark(
      folder,
      ['intake', '-'],
      JSON.stringify({ ...ada, source: 'mdt', person: { name: { family: 'Grove' }, birthDate: '1950' } }),
    );
    const head = eventsOf((await waymark(folder, ['events', 'export'])).out).at(-1)!.position;
    while (!out.includes(head)) await new Promise((resolve) => setTimeout(resolve, 50));
    tail.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(eventsOf(out)[0]!.position > last).toBe(true);
  });

  it('a reader that has seen enough is no error', async () => {
    const tail = spawn(process.execPath, [cliProgram, 'events', 'tail', '--follow'], { env: await environmentOf(folder) });
    let err = '';
    tail.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    const ended = new Promise((resolve) => tail.once('exit', resolve));
    await new Promise((resolve) => tail.stdout.once('data', resolve));
    tail.stdout.destroy();
    await waymark(folder, ['intake', '-'], JSON.stringify({ ...ada, person: { name: { family: 'Vale' }, birthDate: '1951' } }));
    expect(await ended).toBe(0);
    expect(err).toBe('');
  });
});

describe('verify finds one byte that changed, and names the stream', () => {
  if (isOnServer) {
    it('in the database of the server', async () => {
      const { records } = await logServerOf(folder);
      const event = records.all.find(({ type }) => type === 'ReferralStratified')!;
      const { data } = event;
      Object.assign(event, { data: Buffer.from(Buffer.from(data).toString('utf8').replace('"soon"', '"sooo"')) });
      await isFound(folder, event.stream);
      Object.assign(event, { data });
    });
    return;
  }

  it('through SQL, by somebody who dropped the trigger', async () => {
    const to = join(top, 'by-sql');
    cpSync(folder, to, { recursive: true });
    const db = new Database(join(to, 'log.db'));
    const { position, stream } = db
      .prepare<[], { position: number; stream: string }>("SELECT position, stream FROM events WHERE type = 'ReferralStratified' LIMIT 1")
      .get()!;
    db.exec('DROP TRIGGER events_never_change');
    db.prepare('UPDATE events SET data = replace(data, \'"soon"\', \'"sooo"\') WHERE position = ?').run(position);
    db.close();
    await isFound(to, stream);
  });

  it('in the file itself', async () => {
    const to = join(top, 'by-hand');
    cpSync(folder, to, { recursive: true });
    const file = join(to, 'log.db');
    const db = new Database(file);
    db.pragma('wal_checkpoint(TRUNCATE)');
    const { stream, id } = db
      .prepare<[], { stream: string; id: string }>("SELECT stream, id FROM events WHERE type = 'ReferralReceived' LIMIT 1")
      .get()!;
    db.close();
    const bytes = readFileSync(file);
    const at = bytes.indexOf('"gp"', bytes.indexOf(id));
    expect(at).toBeGreaterThan(0);
    const handle = openSync(file, 'r+');
    const byte = Buffer.alloc(1);
    readSync(handle, byte, 0, 1, at + 1);
    writeSync(handle, Buffer.from([byte[0]! ^ 1]), 0, 1, at + 1);
    closeSync(handle);
    await isFound(to, stream);
  });
});

async function isFound(where: string, stream: string): Promise<void> {
  const said = await waymark(where, ['events', 'verify', '--json']);
  expect(said.code).toBe(1);
  const { ok, problems } = JSON.parse(said.out) as { ok: boolean; problems: { stream: string; kind: string }[] };
  expect(ok).toBe(false);
  expect(problems).toContainEqual(expect.objectContaining({ stream, kind: 'hash' }));
}

test('beside a running server a command works and says what the server says', async () => {
  const server = await startServer(folder);
  try {
    const { out, code } = await waymark(
      folder,
      ['intake', '-', '--json'],
      JSON.stringify({ ...ada, person: { name: { family: 'Moss' }, birthDate: '1952' } }),
    );
    expect(code).toBe(0);
    const { reference } = JSON.parse(out) as { reference: string };
    const shown = JSON.parse((await waymark(folder, ['referral', 'show', reference, '--json'])).out) as { referral: object };
    const answer = await fetch(`${server.address}/api/v1/referrals/${reference}`);
    expect(await answer.json()).toEqual(shown.referral);
    const list = JSON.parse((await waymark(folder, ['show', 'journal', '--json', '--limit', '5'])).out) as {
      items: object[];
      total: number;
    };
    const journal = (await (await fetch(`${server.address}/api/v1/journal?limit=5`)).json()) as { items: object[]; total: number };
    expect(list).toEqual(journal);
  } finally {
    await server.stop();
  }
  expect(existsSync(join(folder, 'read.db'))).toBe(true);
});
