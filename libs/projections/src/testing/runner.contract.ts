/** What the runner promises over any log: run by the spec of each. */
import { benchOver, reading, story, type LogUnderTest } from './runner-bench';
import { faultContract } from './runner-faults.contract';
import { parkingContract } from './runner-parking.contract';
import { rebuildContract } from './runner-rebuilds.contract';
import { requestContract } from './runner-requests.contract';
import { noted, places, planned } from './visits';

export type { LogUnderTest } from './runner-bench';

export function runnerContract(openLog: (folder: string) => Promise<LogUnderTest>): void {
  const bench = benchOver(openLog);
  rebuildContract(bench);
  faultContract(bench);
  parkingContract(bench);
  requestContract(bench);

  it('catches up with what the log holds, reading each event once for all read models', async () => {
    await bench.under.append(story);
    const events = await bench.under.all();

    expect(bench.runnerWith().catchUp()).toEqual({ events: events.length, position: events.at(-1)!.position });

    await bench.expectWhole();
    expect(bench.inTable((db) => db.prepare('SELECT count(*) FROM visits_v1').pluck().get())).toBe(2);
  });

  it('has nothing to do on a log without events, and starts as soon as there is one', async () => {
    const runner = bench.runnerWith();
    expect(runner.catchUp()).toEqual({ events: 0, position: undefined });
    expect(bench.standing(runner, 'visits')).toMatchObject({ status: 'live', position: '' });

    await bench.under.append(story);
    runner.catchUp();

    await bench.expectWhole();
    expect(bench.notices).toEqual([]);
  });

  it('goes on live from where it stands', async () => {
    const runner = bench.runnerWith();
    for (const happening of story) {
      await bench.under.append([happening]);
      expect(runner.catchUp().events).toBe(1);
      await bench.expectWhole();
    }
    expect(bench.standing(runner, 'visits').status).toBe('live');
  });

  it('goes on from its checkpoint after a restart', async () => {
    await bench.under.append(story.slice(0, 3));
    const first = bench.runnerWith();
    first.catchUp();
    bench.stop(first);
    await bench.under.append(story.slice(3));

    expect(bench.runnerWith().catchUp().events).toBe(story.length - 3);

    await bench.expectWhole();
    expect(bench.notices).toEqual([]);
  });

  it('writes each changed row once a batch', async () => {
    await bench.under.append([planned('a'), ...Array.from({ length: 50 }, (_, n) => noted('a', `note ${n}`))]);
    const runner = bench.runnerWith();
    bench.inTable((db) =>
      db.exec(`CREATE TABLE written (key TEXT);
        CREATE TRIGGER counts_inserts AFTER INSERT ON visits_v1 BEGIN INSERT INTO written VALUES (new.key); END;
        CREATE TRIGGER counts_updates AFTER UPDATE ON visits_v1 BEGIN INSERT INTO written VALUES (new.key); END;`),
    );

    runner.catchUp();

    expect(bench.inTable((db) => db.prepare('SELECT count(*) FROM written').pluck().get())).toBe(1);
    await bench.expectWhole();
  });

  it('lets only one of two runners move a checkpoint; what the other did is rolled back and nothing is counted twice', async () => {
    await bench.under.append([planned('a'), planned('b')]);
    const second = bench.runnerWith({ projections: [places] });
    second.catchUp();
    await bench.under.append([planned('c'), planned('d')]);
    const first = bench.runnerWith({ projections: [places] });

    let overtaken = false;
    const slow = bench.runnerWith({
      projections: [places],
      log: {
        ...reading(bench.under.log),
        page(after, max) {
          const events = bench.under.log.page(after, max);
          // Between reading and committing, the other runner commits the same events.
          if (!overtaken) first.catchUp();
          overtaken = true;
          return events;
        },
      },
    });
    slow.catchUp();

    expect(bench.notices.some((notice) => notice.includes('rolled back'))).toBe(true);
    expect(bench.inTable((db) => db.prepare('SELECT planned FROM places_v1').pluck().all())).toEqual([4]);
    await bench.under.append([planned('e')]);
    slow.catchUp();
    second.catchUp();
    await bench.expectWhole([places]);
  });

  it('rolls rows and checkpoint back together when the commit does not happen', async () => {
    await bench.under.append(story);
    const broken = bench.runnerWith({
      beforeCommit() {
        throw new Error('the disk is full');
      },
    });

    expect(() => broken.catchUp()).toThrow('the disk is full');

    expect(bench.inTable((db) => db.prepare('SELECT count(*) FROM visits_v1').pluck().get())).toBe(0);
    bench.stop(broken);
    bench.runnerWith().catchUp();
    await bench.expectWhole();
  });

  it('brings a new read model up to the others without holding them back', async () => {
    await bench.under.append(story);
    const first = bench.runnerWith({ projections: [places] });
    first.catchUp();
    bench.stop(first);
    await bench.under.append([planned('d'), noted('d', 'seen')]);

    const both = bench.runnerWith();
    both.step();
    expect(bench.standing(both, 'places').status).toBe('live');
    both.catchUp();

    await bench.expectWhole();
    expect(new Set(both.standing().map(({ position }) => position)).size).toBe(1);
  });
}
