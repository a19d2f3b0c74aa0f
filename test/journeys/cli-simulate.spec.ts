/** `waymark simulate`: the same seed is the same history, whatever happened while it was made; and a folder is filled once. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { ada } from '../support/people';
import { cliProgram, emptyFolder, environmentOf, removeFolder, waymark } from '../support/program';

jest.setTimeout(600_000);

let top: string;
let made = 0;

beforeAll(() => {
  top = emptyFolder();
});
afterAll(() => removeFolder(top));

interface Simulated {
  readonly services: number;
  readonly years: number;
  readonly seed: number;
  readonly referrals: number;
  readonly events: number;
  readonly seconds: number;
  readonly digest: string;
}

function newFolder(): string {
  const folder = join(top, String(++made));
  mkdirSync(folder);
  return folder;
}

function words(seed: number): string[] {
  return ['simulate', '--services', '2', '--years', '0.25', '--seed', String(seed), '--json'];
}

async function simulated(folder: string, seed: number): Promise<Simulated> {
  const said = await waymark(folder, words(seed));
  expect(said).toMatchObject({ code: 0, err: expect.not.stringContaining('wrong') as string });
  return JSON.parse(said.out) as Simulated;
}

/** Ends without a word as soon as its log holds so many events. */
async function killedAt(folder: string, seed: number, events: number): Promise<void> {
  const child = spawn(process.execPath, [cliProgram, ...words(seed)], { env: await environmentOf(folder), stdio: 'ignore' });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  while (child.exitCode === null && stored(folder) < events) await new Promise((resolve) => setTimeout(resolve, 20));
  child.kill('SIGKILL');
  await gone;
}

function stored(folder: string): number {
  if (!existsSync(join(folder, 'log.db'))) return 0;
  const db = new Database(join(folder, 'log.db'), { readonly: true });
  try {
    return db.prepare<[], number | null>('SELECT max(position) FROM events').pluck().get() ?? 0;
  } catch {
    return 0;
  } finally {
    db.close();
  }
}

it('makes the same history of the same seed, also when it was killed in between, and another of another', async () => {
  const whole = newFolder();
  const first = await simulated(whole, 11);
  expect(first).toMatchObject({ services: 2, years: 0.25, seed: 11, digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
  expect(JSON.parse((await waymark(whole, ['events', 'verify', '--json'])).out)).toMatchObject({ ok: true, events: first.events });
  const { total } = JSON.parse((await waymark(whole, ['show', 'waitlist', '--service', 'pcn2', '--json'])).out) as { total: number };
  expect(total).toBeGreaterThan(0);

  const stopped = newFolder();
  await killedAt(stopped, 11, 1);
  const kept = stored(stopped);
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThan(first.events);
  expect(await waymark(stopped, ['show', 'waitlist'])).toMatchObject({ code: 3, err: expect.stringContaining('half filled') as string });
  expect(await waymark(stopped, words(12))).toMatchObject({
    code: 3,
    out: '',
    err: expect.stringMatching(/^[^\n]*--seed 11[^\n]*\n$/) as string,
  });
  expect(await simulated(stopped, 11)).toMatchObject({ digest: first.digest, events: first.events, referrals: first.referrals });
  expect(JSON.parse((await waymark(stopped, ['events', 'verify', '--json'])).out)).toMatchObject({ ok: true, events: first.events });

  expect((await simulated(newFolder(), 12)).digest).not.toBe(first.digest);
  expect(await waymark(whole, words(11))).toMatchObject({
    code: 3,
    out: '',
    err: expect.stringMatching(/^[^\n]*WAYMARK_DATA[^\n]*\n$/) as string,
  });
});

it('makes people who may be erased at once, for nobody in the folder is real', async () => {
  const folder = newFolder();
  await simulated(folder, 13);
  const { items } = JSON.parse((await waymark(folder, ['show', 'waitlist', '--json'])).out) as { items: { reference: string }[] };
  const reference = items[0]?.reference ?? '';
  const erased = await waymark(folder, ['person', 'erase', reference, '--reason', 'a trial', '--yes', '--demo', '--json']);
  expect([erased.code, JSON.parse(erased.out)]).toMatchObject([0, { erased: true }]);
  expect((await waymark(folder, ['person', 'erase', reference])).err).toContain('has been erased');
});

it('leaves the log of somebody else alone, and says what a number must be', async () => {
  const folder = newFolder();
  expect((await waymark(folder, ['simulate', '--services', '0', '--years', '1', '--seed', '1'])).code).toBe(2);
  expect((await waymark(folder, ['simulate', '--services', '1', '--years', '1', '--seed', 'x'])).code).toBe(2);
  const { reference } = JSON.parse((await waymark(folder, ['intake', '-', '--json'], JSON.stringify(ada))).out) as { reference: string };
  expect(await waymark(folder, words(1))).toMatchObject({ code: 3, err: expect.stringContaining('WAYMARK_DATA') as string });
  const real = await waymark(folder, ['person', 'erase', reference, '--reason', 'a trial', '--yes', '--demo']);
  expect(real).toMatchObject({ code: 1, err: expect.stringContaining('neither demo nor simulate') as string });
});
