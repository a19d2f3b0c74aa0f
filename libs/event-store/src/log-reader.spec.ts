import { LogReader } from './log-reader';
import { openEventStore } from './sqlite-event-store';
import { appendable, testFolders } from './testing';

const newFolder = testFolders();

describe('reading the log page by page', () => {
  it('gives what the store stored, in order, at most as much as was asked for', async () => {
    const folder = newFolder();
    const store = openEventStore({ folder, synchronous: 'off' });
    const reader = new LogReader(folder);
    expect([reader.logId, reader.head(), reader.page(undefined, 10)]).toEqual([undefined, undefined, []]);

    for (let n = 0; n < 5; n++) await store.append(`referral-northbank-${n}`, 'none', [appendable(n % 2 ? 'B' : 'A', { n })]);
    expect(reader.logId).toBe(store.logId);
    expect(reader.head()).toBe(await store.head());
    const first = reader.page(undefined, 2);
    const rest = reader.page(first.at(-1)!.position, 10);
    const all = [];
    for await (const event of store.readAll()) all.push(event);
    expect([...first, ...rest]).toEqual(all);
    expect(reader.page(undefined, 10, { types: ['B'] })).toEqual(all.filter(({ type }) => type === 'B'));
    expect(reader.hashAt(all[3]!.position)).toBe(all[3]!.hash);
    reader.close();
    await store.close();
  });

  it('leaves out the hashes for those who only fold', async () => {
    const folder = newFolder();
    const store = openEventStore({ folder, synchronous: 'off' });
    await store.append('referral-northbank-1', 'none', [appendable('A', { n: 1 })]);
    const [whole] = await store.read('referral-northbank-1');
    const reader = new LogReader(folder, { hashes: false });
    expect(reader.page(undefined, 1)).toEqual([{ ...whole, previousHash: '', hash: '' }]);
    reader.close();
    await store.close();
  });

  it('tells that somebody else has committed', async () => {
    const folder = newFolder();
    const store = openEventStore({ folder, synchronous: 'off' });
    await store.append('referral-northbank-1', 'none', [appendable('A')]);
    const reader = new LogReader(folder);
    const before = reader.dataVersion();
    expect(reader.dataVersion()).toBe(before);
    await store.append('referral-northbank-1', 0, [appendable('B')]);
    expect(reader.dataVersion()).not.toBe(before);
    reader.close();
    await store.close();
  });
});
