/** An upgrade as an operator does it: the new release builds beside the running old one, then takes its place. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { LogReader, openEventStore, type EventStore } from '@waymark/event-store';
import { isRejection, type RecordedEvent } from '@waymark/kernel';
import { buildBeside, type Built } from './build-beside';
import type { Projection } from './projection';
import { BeingPrepared } from './projection-status';
import { ReadSide } from './read-side';
import { Runner } from './runner';
import { startRunnerWorker, type RunnerThread } from './runner-thread';
import { compareWithFold } from './testing/fold-rows';
import * as old from './testing/visits';
import * as next from './testing/visits-next';

// Each test starts threads, which a busy machine does slowly.
jest.setTimeout(60_000);

let folder: string;
let store: EventStore;
let thread: RunnerThread | undefined;
let readSide: ReadSide | undefined;
let events: RecordedEvent[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-upgrade-'));
  store = openEventStore({ folder, synchronous: 'off' });
  events = [];
  for (const visit of ['a', 'b', 'c']) await append(old.planned(visit));
  for (const words of ['a rail', '', 'a step']) await append(old.noted('b', words));
});
afterEach(async () => {
  await stop();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function append(happening: old.Happening): Promise<string> {
  const revision = events.filter(({ stream }) => stream === happening.stream).length - 1;
  const result = await store.append(happening.stream, revision < 0 ? 'none' : revision, [old.newEvent(happening, events.length)]);
  if (result.outcome !== 'appended') throw new Error(result.outcome);
  events.push(...result.events);
  return events.at(-1)!.position;
}

async function start(release: 'visits' | 'visits-next'): Promise<ReadSide> {
  thread = startRunnerWorker({
    folder,
    modelsModule: join(__dirname, `testing/${release}.ts`),
    execArgv: ['-r', join(__dirname, 'testing/typescript.cjs')],
  });
  const projections = release === 'visits' ? old.readModels : next.readModels;
  readSide = new ReadSide({ folder, projections, log: new LogReader(folder, { hashes: false }), drive: thread });
  await readSide.ready(30_000);
  expect(await readSide.waitFor(events.at(-1)!.position, 30_000)).toBe(true);
  return readSide;
}

async function stop(): Promise<void> {
  await thread?.stop();
  thread = undefined;
  readSide?.close();
  readSide = undefined;
}

async function build(projections: readonly Projection[] = next.readModels) {
  const log = new LogReader(folder, { hashes: false });
  try {
    return await buildBeside({ folder, projections, definitions: old.eventDefinitions, log });
  } finally {
    log.close();
  }
}

async function built(): Promise<Built> {
  const answer = await build();
  if (isRejection(answer)) throw new Error(answer.detail);
  expect(answer.unchanged).toEqual(['places']);
  return answer.built[0]!;
}

function differences(projections: readonly Projection[]): unknown[] {
  const db = new SqliteDatabase(join(folder, 'read.db'), { readonly: true });
  try {
    return projections.flatMap((projection) => compareWithFold(db, projection, events));
  } finally {
    db.close();
  }
}

it('builds only what changed, says how it differs, and leaves the running version to the old release, which goes on', async () => {
  const serving = await start('visits');
  let writing = true;
  const written = (async () => {
    for (let n = 0; writing; n++) {
      await append(old.planned(`w${n}`));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();

  const found = await built();
  writing = false;
  await written;

  expect(found).toMatchObject({ name: 'visits', version: 2, before: 1, samePlace: true });
  expect(found.difference).toMatchObject({ onlyBefore: 0, onlyAfter: 0, different: 1, columns: { noted: 1 } });
  expect(await serving.waitFor(await append(old.noted('a', 'seen')), 30_000)).toBe(true);
  expect(differences(old.readModels)).toEqual([]);
});

it('after a build the new release serves at once, and the old table is kept for the way back', async () => {
  await start('visits');
  await built();
  await stop();

  const serving = await start('visits-next');
  expect(await serving.waitFor(await append(old.noted('c', 'after')), 30_000)).toBe(true);
  expect(differences(next.readModels)).toEqual([]);
  expect(serving.kept()).toMatchObject([{ name: 'visits', version: 1 }]);
  await stop();

  const back = await start('visits');
  expect(back.status()).toMatchObject([{ version: 1, status: 'live' }, { status: 'live' }]);
  expect(differences(old.readModels)).toEqual([]);
});

it('started without a build, an unchanged list answers at once and a changed one says how far it is', async () => {
  const first = new Runner({ folder, projections: old.readModels, log: new LogReader(folder, { hashes: false }) });
  first.catchUp();
  first.close();
  const log = new LogReader(folder, { hashes: false });
  const pages = {
    logId: log.logId,
    head: () => log.head(),
    eventsAfter: (position: string | undefined) => log.eventsAfter(position),
    hashAt: (position: string) => log.hashAt(position),
    page: (after: string | undefined, max: number) => log.page(after, max),
    close: () => log.close(),
  };
  const stuck = { ...next.visits, name: 'visits' };
  // The new release has begun: its table is there, and holds a part of the log.
  const second = new Runner({ folder, projections: [stuck, old.places], log: pages });
  const db = new SqliteDatabase(join(folder, 'read.db'));
  db.prepare(`UPDATE projections SET position = ?, rate = 0.05 WHERE name = 'visits' AND version = 2`).run(events[2]!.position);
  db.close();
  const serving = new ReadSide({ folder, projections: next.readModels, log: pages });

  const list = await serving.snapshot(async () => 'shown', ['visits']).catch((fault: unknown) => fault);

  expect(list).toBeInstanceOf(BeingPrepared);
  expect((list as BeingPrepared).message).toBe('The list visits is being prepared, 50 %, about 1 minute. Ask again then');
  expect((list as BeingPrepared).retryAfterSeconds).toBe(60);
  expect((await serving.snapshot(async () => 'shown', ['places'])).value).toBe('shown');
  second.close();
  serving.close();
});

it('a changed table without a new version is refused before anything is touched', async () => {
  const serving = await start('visits');
  const careless: Projection = { ...next.visits, version: 1 };
  expect(await build([careless, old.places])).toMatchObject({ code: 'version-needed' });
  expect(serving.status()[0]).toMatchObject({ status: 'live', lagEvents: 0 });
  expect(differences(old.readModels)).toEqual([]);
});

it('has nothing to do where nothing changed, and goes on with a build that was interrupted', async () => {
  await start('visits');
  expect(await build(old.readModels)).toEqual({ built: [], unchanged: ['visits', 'places'] });
  const requestsOf = new Runner({ folder, projections: [next.visits], log: new LogReader(folder, { hashes: false }), besideAnother: true });
  requestsOf.close();
  expect(await built()).toMatchObject({ version: 2, samePlace: true });
  expect(differences([next.visits])).toEqual([]);
});
