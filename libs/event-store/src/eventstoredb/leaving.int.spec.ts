/** A reader who leaves while the server has nothing to say. The look for silence never comes here, so that only the leaving can end it. */
import { caughtUp, following } from '../testing/following';
import { appendTo, onServer, STREAM, until } from '../testing/on-server';

beforeEach(() => {
  jest.spyOn(globalThis, 'setInterval').mockImplementation(() => globalThis.setTimeout(() => {}, 0));
});
afterEach(() => jest.restoreAllMocks());

test(
  'whoever leaves a silent subscription is let go at once, not at the next look',
  onServer(async ({ records, open }) => {
    const store = await open();
    await appendTo(store, STREAM, 'none');
    const reader = following(store);
    await until(() => caughtUp(reader) && records.live === 1);
    expect(await reader.leave()).toBeUndefined();
    expect(reader.ids).toHaveLength(1);
    await until(() => records.live === 0);
  }),
);

test(
  'a store that is closed lets its silent readers go at once',
  onServer(async ({ records, open }) => {
    const store = await open();
    await appendTo(store, STREAM, 'none');
    const reader = following(store);
    await until(() => caughtUp(reader) && records.live === 1);
    await store.close();
    expect(await reader.over).toBeUndefined();
    await until(() => records.live === 0);
  }),
);
