/** A log that moves from a file to an EventStoreDB server and back again: the same events and the same lists, whoever is killed on the way. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ada } from '../support/people';
import { cliProgram, emptyFolder, environmentOf, removeFolder, runCli, startServer, waymark } from '../support/program';
import { logServerOf } from '../support/log-servers';
import { differencesFromFold } from '../support/rebuilt';

// Every command is a process of its own; on a busy machine each takes seconds to start.
jest.setTimeout(300_000);

let top: string;
/** Filled by the demo: its log is a file. */
let old: string;
let exported: string;
let count: number;
/** What each list of it shows. */
const shown = new Map<string, unknown>();

const place = (name: string): string => join(top, name);

beforeAll(async () => {
  top = emptyFolder();
  old = place('old');
  await filled(old);
  exported = place('old.ndjson');
  expect(await waymark(old, ['events', 'export', '--to', exported])).toMatchObject({ code: 0, err: '' });
  count = readFileSync(exported, 'utf8').trimEnd().split('\n').length;
  for (const list of ['waitlist', 'caseload', 'outcomes', 'journal']) shown.set(list, await rowsOf(old, list));
});
afterAll(() => removeFolder(top));

/** Two weeks of a made-up service. */
async function filled(folder: string): Promise<void> {
  const child = spawn(process.execPath, [cliProgram, 'demo', '--weeks', '2', '--json'], { env: await environmentOf(folder) });
  const ended = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), ended]);
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
}

/** A position is a place in one store, and the only thing in which two stores may differ. */
const POSITION = /(?<="position":")\d{20}(?=")/g;

function withoutPositions(lines: string): string[] {
  return lines.replaceAll(POSITION, '').trimEnd().split('\n');
}

async function exportOf(folder: string): Promise<string[]> {
  return withoutPositions((await waymark(folder, ['events', 'export'])).out);
}

async function rowsOf(folder: string, list: string): Promise<unknown> {
  const said = await waymark(folder, ['show', list, '--json', '--limit', '200']);
  expect(said).toMatchObject({ code: 0, err: '' });
  const { items, total } = JSON.parse(said.out.replaceAll(POSITION, '')) as { items: object[]; total: number };
  return { items, total };
}

async function isTheOldOne(folder: string): Promise<void> {
  expect(await exportOf(folder)).toEqual(withoutPositions(readFileSync(exported, 'utf8')));
  expect(await waymark(folder, ['events', 'verify'])).toMatchObject({
    code: 0,
    out: expect.stringMatching(new RegExp(`^The log is as it was written: ${count} events`)) as string,
  });
  for (const [list, rows] of shown) expect(await rowsOf(folder, list)).toEqual(rows);
  expect(await differencesFromFold(folder)).toEqual([]);
}

async function moved(file: string, to: string): Promise<void> {
  const said = await waymark(to, ['events', 'import', file, '--json']);
  expect(said).toMatchObject({ code: 0, out: `{"events":${count},"verified":true}\n` });
}

function takeAlong(files: readonly string[], to: string): void {
  for (const file of files) if (existsSync(join(old, file))) cpSync(join(old, file), join(to, file));
}

test('from a file to a server, and from the server into another file: events, lists and hashes are what they were', async () => {
  const house = place('house');
  await logServerOf(house);
  await moved(exported, house);
  takeAlong(['keys.db', 'master.key'], house);
  await isTheOldOne(house);

  const back = place('back');
  const file = place('house.ndjson');
  expect(await waymark(house, ['events', 'export', '--to', file])).toMatchObject({ code: 0, err: '' });
  await moved(file, back);
  takeAlong(['keys.db', 'master.key'], back);
  await isTheOldOne(back);
});

test('read models that came along are of another log: they are made again, and work goes on', async () => {
  const house = place('with-everything');
  const log = await logServerOf(house);
  mkdirSync(house);
  takeAlong(['keys.db', 'master.key', 'state.db', 'read.db', 'read.db-wal', 'state.db-wal', 'keys.db-wal'], house);
  await moved(exported, house);
  const server = await startServer(house);
  try {
    expect(server.log()).toMatch(/another log/);
    const known = log.records.all.length;
    expect(await waymark(house, ['intake', '-'], JSON.stringify(ada))).toMatchObject({ code: 0 });
    expect(log.records.all.length).toBeGreaterThan(known);
  } finally {
    await server.stop();
  }
  expect(await differencesFromFold(house)).toEqual([]);
  expect(await waymark(house, ['events', 'verify'])).toMatchObject({ code: 0 });
});

test('an import that is killed is served to nobody and goes on when it is run again, however often', async () => {
  const house = place('killed');
  const log = await logServerOf(house);
  for (const part of [0.3, 0.8]) {
    const child = spawn(process.execPath, [cliProgram, 'events', 'import', exported], { env: await environmentOf(house), stdio: 'ignore' });
    const ended = once(child, 'exit');
    while (child.exitCode === null && log.records.all.length < part * count) await new Promise((resolve) => setTimeout(resolve, 2));
    child.kill('SIGKILL');
    expect(await ended).toEqual([null, 'SIGKILL']);
    const refused = {
      code: 3,
      out: '',
      err: expect.stringMatching(/^The data folder is only half filled: waymark events import[^\n]+\n$/) as string,
    };
    expect(await waymark(house, ['show', 'waitlist'])).toEqual(refused);
    expect((await waymark(house, ['events', 'verify'])).code).toBe(1);
  }

  // Nor to a data folder that knows nothing of the import.
  const elsewhere = await environmentOf(house, { WAYMARK_DATA: place('elsewhere') });
  const onlyAPart = /^EVENTSTOREDB_URL: the log on this server is only a part of one[^\n]+\n$/;
  for (const words of [
    ['show', 'waitlist'],
    ['events', 'export'],
    ['events', 'witness'],
  ])
    expect(await runCli(words, elsewhere)).toEqual({ code: 3, out: '', err: expect.stringMatching(onlyAPart) as string });
  expect(await runCli(['intake', '-'], elsewhere, JSON.stringify(ada))).toMatchObject({ code: 3, out: '' });
  expect(await runCli(['events', 'verify'], elsewhere)).toMatchObject({
    code: 1,
    out: expect.stringContaining('as it was written') as string,
    err: expect.stringMatching(onlyAPart) as string,
  });
  await expect(startServer(house, { WAYMARK_DATA: place('elsewhere') })).rejects.toThrow(/ended with 3.*\n?.*only a part/);

  await moved(exported, house);
  takeAlong(['keys.db', 'master.key'], house);
  await isTheOldOne(house);
  expect(await runCli(['events', 'verify'], elsewhere)).toMatchObject({ code: 0 });
});

test('a server that holds another log is left as it is', async () => {
  const house = place('taken');
  const log = await logServerOf(house);
  expect(await waymark(house, ['intake', '-'], JSON.stringify(ada))).toMatchObject({ code: 0 });
  const known = log.records.all.length;
  const said = await waymark(house, ['events', 'import', exported]);
  expect(said).toEqual({
    code: 1,
    out: '',
    err: expect.stringMatching(/^The log is not empty[^\n]+Import into an empty log\n$/) as string,
  });
  expect(log.records.all).toHaveLength(known);
  expect(await waymark(house, ['show', 'waitlist'])).toMatchObject({ code: 0 });
});

test.each([
  ['simulate', ['--services', '1', '--years', '0.1', '--seed', '1'], /events export and import/],
  ['backup', ['--to', 'backup', '--keys-to', 'keys'], /the means of its server.*state\.db.*keys\.db.*master\.key/],
  ['restore', ['--from', 'backup', '--keys-from', 'keys'], /events export and import/],
])('%s is about a log that is a file, and says what to do instead', async (command, words, says) => {
  const house = place('no-file');
  await logServerOf(house);
  const said = await waymark(house, [command, ...words]);
  expect(said).toEqual({ code: 2, out: '', err: expect.stringMatching(/^[^\n]+\n$/) as string });
  expect(said.err).toMatch(says);
  expect(existsSync(house)).toBe(false);
});
