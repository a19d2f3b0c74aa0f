/** One projection over one opened store, as the bench and other programs use it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEventStore, type EventStore } from '@waymark/event-store';
import { runProjection } from './run-projection';
import { newEvent, planned, visits } from './testing/visits';

let folder: string;
let store: EventStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-one-'));
  store = openEventStore({ folder, synchronous: 'off' });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function append(visit: string, n: number): Promise<string> {
  const happening = planned(visit);
  const result = await store.append(happening.stream, 'none', [newEvent(happening, n)]);
  return result.outcome === 'appended' ? result.events.at(-1)!.position : '';
}

it('catches up, answers queries, and follows the store once it is live', async () => {
  await append('a', 1);
  const position = await append('b', 2);
  const running = runProjection(store, visits, { folder });
  const count = (): Promise<number> => running.query(async (db, table) => (await db.selectFrom(table).selectAll().execute()).length);

  expect(await running.catchUp()).toEqual({ events: 2, position });
  expect(await count()).toBe(2);
  expect(await running.catchUp()).toEqual({ events: 0, position });

  running.startLive();
  await append('c', 3);
  while ((await count()) < 3) await new Promise((resolve) => setImmediate(resolve));
  await running.close();
  await append('d', 4);
});
