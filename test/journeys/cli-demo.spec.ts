/** The demo: makes a folder, reuses its own, refuses another's, and leaves nobody behind when it is told to stop. Six weeks instead of forty. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { ada } from '../support/people';
import { cliProgram, emptyFolder, environmentOf, removeFolder, runCli, waymark } from '../support/program';
import { eventsIn } from '../support/rebuilt';

// Every command is a process of its own; on a busy machine each takes seconds to start.
jest.setTimeout(300_000);

let top: string;
let folder: string;
const running: Demo[] = [];

beforeAll(() => {
  top = emptyFolder();
  folder = join(top, 'data');
});
afterAll(() => {
  for (const { child } of running) child.kill('SIGKILL');
  removeFolder(top);
});

interface Demo {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  out: string;
  err: string;
}

const WORDS = ['demo', '--weeks', '6'];

/** Once it serves. */
async function demo(json = true): Promise<Demo> {
  const child = spawn(process.execPath, [cliProgram, ...WORDS, ...(json ? ['--json'] : [])], { env: await environmentOf(folder) });
  const one: Demo = { child, ended: new Promise((resolve) => child.once('exit', (code) => resolve(code))), out: '', err: '' };
  running.push(one);
  child.stderr.setEncoding('utf8').on('data', (text: string) => (one.err += text));
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      one.out += text;
      if (/(\}\n|\/\/\S+:\d+\n)$/.test(one.out)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`The demo ended with ${code}: ${one.err}`)));
  });
  return one;
}

function addressIn({ out }: Demo): string {
  return /http:\/\/[^/\s"]+/.exec(out)![0];
}

async function isGone(address: string): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    const answers = await fetch(`${address}/health/live`).then(
      () => true,
      () => false,
    );
    if (!answers) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

test('an empty folder is filled and served; a later demo reuses it; no stop leaves a server behind', async () => {
  const first = await demo();
  const { addresses } = JSON.parse(first.out) as { addresses: Record<string, string> };
  expect(Object.keys(addresses)).toEqual(['referrer', 'public', 'clinician', 'manager']);
  const list = (await (await fetch(addresses['clinician']!)).json()) as { items: { flags: string[] }[] };
  expect(list.items.filter(({ flags }) => flags.includes('hold'))).toHaveLength(1);
  expect((await fetch(addresses['manager']!)).status).toBe(200);
  first.child.kill('SIGTERM');
  expect(await first.ended).toBe(0);
  expect(await isGone(addressIn(first))).toBe(true);

  const before = await eventsIn(folder);
  const now = Date.now();
  for (const { recordedAt, occurredAt } of before)
    expect(Math.max(Date.parse(recordedAt), Date.parse(occurredAt))).toBeLessThanOrEqual(now);
  const second = await demo(false);
  expect(second.err).toBe('');
  expect(second.out.trimEnd().split('\n').at(-1)).toBe(addressIn(second));
  expect(await eventsIn(folder)).toHaveLength(before.length);
  second.child.kill('SIGINT');
  second.child.kill('SIGINT');
  expect(await second.ended).toBe(0);
  expect(await isGone(addressIn(second))).toBe(true);

  const third = await demo();
  third.child.kill('SIGKILL');
  await third.ended;
  expect(await isGone(addressIn(third))).toBe(true);
});

test('the folder of somebody else is left alone', async () => {
  const theirs = join(top, 'theirs');
  await waymark(theirs, ['intake', '-'], JSON.stringify(ada));
  const said = await waymark(theirs, ['demo']);
  expect(said).toEqual({ code: 3, out: '', err: expect.stringMatching(/^[^\n]+(WAYMARK_DATA|EVENTSTOREDB_URL)[^\n]*\n$/) as string });
});

test('a port that is taken is one line, and not a success', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  try {
    const { port } = taken.address() as AddressInfo;
    const said = await runCli(WORDS, await environmentOf(folder, { PORT: String(port) }));
    expect(said.code).not.toBe(0);
    expect(said).toMatchObject({ out: '', err: expect.stringMatching(/^[^\n]*PORT[^\n]*\n$/) as string });
  } finally {
    taken.close();
  }
});
