/** What the runner does with an event that a row cannot take: the row waits, with everything that comes for it later, and all others go on. */
import { pagesOf } from '../log-pages';
import { OperatorRequests } from '../operator-requests';
import { MOST_PARKED_KEYS, PARKED, type ParkedKey } from '../parking';
import type { Projection } from '../projection';
import type { Runner, RunnerOptions } from '../runner';
import { compareWithFold } from './fold-rows';
import { story, type Bench } from './runner-bench';
import { noted, places, planned, recorded, visits } from './visits';

/** Throws for every note in `stuck`, as long as it is in there. */
export function failingOn(stuck: ReadonlySet<string>): Projection {
  return {
    ...visits,
    on: {
      ...visits.on,
      VisitNoted(row, event) {
        if (stuck.has(String(event.data['words']))) throw new Error('no such note');
        return visits.on['VisitNoted']!(row as never, event);
      },
    },
  };
}

export function parkedIn(bench: Bench): ParkedKey[] {
  return bench.inTable((db) => db.prepare<[], ParkedKey>(PARKED).all());
}

export function parkingContract(bench: Bench): void {
  let now: number;
  let stuck: Set<string>;
  beforeEach(() => {
    now = Date.parse('2026-04-02T00:00:00Z');
    stuck = new Set(['unreadable']);
  });
  const runnerOf = (options: Partial<RunnerOptions> = {}): Runner =>
    bench.runnerWith({ projections: [failingOn(stuck), places], clock: () => new Date(now), ...options });
  /** After all pauses are over. */
  const settle = (runner: Runner): void => {
    for (let i = 0; i < 4; i++) {
      runner.catchUp();
      now += 60_000;
    }
    runner.catchUp();
  };
  const withRequests = (run: (requests: OperatorRequests) => void): void => {
    const requests = new OperatorRequests(bench.folder, () => new Date(now));
    try {
      run(requests);
    } finally {
      requests.close();
    }
  };

  const troubled = [planned('a'), planned('b'), noted('a', 'fine'), noted('a', 'unreadable'), noted('b', 'seen'), noted('a', 'later')];

  it('parks the row, tries again with pauses, and goes on with everything else', async () => {
    await bench.under.append(troubled);
    const events = await bench.under.all();
    const runner = runnerOf();
    runner.catchUp();

    expect(parkedIn(bench)).toMatchObject([
      { key: 'visit-northbank-a', eventId: events[3]!.id, attempts: 1, queued: 2, service: 'northbank' },
    ]);
    expect(bench.standing(runner, 'visits')).toMatchObject({ status: 'live', position: events.at(-1)!.position });
    now += 200;
    runner.catchUp();
    expect(parkedIn(bench)).toMatchObject([{ attempts: 2 }]);
    now += 999;
    runner.catchUp();
    expect(parkedIn(bench)).toMatchObject([{ attempts: 2 }]);
    now += 1;
    runner.catchUp();

    expect(parkedIn(bench)).toMatchObject([{ attempts: 3, retryAt: null, error: 'no such note', type: 'VisitNoted' }]);
    const others = events.filter((event) => event.stream !== 'visit-northbank-a' || event.position < events[3]!.position);
    expect(bench.inTable((db) => compareWithFold(db, visits, others))).toEqual([]);
    await bench.expectWhole([places]);
    expect(bench.notices).toEqual([expect.stringContaining('A row of visits is parked')]);
  });

  it('folds what waited, in its order, as soon as the fault has passed', async () => {
    await bench.under.append(troubled);
    const runner = runnerOf();
    runner.catchUp();
    await bench.under.append([noted('a', 'last'), noted('b', 'last')]);
    runner.catchUp();
    stuck.clear();
    now += 200;

    runner.catchUp();

    expect(parkedIn(bench)).toEqual([]);
    await bench.expectWhole();
  });

  it('keeps what waits over a restart, and tries it again with the program that is started', async () => {
    await bench.under.append(troubled);
    const first = runnerOf();
    settle(first);
    bench.stop(first);
    await bench.under.append([noted('a', 'meanwhile')]);

    const same = runnerOf();
    same.catchUp();
    expect(parkedIn(bench)).toMatchObject([{ attempts: 4, queued: 3, retryAt: null }]);
    bench.stop(same);
    bench.runnerWith({ projections: [visits, places] }).catchUp();

    expect(parkedIn(bench)).toEqual([]);
    await bench.expectWhole();
  });

  it('queues events of other streams that belong to the same row', async () => {
    const failing: Projection = {
      ...places,
      on: {
        VisitPlanned(row, event) {
          if (stuck.has(event.stream)) throw new Error('no such place');
          return places.on['VisitPlanned']!(row as never, event);
        },
      },
    };
    stuck = new Set(['visit-northbank-a']);
    await bench.under.append([planned('a'), planned('b', 'home'), planned('c'), planned('d')]);
    const runner = runnerOf({ projections: [failing] });
    runner.catchUp();
    expect(parkedIn(bench)).toMatchObject([{ key: 'clinic', queued: 3 }]);

    stuck.clear();
    settle(runner);

    await bench.expectWhole([places]);
  });

  it('keeps nothing of a parked row that was rolled back', async () => {
    await bench.under.append(troubled);
    let broken = true;
    const runner = runnerOf({
      beforeCommit() {
        if (broken) throw new Error('the disk is full');
      },
    });
    expect(() => runner.catchUp()).toThrow('the disk is full');
    expect(parkedIn(bench)).toEqual([]);
    broken = false;
    runner.catchUp();
    expect(parkedIn(bench)).toMatchObject([{ queued: 2 }]);
  });

  it('stops the whole read model when more rows are parked than can be the fault of events', async () => {
    const log = pagesOf('log', recorded(Array.from({ length: MOST_PARKED_KEYS + 1 }, (_, n) => planned(`v${n}`))));
    const failing: Projection = { ...visits, on: { ...visits.on, VisitPlanned: () => ({}) } };
    const runner = runnerOf({ projections: [failing, places], log });
    runner.catchUp();
    expect(bench.standing(runner, 'visits').status).toBe('faulted');
    expect(bench.standing(runner, 'visits').lastError).toMatch(/More than 1000 rows cannot be folded/);
    expect(bench.standing(runner, 'places')).toMatchObject({ status: 'live', position: log.head() });
  });

  it('says nothing of what an event held, where the engine quotes it', async () => {
    const failing: Projection = { ...visits, on: { VisitNoted: (_row, event) => JSON.parse(String(event.data['words'])) as object } };
    await bench.under.append([noted('a', 'MARKER of somebody')]);
    const runner = runnerOf({ projections: [failing] });
    settle(runner);
    expect(parkedIn(bench)[0]!.error).toMatch(/^SyntaxError/);
    expect(JSON.stringify([parkedIn(bench), bench.notices])).not.toContain('MARKER');
  });

  it('skips an event when an operator asks, goes on with the rest of its row, and remembers it in a later version and in a rebuild', async () => {
    await bench.under.append([...story, ...troubled.slice(2)]);
    const events = await bench.under.all();
    const bad = events.find((event) => event.data['words'] === 'unreadable')!;
    withRequests((requests) => {
      const runner = runnerOf({ requests });
      settle(runner);
      const ask = { kind: 'skip', projection: 'visits', reason: 'sent by mistake', askedBy: 'olu' } as const;
      const wrong = requests.ask({ ...ask, subject: events[0]!.id });
      const right = requests.ask({ ...ask, subject: bad.id });
      runner.catchUp();

      expect(requests.find(wrong)).toMatchObject({ status: 'failed', error: expect.stringContaining('not parked') });
      expect(requests.find(right)).toMatchObject({ status: 'done' });
      expect(requests.skips()).toMatchObject([{ projection: 'visits', eventId: bad.id, reason: 'sent by mistake', skippedBy: 'olu' }]);
      expect(parkedIn(bench)).toEqual([]);
      const without = events.filter((event) => event !== bad);
      expect(bench.inTable((db) => compareWithFold(db, visits, without))).toEqual([]);

      bench.stop(runner);
      const next: Projection = { ...failingOn(stuck), version: 2 };
      const later = runnerOf({ projections: [next, places], requests });
      const rebuild = requests.ask({ kind: 'rebuild', projection: 'visits', askedBy: 'olu' });
      settle(later);
      expect(requests.find(rebuild)).toMatchObject({ status: 'done' });
      expect(parkedIn(bench)).toEqual([]);
      expect(bench.inTable((db) => compareWithFold(db, next, without))).toEqual([]);
    });
  });

  it('tries a row again when an operator asks, and says whether that helped', async () => {
    await bench.under.append(troubled);
    withRequests((requests) => {
      const runner = runnerOf({ requests });
      settle(runner);
      const ask = { kind: 'retry', projection: 'visits', subject: 'visit-northbank-a', askedBy: 'olu' } as const;
      const tooEarly = requests.ask(ask);
      runner.catchUp();
      expect(requests.find(tooEarly)).toMatchObject({ status: 'failed', error: expect.stringContaining('parked again') });
      stuck.clear();
      const again = requests.ask(ask);
      runner.catchUp();
      expect(requests.find(again)).toMatchObject({ status: 'done' });
    });
    await bench.expectWhole();
  });
}
