import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEventStore, type EventStore, type LogPlace } from '@waymark/event-store';
import type { RecordedEvent } from '@waymark/kernel';
import { GivenUp, HeavyThread } from './heavy-thread';
import { Pasts, type PastAsked, type PastsOptions } from './pasts';
import { OperatorRequests } from './operator-requests';
import { foldRows } from './testing/fold-rows';
import { cancelled, newEvent, noted, painted, places, planned, readModels, visits, type Happening } from './testing/visits';
import { decoded } from './tables';

const modelsModule = join(__dirname, 'testing/visits.ts');

let heavy: HeavyThread;
let folder: string;
let store: EventStore;
let pasts: Pasts;
let events: RecordedEvent[];

beforeAll(() => (heavy = new HeavyThread({ execArgv: ['-r', join(__dirname, 'testing/typescript.cjs')] })));
afterAll(() => heavy.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-pasts-'));
  store = openEventStore({ folder, synchronous: 'off' });
  events = [];
  pasts = open();
});
afterEach(async () => {
  pasts.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(options: Partial<PastsOptions> = {}): Pasts {
  return new Pasts({ folder, projections: readModels, modelsModule, heavy, ...options });
}

/** `many` are appended at once, to a stream each. */
async function append(...many: readonly Happening[]): Promise<LogPlace> {
  const first = events.length;
  const lengths = new Map<string, number>();
  for (const { stream } of events) lengths.set(stream, (lengths.get(stream) ?? 0) + 1);
  const results = await Promise.all(
    many.map(({ stream, ...happening }, i) => {
      const before = lengths.get(stream) ?? 0;
      lengths.set(stream, before + 1);
      return store.append(stream, before === 0 ? 'none' : before - 1, [newEvent({ stream, ...happening }, first + i)]);
    }),
  );
  for (const result of results) if (result.outcome === 'appended') events.push(...result.events);
  expect(events).toHaveLength(first + many.length);
  const { position, recordedAt } = events.at(-1)!;
  return { position, recordedAt };
}

/** Long enough for the fold to take turns. */
async function longLog(): Promise<LogPlace> {
  return append(...Array.from({ length: 6_000 }, (_, n) => planned(`long-${n}`)));
}

function rowsOf(place: LogPlace | undefined, asked: Partial<PastAsked> = {}, from = pasts) {
  const models = from.at({ service: 'northbank', of: [visits.name], place, ...asked });
  return models.snapshot(async (db, asAt) => {
    const stored = await db.selectFrom(models.tableOf(visits.name)).selectAll().execute();
    return { rows: stored.map((row) => decoded(visits, row)), asAt };
  });
}

function files(): string[] {
  const root = join(folder, 'as-at');
  return existsSync(root) ? readdirSync(root).flatMap((name) => readdirSync(join(root, name)).map((file) => join(root, name, file))) : [];
}

it('shows the rows, and says the place, of a log that ends there', async () => {
  await append(planned('a'), planned('b', 'home'));
  const place = await append(noted('a', 'seen'));
  await append(noted('a', 'seen again'), noted('b', 'seen'));

  const { value, ...asAt } = await rowsOf(place);

  expect(asAt).toEqual(place);
  expect(value.asAt).toEqual(place);
  const expected = foldRows(visits, events.slice(0, 3));
  expect(new Map(value.rows.map(({ key, ...row }) => [key, row]))).toEqual(expected);
});

it('shows nothing before the first event, and of another service', async () => {
  const place = await append(planned('a'));
  expect(await rowsOf(undefined)).toMatchObject({ value: { rows: [] }, position: undefined, recordedAt: undefined });
  expect(await rowsOf(place, { service: 'southbank' })).toMatchObject({ value: { rows: [] }, ...place });
});

it('folds a past once, for everybody who asks, also at a later place that is the same for the service', async () => {
  const place = await append(planned('a'));
  const [first, second] = await Promise.all([rowsOf(place), rowsOf(place)]);
  expect(second).toEqual(first);
  const kept = files();
  expect(kept).toHaveLength(1);
  const foreign = newEvent(planned('a'), 99);
  await store.append('visit-southbank-1', 'none', [{ ...foreign, meta: { ...foreign.meta, service: 'southbank' } }]);
  const { position, recordedAt } = (await store.read('visit-southbank-1'))[0]!;
  const later = await rowsOf({ position, recordedAt });
  expect(later).toMatchObject({ position, value: { rows: first.value.rows } });
  expect(files()).toEqual(kept);
});

it('folds each set of read models, each place and each moment by itself', async () => {
  const place = await append(planned('a'));
  const next = await append(noted('a', 'seen'));
  await rowsOf(place);
  await rowsOf(next);
  await rowsOf(next, { happenedBy: events[0]!.occurredAt });
  await rowsOf(next, { of: [visits.name, places.name] });
  expect(files()).toHaveLength(4);
});

it('keeps what was used last, and no more than there is room for', async () => {
  const all = [await append(planned('a')), await append(planned('b')), await append(planned('c'))];
  await rowsOf(all[0]);
  const size = statSync(files()[0]!).size;
  const small = open({ keep: 2 * size });
  pasts.close();
  for (const place of [all[0], all[1], all[0], all[2]]) await rowsOf(place, {}, small);
  const kept = files();
  expect(kept).toHaveLength(2);
  await rowsOf(all[0], {}, small);
  await rowsOf(all[2], {}, small);
  expect(files().sort()).toEqual(kept.sort());
  expect((await rowsOf(all[1], {}, small)).value.rows).toHaveLength(2);
  expect(files()).toHaveLength(2);
  small.close();
});

it('is given up when the only one who waits leaves, and nothing of it stays', async () => {
  const place = await longLog();
  const leave = new AbortController();
  await expect(rowsOf(place, { signal: leave.signal, progress: () => leave.abort() })).rejects.toThrow(GivenUp);
  // The thread is free again, and the next one is not given what was given up.
  expect((await rowsOf(place)).value.rows).toHaveLength(6_000);
  expect(files()).toHaveLength(1);
});

it('goes on for the others when one leaves', async () => {
  const place = await longLog();
  const leave = new AbortController();
  const left = rowsOf(place, { signal: leave.signal, progress: () => leave.abort() });
  const stays = rowsOf(place);
  await expect(left).rejects.toThrow(GivenUp);
  expect((await stays).value.rows).toHaveLength(6_000);
});

it('says how far it is, from page to page', async () => {
  const said: number[] = [];
  await rowsOf(await longLog(), { progress: (percent) => said.push(percent) });
  // Three pages are looked through, and then read.
  expect(said).toEqual([10, 20, 30, 30, 53, 76, 100]);
});

it('lets others read the live side meanwhile', async () => {
  const place = await longLog();
  const order: string[] = [];
  const past = rowsOf(place, { progress: () => order.push('a page of the past') }).then(() => order.push('the past'));
  while (!order.includes('the past')) {
    await new Promise((resolve) => setImmediate(resolve));
    await store.read('visit-northbank-long-1');
    order.push('live');
  }
  await past;
  const [first, last] = [order.indexOf('a page of the past'), order.lastIndexOf('a page of the past')];
  expect(order.slice(first, last)).toContain('live');
});

it('shows what had happened by a moment as it is known now: late facts are in it, later ones are not, and what never was is left out', async () => {
  const then = await append(planned('a'), planned('b'));
  const happenedBy = events.at(-1)!.occurredAt;
  const late = { ...newEvent(noted('a', 'recorded late'), 70), occurredAt: happenedBy };
  await store.append('visit-northbank-a', 0, [late]);
  await store.append('visit-northbank-a', 1, [newEvent(noted('a', 'later'), 71)]);
  await store.append('visit-northbank-b', 0, [newEvent(cancelled('b'), 72)]);
  const { position, recordedAt } = (await store.read('visit-northbank-b'))[1]!;

  const knownNow = await rowsOf({ position, recordedAt }, { happenedBy });

  expect(knownNow.value.rows).toEqual([expect.objectContaining({ key: 'visit-northbank-a', notes: ['recorded late'] })]);
  expect((await rowsOf(then)).value.rows.map(({ notes }) => notes)).toEqual([[], []]);
});

/** No row can hold its weight. */
const misfit = (visit: string): Happening => ({ ...noted(visit, 'bad'), data: { words: 'bad', weight: 'heavy' } });

it('stands as the live table does where an event does not fit a row: the key waits with what came for it later, and all others are right', async () => {
  await append(planned('a'), planned('b'), planned('c'));
  await append(noted('a', 'before'), misfit('c'));
  await append(misfit('a'));
  const poison = events.at(-1)!;
  const place = await append(noted('a', 'behind'), noted('b', 'seen'));

  const models = pasts.at({ service: 'northbank', of: [visits.name], place });
  const { value } = await rowsOf(place);

  expect(value.rows.map(({ key, notes }) => [key, notes]).sort()).toEqual([
    ['visit-northbank-a', ['before']],
    ['visit-northbank-b', ['seen']],
    ['visit-northbank-c', []],
  ]);
  expect(await models.parked()).toEqual(
    ['a', 'c'].map((visit) => ({ projection: 'visits', key: `visit-northbank-${visit}`, service: 'northbank' })),
  );
  // A place before it knows nothing of it.
  const [first] = events;
  expect(await pasts.at({ service: 'northbank', of: [visits.name], place: first }).parked()).toEqual([]);

  const operator = new OperatorRequests(folder);
  for (const { id } of [poison, events[4]!])
    operator.skip(
      operator.find(operator.ask({ kind: 'skip', projection: 'visits', subject: id, reason: 'made by a test', askedBy: 'olu' }))!,
    );
  operator.close();
  expect((await rowsOf(place)).value.rows.find(({ key }) => key === 'visit-northbank-a')?.notes).toEqual(['before', 'behind']);
  expect(await models.parked()).toEqual([]);
});

it('of what is known now, a row that never was does not wait for anything', async () => {
  await append(planned('a'), misfit('a'));
  const happenedBy = events.at(-1)!.occurredAt;
  const place = await append(cancelled('a'));
  const asked = { service: 'northbank', of: [visits.name], place, happenedBy };
  expect((await rowsOf(place, { happenedBy })).value.rows).toEqual([]);
  expect(await pasts.at(asked).parked()).toEqual([]);
});

it('refuses a log that is newer than the program, and tries again the next time', async () => {
  const place = await append(planned('a'));
  const { type: _, ...event } = newEvent(painted(), 50);
  await store.append('room-northbank-9', 'none', [{ ...event, type: 'RoomBuilt' }]);
  const { position, recordedAt } = (await store.read('room-northbank-9'))[0]!;
  await expect(rowsOf({ position, recordedAt })).rejects.toMatchObject({ name: 'UnknownEventType' });
  expect(files()).toEqual([]);
  expect((await rowsOf(place)).value.rows).toHaveLength(1);
});

it('belongs to nobody else, and goes with the program; what others left behind goes too', async () => {
  const place = await append(planned('a'));
  const [running, dead] = [`${process.ppid}.one`, '999999999.two'].map((name) => join(folder, 'as-at', name));
  for (const left of [running!, dead!]) {
    mkdirSync(left, { recursive: true });
    writeFileSync(join(left, 'left.db'), '');
  }
  const next = open();
  await rowsOf(place, {}, next);
  expect([existsSync(running!), existsSync(dead!)]).toEqual([true, false]);
  const own = files().filter((file) => !file.includes('.one'));
  expect(own).toHaveLength(1);
  expect([statSync(own[0]!).mode & 0o777, statSync(join(own[0]!, '..')).mode & 0o777]).toEqual([0o600, 0o700]);
  next.close();
  expect(files().filter((file) => !file.includes('.one'))).toEqual([]);
});
