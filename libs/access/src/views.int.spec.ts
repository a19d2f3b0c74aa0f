/** The audit of views: on disk before the answer, chained, append-only, and shared by processes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Views, type View } from './views';

let folder: string;
let views: Views;
const clock = () => new Date('2026-11-24T09:00:00.000Z');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-views-'));
  views = Views.open(folder, clock);
});
afterEach(() => {
  views.close();
  rmSync(folder, { recursive: true, force: true });
});

const view = (...references: string[]): View => ({
  actor: 'public',
  service: 'northbank',
  route: 'GET /api/v1/referrals/:reference',
  references,
  asAt: null,
  correlationId: 'c',
});
const stored = () => {
  const db = new Database(join(folder, 'state.db'), { readonly: true });
  const n = db.prepare<[], number>('SELECT count(*) FROM views').pluck().get();
  db.close();
  return n;
};

/** Somebody who gets past the triggers. */
function tamper(sql: string): void {
  const db = new Database(join(folder, 'state.db'));
  for (const table of ['views', 'viewed']) for (const change of ['update', 'delete']) db.exec(`DROP TRIGGER ${table}_no_${change}`);
  db.exec(sql);
  db.close();
}

test('a view is there for everybody when it is said to be recorded, and is found by each of its references', async () => {
  await Promise.all([views.record(view('A')), views.record(view('A', 'B', 'B')), views.record(view())]);
  expect(stored()).toBe(3);
  expect(views.list({ limit: 10 }).map(({ n }) => n)).toEqual([3, 2, 1]);
  expect(views.list({ reference: 'A', limit: 10 }).map(({ n }) => n)).toEqual([2, 1]);
  expect(views.list({ reference: 'B', limit: 10 })).toMatchObject([{ ...view('A', 'B', 'B'), at: '2026-11-24T09:00:00.000Z' }]);
  expect(await views.verify()).toEqual({ ok: true, views: 3, problems: [] });
});

test('two processes write one chain', async () => {
  const other = Views.open(folder, clock);
  await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? views : other).record(view(String(n)))));
  other.close();
  expect(await views.verify()).toEqual({ ok: true, views: 20, problems: [] });
});

test('no line is changed or removed', async () => {
  await views.record(view('A'));
  const db = new Database(join(folder, 'state.db'));
  for (const sql of ["UPDATE views SET view = '{}'", 'DELETE FROM views', "UPDATE viewed SET reference = 'B'", 'DELETE FROM viewed']) {
    expect(() => db.exec(sql)).toThrow('The audit of views is append-only');
  }
  db.close();
});

test.each([
  ['changed', "UPDATE views SET view = replace(view, 'public', 'system') WHERE n = 2", [2]],
  ['removed', 'DELETE FROM views WHERE n = 2', [3]],
  ['cut off at the end', 'DELETE FROM views WHERE n = 3', [3]],
  ['hidden from whoever asks about a referral', "DELETE FROM viewed WHERE reference = 'A' AND n = 1", [1]],
  ['made unreadable', "UPDATE views SET view = 'x' WHERE n = 1", [1]],
])('a line that was %s is noticed', async (_, sql, where) => {
  for (let n = 0; n < 3; n++) await views.record(view('A'));
  tamper(sql);
  const { ok, problems } = await views.verify();
  expect(ok).toBe(false);
  expect(problems.map(({ n }) => n)).toEqual(where);
});

test('what cannot be written is told, and what comes after is written', async () => {
  const db = new Database(join(folder, 'state.db'));
  db.exec("CREATE TRIGGER full BEFORE INSERT ON viewed BEGIN SELECT RAISE(ABORT, 'disk full'); END");
  // By its message, not by its class: the driver's error is that of whichever suite loaded the driver first.
  await expect(views.record(view('A'))).rejects.toMatchObject({ message: 'disk full' });
  db.exec('DROP TRIGGER full');
  db.close();
  await views.record(view('B'));
  expect(views.list({ limit: 10 })).toMatchObject([{ n: 1, references: ['B'] }]);
});
