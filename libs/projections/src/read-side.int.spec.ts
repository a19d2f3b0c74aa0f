/** What queries may rely on, in each of the three roles. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { Subject, firstValueFrom } from 'rxjs';
import type { RecordedEvent } from '@waymark/kernel';
import type { Checkpoint } from './checkpoints';
import { takeRunnerLock } from './lock';
import { pagesOf } from './log-pages';
import { OwnRunner } from './own-runner';
import { ReadSide } from './read-side';
import { Runner } from './runner';
import { decoded } from './tables';
import { eventDefinitions, noted, planned, readModels, recorded, visits } from './testing/visits';
import type { Projection } from './projection';

let folder: string;
let events: RecordedEvent[];
let closers: (() => void)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-read-'));
  events = recorded([planned('a'), planned('b', 'home'), noted('a', 'a rail')]);
  closers = [];
});
afterEach(() => {
  for (const close of closers.reverse()) close();
  rmSync(folder, { recursive: true, force: true });
});

const append = (...happenings: Parameters<typeof recorded>[0]): string => {
  events.push(...recorded(happenings, events.length));
  return events.at(-1)!.position;
};

function runner(projections: readonly Projection[] = readModels): Runner {
  const made = new Runner({ folder, projections, definitions: eventDefinitions, log: pagesOf('log', events) });
  closers.push(() => made.close());
  return made;
}

function beside(moved?: Subject<readonly Checkpoint[]>, trouble?: string): ReadSide {
  const readSide = new ReadSide({
    folder,
    projections: readModels,
    log: pagesOf('log', events),
    clock: () => new Date('2026-04-02T00:00:00Z'),
    ...(moved ? { drive: { moved, trouble: () => trouble } } : {}),
  });
  closers.push(() => readSide.close());
  return readSide;
}

describe('Beside a runner', () => {
  it('counts once for as long as nothing is written, and anew after that', async () => {
    const moving = runner();
    moving.catchUp();
    const readSide = beside();
    const draw = async (most: number) =>
      (await readSide.snapshot(async (_db, _asAt, count) => count(sql<{ n: number }>`select abs(random()) % ${most} as n`))).value[0]!.n;

    const first = await draw(2 ** 50);
    expect(await draw(2 ** 50)).toBe(first);
    expect(await draw(2 ** 51)).not.toBe(first);
    append(noted('a', 'another rail'));
    moving.catchUp();
    expect(await draw(2 ** 50)).not.toBe(first);
  });

  it('reads rows by the name of the read model', async () => {
    runner().catchUp();
    const readSide = beside();

    const stored = await readSide.db
      .selectFrom(readSide.tableOf('visits'))
      .selectAll()
      .where('place', '=', 'clinic')
      .executeTakeFirstOrThrow();

    expect(decoded(visits, stored)).toEqual({
      key: 'visit-northbank-a',
      place: 'clinic',
      notes: ['a rail'],
      noted: 1,
      weight: 1.5,
      lastOn: events[2]!.occurredAt,
    });
    expect(() => readSide.tableOf('nothing')).toThrow("There is no read model 'nothing'");
  });

  it('cannot write', async () => {
    runner().catchUp();
    const readSide = beside();
    await expect(readSide.db.deleteFrom(readSide.tableOf('visits')).execute()).rejects.toMatchObject({ code: 'SQLITE_READONLY' });
  });

  it('shows total, items and position of one moment, whatever is committed meanwhile', async () => {
    const writer = runner();
    writer.catchUp();
    const readSide = beside();
    const before = events.at(-1)!;

    const seen = await readSide.snapshot(async (db, asAt) => {
      const total = await db.selectFrom('visits_v1').select(db.fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
      append(planned('c'));
      writer.catchUp();
      const items = await db.selectFrom('visits_v1').select('key').execute();
      return { total: total.n, items: items.length, asAt };
    });

    expect(seen.value).toEqual({ total: 2, items: 2, asAt: { position: before.position, recordedAt: before.recordedAt } });
    expect(seen.position).toBe(before.position);
    expect((await readSide.snapshot(async () => null)).position).toBe(events.at(-1)!.position);
  });

  it('says that it shows nothing yet on an empty log', async () => {
    events.length = 0;
    runner().catchUp();
    const readSide = beside();
    expect(await readSide.snapshot(async () => 'read')).toEqual({ value: 'read', position: undefined, recordedAt: undefined });
    expect(readSide.status()[0]).toMatchObject({ status: 'live', position: null, head: null, lagEvents: 0, percent: 100 });
  });

  it('waits for a position that the runner reaches, by looking at the checkpoint', async () => {
    const writer = runner();
    writer.catchUp();
    const readSide = beside();
    const position = append(planned('c'));

    const waited = readSide.waitFor(position);
    setImmediate(() => writer.catchUp());

    expect(await waited).toBe(true);
    expect(readSide.position('visits')).toBe(position);
  });

  it('waits for a position that the runner reaches, by what its thread says', async () => {
    const writer = runner();
    writer.catchUp();
    const moved = new Subject<readonly Checkpoint[]>();
    const readSide = beside(moved);
    const position = append(planned('c'));

    const waited = readSide.waitFor(position, 60_000);
    moved.next(writer.standing());
    writer.catchUp();
    moved.next(writer.standing());

    expect(await waited).toBe(true);
  });

  it('gives up waiting when the time is over', async () => {
    runner().catchUp();
    const readSide = beside();
    expect(await readSide.waitFor(append(planned('c')), 20)).toBe(false);
  });

  it('gives up waiting before any runner has made the tables', async () => {
    expect(await beside().waitFor(events[0]!.position, 20)).toBe(false);
    expect(await beside(new Subject()).waitFor(events[0]!.position, 20)).toBe(false);
  });

  it('does not wait for a read model that has stopped', async () => {
    const failing: Projection = {
      ...visits,
      key(event) {
        if (event.type === 'VisitNoted') throw new Error('unreadable');
        return event.stream;
      },
    };
    const writer = runner([failing, readModels[1]!]);
    writer.catchUp();
    const readSide = beside();
    const position = append(planned('c'));
    writer.catchUp();

    expect(await readSide.waitFor(position, 60_000)).toBe(true);
    expect(await readSide.waitFor(position, 60_000, ['places'])).toBe(true);
    expect(await readSide.waitFor(position, 60_000, ['visits'])).toBe(false);
    expect(readSide.status()[0]).toMatchObject({
      name: 'visits',
      status: 'faulted',
      lagEvents: 2,
      lastError: expect.stringContaining('unreadable'),
    });
  });

  it('tells how far each read model is, and how long the first missing event has waited', () => {
    runner().catchUp();
    const readSide = beside();
    const head = append(planned('c'));

    expect(readSide.status()).toEqual(
      ['visits', 'places'].map((name) => ({
        name,
        version: 1,
        status: 'catching-up',
        position: events[2]!.position,
        head,
        lagEvents: 1,
        lagSeconds: (Date.parse('2026-04-02T00:00:00Z') - Date.parse(events[3]!.recordedAt)) / 1000,
        rate: null,
        percent: 75,
        parked: 0,
        lastError: null,
      })),
    );
  });

  it('says that nothing moves while the thread is down, and why', () => {
    runner().catchUp();
    expect(beside(new Subject(), 'The runner stopped: out of memory').status()[0]).toMatchObject({
      status: 'faulted',
      lastError: 'The runner stopped: out of memory',
    });
  });

  it('tells subscribers what all running read models have reached', async () => {
    const writer = runner();
    const moved = new Subject<readonly Checkpoint[]>();
    const readSide = beside(moved);
    const next = firstValueFrom(readSide.changes);

    moved.next(writer.standing());
    writer.catchUp();
    moved.next(writer.standing());

    expect(await next).toEqual({ position: events.at(-1)!.position });
  });

  it('waits until the runner has made the tables', async () => {
    const readSide = beside();
    expect(() => readSide.db).toThrow('The read models are not there yet');
    await expect(readSide.ready(20)).rejects.toThrow('no runner has made them');
    const ready = readSide.ready();
    runner();
    await ready;
    expect(await readSide.db.selectFrom('visits_v1').selectAll().execute()).toEqual([]);
  });

  it('reads the new file when the old one was deleted, and the old one until the new one is there', async () => {
    const writer = runner();
    writer.catchUp();
    const readSide = beside();
    const count = async (): Promise<number> => (await readSide.db.selectFrom('visits_v1').selectAll().execute()).length;
    expect(await count()).toBe(2);

    rmSync(join(folder, 'read.db'));
    expect(await count()).toBe(2);
    append(planned('c'));
    writer.catchUp();

    expect(await count()).toBe(3);
  });
});

describe('A command without a server', () => {
  function alone(): { readSide: ReadSide; drive: OwnRunner } {
    const log = pagesOf('log', events);
    const drive = new OwnRunner({ folder, projections: readModels, definitions: eventDefinitions, log, address: 'waymark show' });
    const readSide = new ReadSide({ folder, projections: readModels, log, drive });
    closers.push(
      () => readSide.close(),
      () => drive.close(),
    );
    return { readSide, drive };
  }

  it('catches up before it answers', async () => {
    const { readSide } = alone();
    expect((await readSide.db.selectFrom('visits_v1').selectAll().execute()).length).toBe(2);

    const position = append(planned('c'));
    expect((await readSide.snapshot(async (db) => db.selectFrom('visits_v1').selectAll().execute())).value).toHaveLength(3);
    expect(await readSide.waitFor(position, 0)).toBe(true);
    expect(readSide.status().map(({ status, lagEvents }) => ({ status, lagEvents }))).toEqual([
      { status: 'live', lagEvents: 0 },
      { status: 'live', lagEvents: 0 },
    ]);
  });

  it('does not touch the folder before it is asked something, and leaves it to others afterwards', () => {
    const { readSide, drive } = alone();
    takeRunnerLock(folder, { address: 'a server that came first' }).release();
    expect(readSide.status()).toHaveLength(2);
    expect(() => takeRunnerLock(folder, { address: 'a server' })).toThrow('waymark show');
    drive.close();
    takeRunnerLock(folder, { address: 'a server' }).release();
  });

  it('leaves the work to a server that runs the folder', async () => {
    const lock = takeRunnerLock(folder, { address: 'http://127.0.0.1:3000' });
    closers.push(() => lock.release());
    const server = runner();
    server.catchUp();
    const { readSide } = alone();
    const position = append(planned('c'));

    expect(await readSide.waitFor(position, 20)).toBe(false);
    server.catchUp();
    expect(await readSide.waitFor(position)).toBe(true);
  });
});
