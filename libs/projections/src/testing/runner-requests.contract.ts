/** What the runner does when an operator asks: rebuild beside the table that serves, pause, resume, drop. */
import { OperatorRequests, type Asked } from '../operator-requests';
import type { Projection } from '../projection';
import type { Runner, RunnerOptions } from '../runner';
import { compareWithFold } from './fold-rows';
import { inPages, reading, story, type Bench } from './runner-bench';
import { noted, places, planned, visits } from './visits';

export function requestContract(bench: Bench): void {
  let requests: OperatorRequests;
  beforeEach(() => (requests = new OperatorRequests(bench.folder)));
  afterEach(() => requests.close());

  const ask = (kind: Asked['kind'], more: Partial<Asked> = {}): number =>
    requests.ask({ kind, projection: 'visits', askedBy: 'olu', ...more });
  const runnerOf = (options: Partial<RunnerOptions> = {}): Runner => bench.runnerWith({ requests, ...options });
  const visitors = Array.from({ length: 30 }, (_, n) => planned(`v${n}`));
  const tables = (): string[] =>
    bench.inTable((db) =>
      db.prepare<[], string>(`SELECT name FROM sqlite_schema WHERE name LIKE 'visits%' AND type = 'table' ORDER BY name`).pluck().all(),
    );
  const compared = (id: number): unknown => (JSON.parse(requests.find(id)!.result!) as { compared: unknown }).compared;

  it('builds again beside the table that serves, and puts it in its place with what it found', async () => {
    await bench.under.append(story);
    const runner = runnerOf();
    runner.catchUp();
    bench.inTable((db) =>
      db.exec(
        `UPDATE visits_v1 SET place = 'nowhere' WHERE key = 'visit-northbank-b'; DELETE FROM visits_v1 WHERE key = 'visit-northbank-c'`,
      ),
    );
    const id = ask('rebuild');

    runner.catchUp();

    expect(requests.find(id)).toMatchObject({ status: 'done', percent: 100, askedBy: 'olu' });
    expect(compared(id)).toEqual({ rows: { before: 1, after: 2 }, onlyBefore: 0, onlyAfter: 1, different: 1, columns: { place: 1 } });
    expect(bench.notices.at(-1)).toBe('visits was rebuilt: 2 rows, 1 before; 1 differ (place in 1), 1 are new, 0 are gone');
    expect(JSON.stringify(bench.notices)).not.toContain('nowhere');
    expect(tables()).toEqual(['visits_v1']);
    await bench.expectWhole();
    await bench.under.append([planned('d'), noted('b', 'after')]);
    runner.catchUp();
    await bench.expectWhole();
  });

  it('leaves what is asked of a reaction to whoever runs it', async () => {
    const id = ask('retry-reaction', { projection: 'noting', subject: 'visit-northbank-a' });
    runnerOf().catchUp();
    expect(requests.find(id)).toMatchObject({ status: 'waiting', error: null });
  });

  it('serves the old rows until the new table is whole, and folds what comes meanwhile into both', async () => {
    await bench.under.append(visitors);
    const runner = runnerOf({ log: inPages(bench.under.log, 10) });
    runner.catchUp();
    const id = ask('rebuild');
    runner.step();
    expect(requests.find(id)).toMatchObject({ status: 'running' });
    await bench.under.append([noted('v1', 'meanwhile'), planned('w')]);
    runner.step();

    await bench.expectWhole();
    expect(bench.standing(runner, 'visits').status).toBe('live');
    expect(tables()).toEqual(['visits_v1', `visits~${id}_v1`]);
    expect(requests.find(id)).toMatchObject({ status: 'running' });

    runner.catchUp();
    expect(compared(id)).toMatchObject({ different: 0, onlyBefore: 0, onlyAfter: 0, rows: { before: 31, after: 31 } });
    await bench.expectWhole();
  });

  it('goes on with a rebuild after a restart, from its own checkpoint', async () => {
    await bench.under.append(visitors);
    const first = runnerOf({ log: inPages(bench.under.log, 10) });
    first.catchUp();
    const id = ask('rebuild');
    first.step();
    bench.stop(first);

    let read = 0;
    const log = reading(bench.under.log);
    const second = runnerOf({
      log: {
        ...log,
        page(after, max) {
          const events = log.page(after, max);
          read += events.length;
          return events;
        },
      },
    });
    second.catchUp();

    expect(requests.find(id)).toMatchObject({ status: 'done' });
    expect(read).toBe(visitors.length - 10);
    await bench.expectWhole();
  });

  it('leaves nothing behind of a rebuild that nobody asks for any more', async () => {
    await bench.under.append(visitors);
    const first = runnerOf({ log: inPages(bench.under.log, 10) });
    first.catchUp();
    const id = ask('rebuild');
    first.step();
    bench.stop(first);
    requests.failed(id, 'given up');

    runnerOf().catchUp();

    expect(tables()).toEqual(['visits_v1']);
  });

  it('keeps the table that serves when the new one cannot be built', async () => {
    await bench.under.append(story);
    bench.runnerWith().catchUp();
    const failing: Projection = {
      ...visits,
      key() {
        throw new Error('no key');
      },
    };
    const runner = runnerOf({ projections: [failing, places] });
    const id = ask('rebuild');
    runner.catchUp();

    expect(requests.find(id)).toMatchObject({ status: 'failed', error: expect.stringContaining('no key') });
    expect(tables()).toEqual(['visits_v1']);
    await bench.expectWhole();
  });

  it('repairs a read model that had stopped', async () => {
    await bench.under.append(story);
    let broken = true;
    const failing: Projection = {
      ...visits,
      key(event) {
        if (broken) throw new Error('no key');
        return event.stream;
      },
    };
    const runner = runnerOf({ projections: [failing, places] });
    runner.catchUp();
    expect(bench.standing(runner, 'visits').status).toBe('faulted');
    broken = false;
    const id = ask('rebuild');
    runner.catchUp();

    expect(requests.find(id)).toMatchObject({ status: 'done', result: '{}' });
    expect(bench.standing(runner, 'visits')).toMatchObject({ status: 'live', lastError: null });
    await bench.expectWhole();
  });

  it('pauses a read model, also over a restart, and lets it go on', async () => {
    await bench.under.append(story.slice(0, 3));
    const runner = runnerOf();
    runner.catchUp();
    ask('pause');
    runner.step();
    await bench.under.append(story.slice(3));
    runner.catchUp();
    const events = await bench.under.all();
    expect(bench.standing(runner, 'visits')).toMatchObject({ status: 'paused', lastError: expect.stringContaining('Paused by olu') });
    expect(bench.inTable((db) => compareWithFold(db, visits, events.slice(0, 3)))).toEqual([]);
    await bench.expectWhole([places]);
    bench.stop(runner);

    const second = runnerOf();
    second.catchUp();
    expect(bench.standing(second, 'visits').status).toBe('paused');
    ask('resume');
    second.catchUp();
    expect(bench.standing(second, 'visits').status).toBe('live');
    await bench.expectWhole();
  });

  it('drops a version that it does not declare, and no other', async () => {
    await bench.under.append(story);
    bench.runnerWith().catchUp();
    const runner = runnerOf({ projections: [{ ...visits, version: 2 }, places] });
    const [running, old, again] = ['2', '1', '1'].map((subject) => {
      const id = ask('drop', { subject });
      runner.catchUp();
      return requests.find(id);
    });
    expect(running).toMatchObject({ status: 'failed' });
    expect(old).toMatchObject({ status: 'done' });
    expect(again).toMatchObject({ status: 'failed' });
    expect(tables()).toEqual(['visits_v2']);
  });

  it('refuses what is asked of a read model that does not exist', async () => {
    const id = ask('rebuild', { projection: 'nothing' });
    runnerOf().catchUp();
    expect(requests.find(id)).toMatchObject({ status: 'failed', error: "There is no read model 'nothing'" });
  });

  it('does not write the same open request down twice', () => {
    expect(ask('rebuild')).toBe(ask('rebuild'));
    expect(ask('rebuild')).not.toBe(ask('rebuild', { projection: 'places' }));
  });
}
