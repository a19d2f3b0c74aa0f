/** The lists as they were: over HTTP and the command line, by position, instant and day. */
import { addDays, londonDate } from '@waymark/kernel';
import { ada, practitionerOn, Told } from '../support/people';
import { emptyFolder, removeFolder, request, startServer, waymark, type Program } from '../support/program';

interface List {
  readonly asAt: { readonly position: string | null; readonly recordedAt: string | null };
  readonly stale: boolean;
  readonly total: number;
  readonly summary: unknown;
  readonly items: readonly { readonly reference?: string; readonly position?: string }[];
  readonly next: string | null;
}
interface Figure {
  readonly value: number;
  readonly items: string;
}

const LISTS = ['waitlist', 'caseload', 'outcomes', 'journal'];
const accept = { stratum: 'frailty', tier: 'targeted', priority: 'soon', reason: 'agree-with-suggestion' };
// A busy machine starts programs slowly.
jest.setTimeout(60_000);

let folder: string;
let program: Program;
/** Every list, when two were waiting and one had ended. */
const then: Record<string, List> = {};
let place: { readonly position: string; readonly recordedAt: string };

beforeAll(async () => {
  folder = emptyFolder();
  program = await startServer(folder);
  const clinician = await practitionerOn(program);
  const all = [];
  for (let n = 0; n < 3; n++) all.push(await Told.by(program, clinician, somebody(n)));
  for (const referral of all.slice(0, 2)) await referral.does('accept', accept);
  await all[2]!.does('withdraw', { by: 'person', reason: 'moved-away' });
  const { position } = (await list('/api/v1/journal?limit=200')).items.at(-1)!;
  for (const name of LISTS) then[name] = await list(`/api/v1/${name}?after=${position}`);
  place = then['journal']!.asAt as typeof place;
  await all[0]!.does('withdraw', { by: 'person', reason: 'moved-away' });
  await Told.by(program, clinician, somebody(3)).then((referral) => referral.does('accept', accept));
});

afterAll(async () => {
  await program.stop();
  removeFolder(folder);
});

function somebody(n: number): object {
  return { ...ada, person: { name: { family: `Fictional-${n}`, given: ['Ada'] }, birthDate: '1941-02-03' } };
}

async function list(path: string): Promise<List> {
  const { status, body } = await request<List>(program.address, 'GET', path);
  expect([path, status, body]).toEqual([path, 200, body]);
  return body;
}

/** Without what every link of a past repeats. */
function unlinked<T>(answer: T): T {
  return JSON.parse(JSON.stringify(answer).replace(/&as-at=[^&"]*&log=[^&"]*/g, '')) as T;
}

function figuresIn(value: unknown): Figure[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'items' in value && typeof value.items === 'string' ? [value as Figure] : [];
  return [...own, ...Object.entries(value).flatMap(([name, inner]) => (name === 'weighted' ? [] : figuresIn(inner)))];
}

test.each(LISTS)('the %s as at a position is what it was there', async (name) => {
  const asAt = await list(`/api/v1/${name}?as-at=${place.position}`);
  expect(asAt.asAt).toEqual(place);
  expect(unlinked(asAt)).toEqual(then[name]);
});

test.each(LISTS)('every figure of the %s as at a moment opens to the list that it counts, then', async (name) => {
  const { summary } = await list(`/api/v1/${name}?as-at=${place.recordedAt}`);
  const figures = figuresIn(summary);
  expect(figures.length).toBeGreaterThan(3);
  for (const { value, items } of figures) {
    const opened = await list(items);
    expect([items, opened.total, opened.asAt]).toEqual([items, value, place]);
  }
});

test.each(LISTS)('the pages of the %s as at a moment hold everybody once, while more comes in', async (name) => {
  const { items: whole, total } = await list(`/api/v1/${name}?as-at=${place.position}&limit=200`);
  const items = [];
  for (let path: string | null = `/api/v1/${name}?as-at=${place.position}&limit=1`; path !== null;) {
    const page: List = await list(path);
    items.push(...page.items);
    path = page.next;
  }
  expect(items).toEqual(whole);
  expect(items).toHaveLength(total);
});

test('a day is its end in London, today is now, and yesterday there was nobody', async () => {
  const today = londonDate(new Date().toISOString());
  const live = await list('/api/v1/caseload');
  expect(unlinked(await list(`/api/v1/caseload?as-at=${today}`))).toEqual(live);
  for (const name of LISTS) {
    const none = await list(`/api/v1/${name}?as-at=${addDays(today, -1)}`);
    expect([name, none.asAt, none.total, none.items, none.next]).toEqual([name, { position: null, recordedAt: null }, 0, [], null]);
  }
});

test.each([
  ['as-at=tomorrow', 400, 'invalid-parameter', '?as-at'],
  ['as-at=2026-02-30', 400, 'invalid-parameter', '?as-at'],
  ['as-at=2999-01-01', 400, 'invalid-parameter', '?as-at'],
  ['as-at=2999-01-01T00:00:00Z', 400, 'invalid-parameter', '?as-at'],
  ['as-at=2026-01-01T00:00:00', 400, 'invalid-parameter', '?as-at'],
  ['as-at=00000000000000999999', 400, 'invalid-parameter', '?as-at'],
  ['as-at=2026-01-01&after=00000000000000000001', 400, 'invalid-parameter', '?after'],
  ['known=now', 400, 'invalid-parameter', '?known'],
  ['as-at=2026-01-01&known=later', 422, 'unknown-code', '?known'],
  ['log=5b1b6f0e-0000-4000-8000-000000000000.00000000000000000001', 400, 'invalid-parameter', '?log'],
  ['as-at=2026-01-01&log=nonsense', 400, 'invalid-parameter', '?log'],
  ['as-at=2026-01-01&log=5b1b6f0e-0000-4000-8000-000000000000.00000000000000000001', 409, 'another-log', '?log'],
  ['as-at=2026-01-01&colour=red', 400, 'unknown-parameter', '?colour'],
])('%s is answered with %d %s, and says what to do', async (query, status, code, path) => {
  const { body, ...answer } = await request<Record<string, unknown>>(program.address, 'GET', `/api/v1/waitlist?${query}`);
  expect([answer.status, body['code'], body['errors']]).toEqual([status, code, [{ path, message: expect.stringMatching(/\w/) }]]);
});

test.each(LISTS)('`waymark show %s --as-at` shows the same, beside the server', async (name) => {
  const said = await waymark(folder, ['show', name, '--as-at', place.position, '--json']);
  expect(said).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(said.out)).toEqual(await list(`/api/v1/${name}?as-at=${place.position}`));
});

test('`waymark show --as-at` with a day to come ends with 2 and one line', async () => {
  const { code, out, err } = await waymark(folder, ['show', 'waitlist', '--as-at', '2999-01-01']);
  expect([code, out, err.trim().split('\n').length]).toEqual([2, '', 1]);
  expect(err).toContain('future');
});

test('what had happened by then is asked for as it is known now, over HTTP and the command line', async () => {
  const known = await list(`/api/v1/journal?as-at=${place.position}&known=now&limit=200`);
  // Nothing was written down late here: the same events, and the knowledge of today.
  expect(known.items).toEqual((await list(`/api/v1/journal?as-at=${place.position}&limit=200`)).items);
  expect(known.asAt.position! > place.position).toBe(true);
  const said = await waymark(folder, ['show', 'journal', '--as-at', place.position, '--known', 'now', '--limit', '200', '--json']);
  expect((JSON.parse(said.out) as List).items).toEqual(known.items);
});
