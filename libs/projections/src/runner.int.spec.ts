/** The runner over a log in memory and over the SQLite log; and its properties over random logs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import fc from 'fast-check';
import { LogReader, memoryEventStore, openEventStore, type EventStore } from '@waymark/event-store';
import type { RecordedEvent } from '@waymark/kernel';
import { pagesOf, type LogPages } from './log-pages';
import type { Projection } from './projection';
import { Runner } from './runner';
import { compareWithFold } from './testing/fold-rows';
import { runnerContract, type LogUnderTest } from './testing/runner.contract';
import { newEvent, readModels, recorded, type Happening } from './testing/visits';

function over(store: EventStore, log: (events: () => RecordedEvent[]) => LogPages): LogUnderTest {
  const events: RecordedEvent[] = [];
  const revisions = new Map<string, number>();
  return {
    log: log(() => events),
    async append(happenings, schemaVersion) {
      for (const happening of happenings) {
        const revision = revisions.get(happening.stream);
        const result = await store.append(happening.stream, revision ?? 'none', [newEvent(happening, events.length, schemaVersion)]);
        if (result.outcome !== 'appended') throw new Error(`The test's own append was answered ${result.outcome}`);
        revisions.set(happening.stream, (revision ?? -1) + 1);
        events.push(...result.events);
      }
    },
    all: async () => [...events],
    close: () => store.close(),
  };
}

describe('The runner over a log in memory', () => {
  runnerContract(async () => {
    const store = memoryEventStore();
    return over(store, (events) => pagesOf(store.logId, events()));
  });
});

describe('The runner over the SQLite log', () => {
  runnerContract(async (folder) => {
    const under = over(openEventStore({ folder, synchronous: 'off' }), () => new LogReader(folder, { hashes: false }));
    return {
      ...under,
      async close() {
        under.log.close();
        await under.close();
      },
    };
  });
});

const happening: fc.Arbitrary<Happening> = fc
  .record({
    visit: fc.constantFrom('a', 'b', 'c', 'd'),
    type: fc.constantFrom('VisitPlanned', 'VisitNoted', 'VisitMoved', 'VisitCancelled', 'RoomPainted'),
    place: fc.constantFrom('clinic', 'home', 'surgery'),
    words: fc.string({ maxLength: 8 }),
    weight: fc.double({ noNaN: true, noDefaultInfinity: true }).map((weight) => weight + 0),
  })
  .map(({ visit, type, place, words, weight }) => ({ stream: `visit-northbank-${visit}`, type, data: { place, words, weight } }));

/** A log that gives fewer events than it was asked for, so that batches end anywhere. */
function inSmallPages(events: readonly RecordedEvent[], sizes: () => number): LogPages {
  const log = pagesOf('log', events);
  return { ...log, page: (after, max) => log.page(after, Math.min(max, sizes())) };
}

describe('Whatever happens', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'waymark-runner-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const clear = (): void => {
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(folder, `read.db${suffix}`), { force: true });
  };

  it('rows written once a batch are the rows written one by one', () => {
    fc.assert(
      fc.property(
        fc.array(happening, { maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
        (happenings, sizes) => {
          clear();
          const events = recorded(happenings);
          let turn = 0;
          const runner = new Runner({ folder, projections: readModels, log: inSmallPages(events, () => sizes[turn++ % sizes.length]!) });
          runner.catchUp();
          runner.close();
          const db = new SqliteDatabase(join(folder, 'read.db'));
          for (const projection of readModels) expect(compareWithFold(db, projection, events)).toEqual([]);
          db.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  /** A row for each event, so that the table says which events were seen. */
  const seen: Projection<{ type: string }> = {
    name: 'seen',
    version: 1,
    table: { columns: { type: { type: 'text' } } },
    key: (event) => event.position,
    on: Object.fromEntries(
      ['VisitPlanned', 'VisitNoted', 'VisitMoved', 'VisitCancelled', 'RoomPainted'].map((type) => [
        type,
        (_row: object | undefined, event: RecordedEvent) => ({ type: event.type }),
      ]),
    ),
  };

  type Move =
    | { kind: 'append'; happenings: Happening[] }
    | { kind: 'step'; runner: 0 | 1; size: number }
    | { kind: 'restart'; runner: 0 | 1 }
    | { kind: 'break'; runner: 0 | 1 };
  const either = fc.constantFrom(0 as const, 1 as const);
  const move: fc.Arbitrary<Move> = fc.oneof(
    fc.record({ kind: fc.constant('append' as const), happenings: fc.array(happening, { minLength: 1, maxLength: 6 }) }),
    fc.record({ kind: fc.constant('step' as const), runner: either, size: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant('restart' as const), runner: either }),
    fc.record({ kind: fc.constant('break' as const), runner: either }),
  );

  it('a checkpoint never passes an event that is not in the table, and never stays behind one that is', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
        clear();
        const events: RecordedEvent[] = [];
        let size = 5;
        let breaks = false;
        const start = (): Runner =>
          new Runner({
            folder,
            projections: [seen],
            log: inSmallPages(events, () => size),
            beforeCommit() {
              if (breaks) throw new Error('power cut');
            },
          });
        const runners = [start(), start()];
        const db = new SqliteDatabase(join(folder, 'read.db'));
        for (const made of moves) {
          if (made.kind === 'append') events.push(...recorded(made.happenings, events.length));
          if (made.kind === 'step') {
            size = made.size;
            runners[made.runner]!.step();
          }
          if (made.kind === 'restart') {
            runners[made.runner]!.close();
            runners[made.runner] = start();
          }
          if (made.kind === 'break') {
            breaks = true;
            try {
              runners[made.runner]!.step();
            } catch {
              // The power cut; what is in the file decides.
            }
            breaks = false;
          }
          const position = db.prepare<[], string>("SELECT position FROM projections WHERE name = 'seen'").pluck().get()!;
          const inTable = db.prepare<[], string>('SELECT key FROM seen_v1 ORDER BY key').pluck().all();
          expect(inTable).toEqual(events.filter((event) => event.position <= position).map((event) => event.position));
        }
        for (const runner of runners) runner.close();
        db.close();
      }),
      { numRuns: 60 },
    );
  });
});
