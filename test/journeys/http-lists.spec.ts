/** The lists and the stream that says when they change: every figure opens, every page goes on, and no change is missed. */
import { ada, practitionerOn, Told } from '../support/people';
import { emptyFolder, removeFolder, request, startServer, waymark, type Program } from '../support/program';

interface List {
  readonly asAt: { readonly position: string; readonly recordedAt: string };
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
let clinician: string;

beforeAll(async () => {
  folder = emptyFolder();
  program = await startServer(folder);
  clinician = await practitionerOn(program);
  const all = [];
  for (let n = 0; n < 4; n++) all.push(await Told.by(program, clinician, somebody(n)));
  for (const referral of all.slice(0, 2)) await referral.does('accept', accept);
  await all[2]?.does('withdraw', { by: 'person', reason: 'moved-away' });
});

afterAll(async () => {
  await program.stop();
  removeFolder(folder);
});

function somebody(n: number | string): object {
  return { ...ada, person: { name: { family: `Fictional-${n}`, given: ['Ada'] }, birthDate: '1941-02-03' } };
}

async function list(path: string): Promise<List> {
  const { status, body } = await request<List>(program.address, 'GET', path);
  expect([path, status]).toEqual([path, 200]);
  return body;
}

function figuresIn(value: unknown): Figure[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'items' in value && typeof value.items === 'string' ? [value as Figure] : [];
  // A weighted figure is made of its list and is not its length.
  return [...own, ...Object.entries(value).flatMap(([name, inner]) => (name === 'weighted' ? [] : figuresIn(inner)))];
}

test.each(LISTS)('the %s answers with exactly the members of a list', async (name) => {
  const body = await list(`/api/v1/${name}`);
  expect(Object.keys(body)).toEqual(['asAt', 'stale', 'total', 'summary', 'items', 'next']);
  expect(body).toMatchObject({ stale: false, total: body.items.length, next: null, asAt: { position: expect.stringMatching(/^\d{20}$/) } });
});

test.each(LISTS)('every figure of the %s opens to the list that it counts', async (name) => {
  const { summary } = await list(`/api/v1/${name}`);
  const figures = figuresIn(summary);
  expect(figures.length).toBeGreaterThan(3);
  for (const { value, items } of figures) {
    const { total } = await list(items);
    expect([items, total]).toEqual([items, value]);
  }
});

test.each(LISTS)('the pages of the %s hold everybody once', async (name) => {
  const whole = await list(`/api/v1/${name}?limit=200${name === 'waitlist' ? '&stage=triage,waiting' : ''}`);
  const items = [];
  for (let path: string | null = `/api/v1/${name}?limit=1${name === 'waitlist' ? '&stage=triage,waiting' : ''}`; path !== null;) {
    const page: List = await list(path);
    expect(page.items.length).toBeLessThanOrEqual(1);
    items.push(...page.items);
    path = page.next;
  }
  expect(items).toEqual(whole.items);
  expect(items).toHaveLength(whole.total);
});

test('a list shows what was done, when asked for what came after it', async () => {
  const referral = await Told.by(program, clinician, somebody('after'));
  const { body } = await referral.does('accept', accept);
  const { position } = body as unknown as { position: string };
  const { items, stale } = await list(`/api/v1/waitlist?after=${position}`);
  expect(stale).toBe(false);
  expect(items.map(({ reference }) => reference)).toContain(referral.reference);
});

test('a list that cannot get there in two seconds answers as it is, and says so', async () => {
  expect(await list('/api/v1/caseload?after=99999999999999999999')).toMatchObject({ stale: true, items: expect.any(Array) });
});

interface Change {
  readonly id: string;
  readonly list: string;
  readonly references: readonly string[];
}

/** Reads the stream until `enough`, then leaves. */
async function changes(after: string | undefined, enough: (read: Change[]) => boolean, begun = () => {}): Promise<Change[]> {
  const leave = new AbortController();
  const answer = await fetch(`${program.address}/api/v1/stream`, {
    headers: after === undefined ? {} : { 'last-event-id': after },
    signal: leave.signal,
  });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  begun();
  let text = '';
  let read: Change[] = [];
  for await (const bytes of answer.body ?? []) {
    text += new TextDecoder().decode(bytes as Uint8Array);
    read = text
      .split('\n\n')
      .slice(0, -1)
      .flatMap((message) => {
        const [, id, data] = /^id: (.*)\ndata: (.*)$/.exec(message) ?? [];
        return id === undefined || data === undefined ? [] : [{ id, ...(JSON.parse(data) as Omit<Change, 'id'>) }];
      });
    if (enough(read)) break;
  }
  leave.abort();
  return read;
}

/** Whether every list has told of `reference`. */
const toldOf =
  (reference: string, lists = LISTS) =>
  (read: Change[]) =>
    lists.every((name) => read.some(({ list: changed, references }) => changed === name && references.includes(reference)));

test('the stream tells of a referral, on every list that it is on, also when another process brought it', async () => {
  const bring = () => waymark(folder, ['intake', '--json', '-'], JSON.stringify(somebody('stream')));
  let brought = Promise.resolve({ out: '' });
  const everyList = (read: Change[]) =>
    LISTS.every((name) => read.some(({ list: changed, references }) => changed === name && references.length > 0));
  const read = await changes(undefined, everyList, () => void (brought = bring()));
  const { reference } = JSON.parse((await brought).out) as { reference: string };
  expect(toldOf(reference)(read)).toBe(true);
  expect(read.map(({ id }) => id)).toEqual(read.map(({ id }) => id).sort());
  const { items } = await list('/api/v1/waitlist?stage=triage');
  expect(items.map((item) => item.reference)).toContain(reference);
});

test('a reader who leaves after any message misses nothing when they come back', async () => {
  const { asAt } = await list('/api/v1/journal');
  const { reference } = await Told.by(program, clinician, somebody('resumed'));
  const whole = await changes(asAt.position, toldOf(reference));
  for (let heard = 1; heard < whole.length; heard++) {
    const before = whole.slice(0, heard);
    const missing = LISTS.filter((name) => !toldOf(reference, [name])(before));
    await changes(before.at(-1)?.id, toldOf(reference, missing));
  }
});
