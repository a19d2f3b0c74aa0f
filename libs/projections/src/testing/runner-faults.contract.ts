/** What the runner does with an event that no row can take: the read model stops there, says so, and holds nobody else back. */
import type { Projection } from '../projection';
import { compareWithFold } from './fold-rows';
import { parkedIn } from './runner-parking.contract';
import { story, type Bench } from './runner-bench';
import { eventDefinitions, places, planned, readModels, visits } from './visits';

export function faultContract(bench: Bench): void {
  it('stops a read model that cannot say which row an event belongs to, at that event, and leaves the others alone', async () => {
    await bench.under.append(story);
    const events = await bench.under.all();
    const failing: Projection = {
      ...visits,
      key(event) {
        if (event.type === 'VisitCancelled') throw new Error('no such visit');
        return event.stream;
      },
    };
    const runner = bench.runnerWith({ projections: [failing, places] });
    runner.catchUp();

    const stopped = bench.standing(runner, 'visits');
    expect(stopped).toEqual({
      status: 'faulted',
      position: events[4]!.position,
      lastError: `VisitCancelled could not be folded: no such visit, at position ${events[5]!.position} (event ${events[5]!.id})`,
    });
    expect(bench.inTable((db) => compareWithFold(db, visits, events.slice(0, 5)))).toEqual([]);
    await bench.expectWhole([places]);
    expect(bench.notices).toEqual([expect.stringContaining('visits is faulted')]);

    await bench.under.append([planned('d')]);
    runner.catchUp();
    await bench.expectWhole([places]);
    expect(bench.standing(runner, 'visits')).toEqual(stopped);
  });

  it('goes on from there when a program that can take the event is started', async () => {
    await bench.under.append(story);
    const failing: Projection = {
      ...visits,
      key(event) {
        if (event.type === 'VisitCancelled') throw new Error('no key');
        return event.stream;
      },
    };
    const first = bench.runnerWith({ projections: [failing, places] });
    first.catchUp();
    expect(bench.standing(first, 'visits').status).toBe('faulted');
    bench.stop(first);

    const second = bench.runnerWith();
    second.catchUp();

    expect(bench.standing(second, 'visits')).toMatchObject({ status: 'live', lastError: null });
    await bench.expectWhole();
  });

  it('parks a row that does not fit its table, before it is written', async () => {
    await bench.under.append(story);
    const loose: Projection = { ...visits, on: { ...visits.on, VisitNoted: (row) => row && { ...row, noted: undefined } } };
    const runner = bench.runnerWith({ projections: [loose, places] });

    runner.catchUp();

    expect(parkedIn(bench).map(({ error }) => error)).toContain('visits.noted is integer and was given nothing (use null)');
    await bench.expectWhole([places]);
  });

  it('pauses every read model at an event that this program does not know', async () => {
    await bench.under.append([...story, { stream: 'visit-northbank-a', type: 'VisitReimagined', data: {} }, planned('d')]);
    const events = await bench.under.all();
    const runner = bench.runnerWith();

    runner.catchUp();

    for (const { name } of readModels) {
      expect(bench.standing(runner, name)).toMatchObject({ status: 'paused', position: events[story.length - 1]!.position });
      expect(bench.standing(runner, name).lastError).toMatch(/This program is older than the log: .*VisitReimagined.*at position/);
    }
  });

  it('pauses at a version of an event that is newer than this program', async () => {
    await bench.under.append(story);
    await bench.under.append([planned('d')], 2);
    const runner = bench.runnerWith();

    runner.catchUp();

    expect(bench.standing(runner, 'places')).toMatchObject({ status: 'paused' });
  });

  it('folds older versions of an event as the newest one', async () => {
    await bench.under.append([planned('a')]);
    const definitions = {
      ...eventDefinitions,
      VisitPlanned: {
        ...eventDefinitions.VisitPlanned,
        schemaVersion: 2,
        upcasts: { 1: (data: Record<string, unknown>) => ({ ...data, place: `the ${String(data['place'])}` }) },
      },
    };

    bench.runnerWith({ definitions }).catchUp();

    expect(bench.inTable((db) => db.prepare('SELECT place FROM visits_v1').pluck().all())).toEqual(['the clinic']);
  });
}
