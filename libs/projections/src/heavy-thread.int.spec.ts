import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GivenUp, HeavyThread, TooMuchHeavyWork, type Waiting } from './heavy-thread';
import type { Piece } from './testing/heavy-pieces';

const execArgv = ['-r', join(__dirname, 'testing/typescript.cjs')];
const module_ = join(__dirname, 'testing/heavy-pieces.ts');

let folder: string;
let heavy: HeavyThread;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-heavy-'));
  heavy = new HeavyThread({ execArgv, queue: 2 });
});
afterEach(async () => {
  // Nothing keeps the thread any longer.
  writeFileSync(file('go'), '');
  await heavy.close();
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string): string {
  return join(folder, name);
}

function run(name: string, piece: Partial<Piece> = {}, waiting: Waiting = {}): Promise<string> {
  return heavy.run({ module: module_, input: { name, notes: file('notes'), ...piece } satisfies Piece }, waiting);
}

function notes(): string[] {
  return existsSync(file('notes')) ? readFileSync(file('notes'), 'utf8').trim().split('\n') : [];
}

/** Resolves when the piece is in hand: it has said how far it is. */
function inHand(name: string, waiting: Waiting = {}): { readonly begun: Promise<void>; readonly answer: Promise<string> } {
  let answer!: Promise<string>;
  const begun = new Promise<void>((resolve) => {
    answer = run(name, { turnsUntil: file('go') }, { ...waiting, progress: () => resolve() });
  });
  return { begun, answer };
}

it('does one piece after another, in the order in which they were asked for', async () => {
  expect(await Promise.all([run('a'), run('b'), run('c')])).toEqual(['a is done', 'b is done', 'c is done']);
  expect(notes()).toEqual(['begin a', 'end a', 'begin b', 'end b', 'begin c', 'end c']);
});

it('leaves the web thread free while it is busy', async () => {
  const answer = run('busy', { busyUntil: file('go') });
  let turns = 0;
  while (!notes().includes('begin busy')) await new Promise((resolve) => setImmediate(resolve, turns++));
  // On one thread this would never be reached: the piece does not end before the file is there.
  writeFileSync(file('go'), '');
  expect(await answer).toBe('busy is done');
  expect(turns).toBeGreaterThan(0);
});

it('says how far a piece is, to whoever waits for it and to nobody else', async () => {
  const said: number[] = [];
  const first = run('first', { turnsUntil: file('go') }, { progress: (percent) => said.push(percent) });
  const other = run('next', {}, { progress: () => said.push(-1) });
  while (said.length < 3) await new Promise((resolve) => setImmediate(resolve));
  writeFileSync(file('go'), '');
  await Promise.all([first, other]);
  expect(new Set(said)).toEqual(new Set([50]));
});

it('gives up the piece in hand when nobody waits any more, and goes on with the next', async () => {
  const leave = new AbortController();
  const { begun, answer } = inHand('left', { signal: leave.signal });
  const next = run('next');
  await begun;
  leave.abort();
  await expect(answer).rejects.toThrow(GivenUp);
  expect(await next).toBe('next is done');
  expect(notes()).toEqual(['begin left', 'end left', 'begin next', 'end next']);
});

it('never begins what was left before its turn came', async () => {
  const leave = new AbortController();
  const { begun, answer } = inHand('first');
  await begun;
  const left = run('left', {}, { signal: leave.signal });
  const next = run('next');
  leave.abort();
  await expect(left).rejects.toThrow(GivenUp);
  await expect(run('late', {}, { signal: AbortSignal.abort() })).rejects.toThrow(GivenUp);
  writeFileSync(file('go'), '');
  expect([await answer, await next]).toEqual(['first is done', 'next is done']);
  expect(notes().filter((note) => /left|late/.test(note))).toEqual([]);
});

it('takes no more than may wait', async () => {
  const { begun, answer } = inHand('first');
  await begun;
  const waiting = [run('a'), run('b')];
  await expect(run('c')).rejects.toThrow(TooMuchHeavyWork);
  expect(heavy.waiting).toBe(2);
  writeFileSync(file('go'), '');
  await Promise.all([answer, ...waiting]);
  expect(await run('c')).toBe('c is done');
});

it('hands on by name what a piece fails of, and goes on', async () => {
  await expect(run('failing', { fails: 'unknown-event' })).rejects.toMatchObject({
    name: 'UnknownEventType',
    message: 'This program does not know it',
  });
  expect(await run('next')).toBe('next is done');
});

it('starts another thread where a piece has killed one', async () => {
  const dying = run('dying', { dies: true });
  const next = run('next');
  await expect(dying).rejects.toThrow('ended with 7');
  expect(await next).toBe('next is done');
});

it('gives everything up at the end', async () => {
  const { begun, answer } = inHand('first');
  const second = run('second');
  await begun;
  const both = Promise.allSettled([answer, second]);
  await heavy.close();
  expect(await both).toEqual([
    { status: 'rejected', reason: expect.any(GivenUp) },
    { status: 'rejected', reason: expect.any(GivenUp) },
  ]);
  await expect(run('after')).rejects.toThrow(GivenUp);
  expect(notes()).toEqual(['begin first', 'end first']);
});
