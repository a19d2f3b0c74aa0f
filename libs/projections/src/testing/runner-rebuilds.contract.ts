/** When the runner begins again from the beginning, and that it says so. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogPages } from '../log-pages';
import type { Projection } from '../projection';
import { tableName } from '../tables';
import { compareWithFold } from './fold-rows';
import { reading, story, type Bench } from './runner-bench';
import { places, readModels, visits } from './visits';

export function rebuildContract(bench: Bench): void {
  it('builds anew, and says so, when the log is another one', async () => {
    await bench.under.append(story);
    const first = bench.runnerWith();
    first.catchUp();
    bench.stop(first);
    bench.inTable((db) => db.exec(`UPDATE projections SET log_id = 'another'; UPDATE visits_v1 SET place = 'nowhere'`));

    bench.runnerWith().catchUp();

    await bench.expectWhole();
    expect(bench.notices).toEqual([
      'visits_v1 is rebuilt from the beginning: it was built from another log',
      'places_v1 is rebuilt from the beginning: it was built from another log',
    ]);
  });

  it('builds a read model anew, and says so, when the log holds another event where it stood', async () => {
    await bench.under.append(story);
    const first = bench.runnerWith();
    first.catchUp();
    bench.stop(first);
    bench.inTable((db) =>
      db.exec(`UPDATE projections SET hash = 'of a log that was restored' WHERE name = 'visits'; DELETE FROM visits_v1`),
    );

    const second = bench.runnerWith();
    second.catchUp();

    await bench.expectWhole();
    expect(bench.notices).toEqual([
      expect.stringMatching(/^visits_v1 is rebuilt from the beginning: the log holds another event, or none, at position/),
    ]);
  });

  it('builds anew when the log was cut before the checkpoint', async () => {
    await bench.under.append(story);
    const first = bench.runnerWith();
    first.catchUp();
    bench.stop(first);
    const events = (await bench.under.all()).slice(0, 4);
    const cut: LogPages = {
      ...reading(bench.under.log),
      page: (after, max) => events.filter(({ position }) => position > (after ?? '')).slice(0, max),
      hashAt: (position) => events.find((event) => event.position === position)?.hash,
    };

    bench.runnerWith({ log: cut }).catchUp();

    for (const projection of readModels) expect(bench.inTable((db) => compareWithFold(db, projection, events))).toEqual([]);
    expect(bench.notices).toHaveLength(2);
  });

  it('builds a read model anew when its table changed without a new version', async () => {
    await bench.under.append(story);
    const first = bench.runnerWith();
    first.catchUp();
    bench.stop(first);
    const indexed: Projection = { ...visits, table: { ...visits.table, indexes: [{ columns: ['lastOn'] }] } };

    bench.runnerWith({ projections: [indexed, places] }).catchUp();

    expect(bench.notices).toEqual(['visits_v1 is rebuilt from the beginning: its table has changed without a new version']);
    await bench.expectWhole();
  });

  it('keeps a new version beside the old one', async () => {
    await bench.under.append(story);
    const first = bench.runnerWith();
    first.catchUp();
    bench.stop(first);
    const next: Projection = { ...visits, version: 2 };

    bench.runnerWith({ projections: [next] }).catchUp();

    expect(tableName(next)).toBe('visits_v2');
    await bench.expectWhole([visits, next]);
  });

  it('builds everything again, the same, when the file was deleted between two runs', async () => {
    await bench.under.append(story);
    const first = bench.runnerWith();
    first.catchUp();
    const before = bench.inTable((db) => db.prepare('SELECT * FROM visits_v1 ORDER BY key').all());
    bench.stop(first);
    rmSync(join(bench.folder, 'read.db'));

    bench.runnerWith().catchUp();

    expect(bench.inTable((db) => db.prepare('SELECT * FROM visits_v1 ORDER BY key').all())).toEqual(before);
    await bench.expectWhole();
  });

  it('builds everything again when the file is deleted under its hands', async () => {
    await bench.under.append(story.slice(0, 5));
    const runner = bench.runnerWith();
    runner.catchUp();
    rmSync(join(bench.folder, 'read.db'));
    await bench.under.append(story.slice(5));

    runner.catchUp();

    await bench.expectWhole();
    expect(bench.notices).toEqual(['The read models were deleted and are rebuilt from the log']);
  });

  it('builds everything again when the file is no database', async () => {
    await bench.under.append(story);
    writeFileSync(join(bench.folder, 'read.db'), 'something that was restored by mistake');

    bench.runnerWith().catchUp();

    await bench.expectWhole();
    expect(bench.notices).toEqual([expect.stringMatching(/^The read models are damaged/)]);
  });
}
