/** A reader who leaves while the server has nothing to say. The look for silence never comes here, so that only the leaving can end it. */
import type { EventStore } from '../event-store';
import { caughtUp, following, type Following } from '../testing/following';
import { appendTo, onServer, STREAM, until } from '../testing/on-server';

beforeEach(() => {
  jest.spyOn(globalThis, 'setInterval').mockImplementation(() => globalThis.setTimeout(() => {}, 0));
});
afterEach(() => jest.restoreAllMocks());

test.each([
  ['whoever leaves is let go at once, not at the next look', (reader: Following) => reader.leave()],
  ['who reads a store that is closed is let go at once', (_: Following, store: EventStore) => store.close()],
])('in a silent subscription %s', (_, end) =>
  onServer(async ({ records, open }) => {
    const store = await open();
    await appendTo(store, STREAM, 'none');
    const reader = following(store);
    await until(() => caughtUp(reader) && records.live === 1);
    await end(reader, store);
    expect(await reader.over).toBeUndefined();
    expect(reader.ids).toHaveLength(1);
    await until(() => records.live === 0);
  })(),
);
