/** Whatever happens in whatever order: live writes, faults, restarts, rebuilds. In the end every table is the fold of the log. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import fc from 'fast-check';
import type { RecordedEvent } from '@waymark/kernel';
import { pagesOf, type LogPages } from './log-pages';
import { OperatorRequests } from './operator-requests';
import { PARKED, type ParkedKey } from './parking';
import type { Projection } from './projection';
import { Runner } from './runner';
import { compareWithFold, foldRows } from './testing/fold-rows';
import { places, recorded, visits, type Happening } from './testing/visits';

const happening: fc.Arbitrary<Happening> = fc
  .record({
    visit: fc.constantFrom('a', 'b', 'c'),
    type: fc.constantFrom('VisitPlanned', 'VisitNoted', 'VisitNoted', 'VisitMoved', 'VisitCancelled'),
    place: fc.constantFrom('clinic', 'home'),
    words: fc.constantFrom('fine', 'bad', 'worse'),
  })
  .map(({ visit, type, place, words }) => ({ stream: `visit-northbank-${visit}`, type, data: { place, words, weight: 1 } }));

type Move =
  | { kind: 'append'; happenings: Happening[] }
  | { kind: 'step'; size: number }
  | { kind: 'restart' | 'rebuild' | 'break' | 'delete' }
  | { kind: 'fail'; words: string[] }
  | { kind: 'wait'; ms: number };

const moves: fc.Arbitrary<Move[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('append' as const), happenings: fc.array(happening, { minLength: 1, maxLength: 6 }) }),
    },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('step' as const), size: fc.integer({ min: 1, max: 5 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('restart' as const, 'rebuild' as const, 'break' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('fail' as const), words: fc.subarray(['bad', 'worse']) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(100, 1_000) }) },
  ),
  { maxLength: 40, size: 'max' },
);

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'waymark-whatever-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function clear(): void {
  for (const file of ['read.db', 'state.db'])
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(folder, file + suffix), { force: true });
}

/** One life of a runner, told by moves; the words in `failing` cannot be folded. */
class Life {
  readonly events: RecordedEvent[] = [];
  readonly requests = new OperatorRequests(folder, () => new Date(this.now));
  private readonly failing = new Set<string>();
  private now = Date.parse('2026-04-02T00:00:00Z');
  private size = 5;
  private breaks = false;
  private runner: Runner;

  constructor() {
    this.runner = this.start();
  }

  make(move: Move): void {
    switch (move.kind) {
      case 'append':
        this.events.push(...recorded(move.happenings, this.events.length));
        return;
      case 'step':
        this.size = move.size;
        this.runner.step();
        return;
      case 'restart':
        this.runner.close();
        this.runner = this.start();
        return;
      case 'rebuild':
        this.requests.ask({ kind: 'rebuild', projection: 'visits', askedBy: 'olu' });
        return;
      case 'break':
        this.breaks = true;
        try {
          this.runner.step();
        } catch {
          // The power cut; what is in the file decides.
        }
        this.breaks = false;
        return;
      case 'delete':
        rmSync(join(folder, 'read.db'), { force: true });
        return;
      case 'fail':
        this.failing.clear();
        for (const words of move.words) this.failing.add(words);
        return;
      case 'wait':
        this.now += move.ms;
    }
  }

  /** Every fault is over, and all that was asked is done. */
  settle(): void {
    this.failing.clear();
    this.make({ kind: 'restart' });
    for (let turn = 0; turn < 3; turn++) {
      this.runner.catchUp();
      this.now += 60_000;
    }
    this.runner.catchUp();
  }

  end(): void {
    this.runner.close();
    this.requests.close();
  }

  private start(): Runner {
    return new Runner({
      folder,
      projections: [this.visits, places],
      log: this.log(),
      requests: this.requests,
      clock: () => new Date(this.now),
      beforeCommit: () => {
        if (this.breaks) throw new Error('power cut');
      },
    });
  }

  private log(): LogPages {
    const log = pagesOf('log', this.events);
    return { ...log, page: (after, max) => log.page(after, Math.min(max, this.size)) };
  }

  private readonly visits: Projection = {
    ...visits,
    on: {
      ...visits.on,
      VisitNoted: (row, event) => {
        if (this.failing.has(String(event.data['words']))) throw new Error('cannot be folded');
        return visits.on['VisitNoted']!(row as never, event);
      },
    },
  };
}

function inTable<T>(read: (db: SqliteDatabase.Database) => T): T {
  const db = new SqliteDatabase(join(folder, 'read.db'), { readonly: true });
  try {
    return read(db);
  } finally {
    db.close();
  }
}

/** A row that waits stands exactly before the event that it waits for; every other row has seen all that the checkpoint says. */
function expectOrder(events: readonly RecordedEvent[]): void {
  inTable((db) => {
    const position = db.prepare<[], string>("SELECT position FROM projections WHERE name = 'visits'").pluck().get()!;
    const waits = db
      .prepare<[], ParkedKey>(PARKED)
      .all()
      .filter(({ projection }) => projection === 'visits');
    const seen = events.filter((event) => {
      const before = waits.find(({ key }) => key === event.stream)?.position;
      return event.position <= position && (before === undefined || event.position < before);
    });
    const rows = foldRows(visits, seen);
    expect(db.prepare<[], string>('SELECT key FROM visits_v1 ORDER BY key').pluck().all()).toEqual([...rows.keys()].sort());
    expect(compareWithFold(db, visits, seen)).toEqual([]);
  });
}

it('replay, following live, and a rebuild under live writes give the same rows, column by column; and no row runs ahead of what it waits for', () => {
  fc.assert(
    fc.property(moves, (made) => {
      clear();
      const life = new Life();
      try {
        for (const move of made) {
          life.make(move);
          if (move.kind === 'step' || move.kind === 'break') expectOrder(life.events);
        }
        life.settle();
        expect(inTable((db) => [visits, places].flatMap((projection) => compareWithFold(db, projection, life.events)))).toEqual([]);
        expect(inTable((db) => db.prepare(PARKED).all())).toEqual([]);
        expect(life.requests.unfinished()).toEqual([]);
        expect(inTable((db) => db.prepare(`SELECT name FROM sqlite_schema WHERE name LIKE '%~%' AND type = 'table'`).all())).toEqual([]);
      } finally {
        life.end();
      }
    }),
    { numRuns: 60 },
  );
});
