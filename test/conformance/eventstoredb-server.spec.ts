/** What a store can rely on at the test server, by the official client over a real socket: the same without the recordings of a real node. */
import { randomUUID } from 'node:crypto';
import { ANY, BACKWARDS, END, FORWARDS, NO_STREAM, START, STREAM_EXISTS, type EventStoreDBClient } from '@eventstore/db-client';
import { Records, startEventStoreServer, type EventStoreServer } from '../support/eventstoredb';
import { append, bytes, collected, connect, disconnectAll, event, events, idsOf, patiently } from './official-client';

let server: EventStoreServer;
let client: EventStoreDBClient;
let stream: string;

beforeAll(async () => {
  server = await startEventStoreServer();
  client = connect(server.url);
});
beforeEach(() => (stream = `tried-${randomUUID()}`));
afterAll(async () => {
  await disconnectAll();
  await server.stop();
});

describe('the same append, sent again', () => {
  it('gives the original success, at none and at an exact revision, whatever came after', async () => {
    const [first, second] = [event(), events(2)];
    const original = await append(client, stream, [first], NO_STREAM);
    const next = await append(client, stream, second, 0n);
    await append(client, stream, events(500), 2n);
    expect(await append(client, stream, [first], NO_STREAM)).toEqual(original);
    expect(await append(client, stream, second, 0n)).toEqual(next);
    expect(await idsOf(client, stream)).toHaveLength(503);
  });

  it('gives the success of its own last event, when it is a prefix', async () => {
    const three = events(3);
    const original = await append(client, stream, three, NO_STREAM);
    const prefix = await append(client, stream, three.slice(0, 2), NO_STREAM);
    expect(prefix).toMatchObject({ success: true, nextExpectedRevision: 1n });
    expect(prefix.position!.commit).toBeLessThan(original.position!.commit);
  });

  it.each([
    ['the same and one more', (two: ReturnType<typeof events>) => [...two, event()]],
    ['one more and the same', (two: ReturnType<typeof events>) => [event(), ...two]],
    ['the first and another', (two: ReturnType<typeof events>) => [two[0]!, event()]],
    ['the same in another order', (two: ReturnType<typeof events>) => [two[1]!, two[0]!]],
  ])('is a wrong revision when only some ids are the same: %s', async (_, changed) => {
    const two = events(2);
    await append(client, stream, two, NO_STREAM);
    await expect(append(client, stream, changed(two), NO_STREAM)).rejects.toMatchObject({
      type: 'wrong-expected-version',
      actualVersion: 1n,
    });
    expect(await idsOf(client, stream)).toEqual(two.map(({ id }) => id));
  });

  it('keeps the data that came first', async () => {
    const id = randomUUID();
    await append(client, stream, [event('Tried', id, { n: 1 })], NO_STREAM);
    await append(client, stream, [event('Other', id, { n: 2 })], NO_STREAM);
    const [stored] = await collected(client.readStream(stream));
    expect(stored!.event).toMatchObject({ type: 'Tried', data: { n: 1 }, isJson: true });
  });
});

describe('an append', () => {
  it.each([
    ['none, where there are two', NO_STREAM, 'no_stream', true, 1n],
    ['behind', 0n, 0n, true, 1n],
    ['ahead', 7n, 7n, true, 1n],
    ['exact, where there is none', 5n, 5n, false, 'no_stream'],
    ['that the stream exists, where there is none', STREAM_EXISTS, 'stream_exists', false, 'no_stream'],
  ] as const)('expecting %s says what it found', async (_, expected, expectedVersion, exists, actualVersion) => {
    if (exists) await append(client, stream, events(2), NO_STREAM);
    const wrong = { type: 'wrong-expected-version', streamName: stream, expectedVersion, actualVersion };
    await expect(append(client, stream, events(3), expected)).rejects.toMatchObject(wrong);
  });

  it('may hold 1,048,576 bytes of data and not one more, and nobody else is harmed', async () => {
    const [big, small, most] = await Promise.allSettled([
      append(client, `${stream}-big`, [bytes(1_048_000), bytes(577)], NO_STREAM),
      append(client, `${stream}-small`, [event()], NO_STREAM),
      append(client, `${stream}-most`, [bytes(1_048_000), bytes(576)], NO_STREAM),
    ]);
    expect(big).toMatchObject({ reason: { type: 'maximum-append-size-exceeded', code: 3, maxAppendSize: 1_048_576 } });
    expect([small, most]).toMatchObject([{ status: 'fulfilled' }, { status: 'fulfilled' }]);
    await expect(idsOf(client, `${stream}-big`)).rejects.toMatchObject({ type: 'stream-not-found' });
  });

  it('of no stream, no type, or an id that is none, is refused', async () => {
    for (const [name, proposed] of [
      ['', event()],
      [stream, event('')],
      [stream, event('T', 'no-id')],
      [stream, event('T', '00000000-0000-0000-0000-000000000000')],
    ] as const)
      await expect(append(client, name, [proposed], NO_STREAM)).rejects.toMatchObject({ code: 2 });
  });

  it('has one position an event, growing and not dense, the same wherever it is read', async () => {
    const receipt = await append(client, stream, events(200), NO_STREAM);
    const read = (await collected(client.readStream(stream))).map(({ event: stored }) => stored!.position!);
    for (const [i, { commit, prepare }] of read.entries()) {
      expect(prepare).toBe(commit);
      if (i > 0) expect(commit).toBeGreaterThan(read[i - 1]!.commit + 1n);
    }
    expect(receipt.position).toEqual(read.at(-1));
    const all = await collected(client.readAll({ fromPosition: read[0]!, maxCount: 200 }));
    expect(all.map(({ event: stored }) => stored!.position)).toEqual(read);
  });

  it('stands beside 9,999 others that are sent at once', async () => {
    const patient = { deadline: 80_000 };
    const receipts = await Promise.all(
      Array.from({ length: 10_000 }, (_, n) => append(client, `${stream}-${n}`, [event()], NO_STREAM, patient)),
    );
    expect(new Set(receipts.map(({ position }) => position!.commit)).size).toBe(10_000);
  });
});

describe('a read', () => {
  it('says so when there is no stream, and gives nothing from beyond the end', async () => {
    await expect(idsOf(client, stream)).rejects.toMatchObject({ type: 'stream-not-found', streamName: stream });
    await append(client, stream, events(3), NO_STREAM);
    expect(await collected(client.readStream(stream, { fromRevision: 3n }))).toEqual([]);
    const last = await collected(client.readStream(stream, { direction: BACKWARDS, fromRevision: END, maxCount: 2 }));
    expect(last.map(({ event: stored }) => stored!.revision)).toEqual([2n, 1n]);
    await expect(collected(client.readStream(stream, { maxCount: 0 }))).rejects.toMatchObject({ code: 2 });
  });

  it('of $all is inclusive forwards and exclusive backwards, and must start where a record does', async () => {
    await append(client, stream, events(3), NO_STREAM);
    const [first, second] = (await collected(client.readStream(stream))).map(({ event: stored }) => stored!);
    const at = second!.position!;
    const [forwards] = await collected(client.readAll({ fromPosition: at, direction: FORWARDS, maxCount: 1 }));
    const [backwards] = await collected(client.readAll({ fromPosition: at, direction: BACKWARDS, maxCount: 1 }));
    expect([forwards!.event!.id, backwards!.event!.id]).toEqual([second!.id, first!.id]);
    const between = { commit: at.commit + 1n, prepare: at.prepare + 1n };
    await expect(collected(client.readAll({ fromPosition: between }))).rejects.toMatchObject({ code: 2 });
    const beyond = { commit: 1n << 40n, prepare: 1n << 40n };
    expect(await collected(client.readAll({ fromPosition: beyond }))).toEqual([]);
  });

  it('finds the head of $all without reading what is before it', async () => {
    const { position } = await append(client, stream, events(3), NO_STREAM);
    const [head] = await collected(client.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 1 }));
    expect(head!.event!.position).toEqual(position);
  });
});

describe('what ends a stream, or a part of it', () => {
  it('a soft delete hides it; none goes on after its last revision; what is hidden has no position', async () => {
    const first = event();
    await append(client, stream, [first, event()], NO_STREAM);
    await client.deleteStream(stream);
    await expect(idsOf(client, stream)).rejects.toMatchObject({ type: 'stream-not-found' });
    expect(await append(client, stream, [first], NO_STREAM)).toEqual({ success: true, nextExpectedRevision: 0n, position: undefined });
    await expect(append(client, stream, [event()], STREAM_EXISTS)).rejects.toMatchObject({ type: 'stream-deleted', code: 9 });
    const fresh = event();
    expect(await append(client, stream, [fresh], NO_STREAM)).toMatchObject({ nextExpectedRevision: 2n });
    expect(await idsOf(client, stream)).toEqual([fresh.id]);
  });

  it('a tombstone is for ever', async () => {
    await append(client, stream, [event()], NO_STREAM);
    await client.tombstoneStream(stream);
    const deleted = { type: 'stream-deleted', code: 9, streamName: stream };
    await expect(idsOf(client, stream)).rejects.toMatchObject(deleted);
    for (const expected of [NO_STREAM, ANY, 0n] as const)
      await expect(append(client, stream, [event()], expected)).rejects.toMatchObject(deleted);
    await expect(client.deleteStream(stream)).rejects.toMatchObject(deleted);
  });

  it('metadata says how many events stay, and before which revision none does', async () => {
    await append(client, stream, events(10), NO_STREAM);
    const readable = async (): Promise<bigint[]> =>
      (await collected(client.readStream(stream))).map(({ event: stored }) => stored!.revision);
    await client.setStreamMetadata(stream, { truncateBefore: 4 });
    expect(await readable()).toEqual([4n, 5n, 6n, 7n, 8n, 9n]);
    await client.setStreamMetadata(stream, { maxCount: 2 });
    expect(await readable()).toEqual([8n, 9n]);
    expect((await client.getStreamMetadata(stream)).metadata).toEqual({ maxCount: 2 });
  });
});

describe('a database', () => {
  const epochOf = async (of: EventStoreDBClient): Promise<string> =>
    (await collected(of.readStream('$epoch-information', { fromRevision: START, maxCount: 1 })))[0]!.event!.id;

  it('is told apart from every other by the id of its first epoch', async () => {
    const other = await startEventStoreServer();
    const [here, there] = [await epochOf(client), await epochOf(connect(other.url))];
    expect(here).not.toBe(there);
    await other.stop();
  });

  it('is the same after a restart on the same port, and may be another one', async () => {
    const moved = await startEventStoreServer();
    const [before, proposed] = [connect(moved.url), event()];
    const original = await append(before, stream, [proposed], NO_STREAM);
    const epoch = await epochOf(before);
    const port = moved.port;
    await moved.restart();
    expect(moved.records.of('$epoch-information')).toHaveLength(2);
    expect(moved.port).toBe(port);
    const after = connect(moved.url);
    expect(await patiently(() => epochOf(after))).toBe(epoch);
    expect(await append(after, stream, [proposed], NO_STREAM)).toEqual(original);
    await moved.restart(new Records());
    const another = connect(moved.url);
    expect(await patiently(() => epochOf(another))).not.toBe(epoch);
    await expect(idsOf(another, stream)).rejects.toMatchObject({ type: 'stream-not-found' });
    await moved.stop();
  });

  it('is shared by every client, and by two servers that are given the same records', async () => {
    const follower = await startEventStoreServer({ records: server.records });
    await append(connect(server.url), stream, [event()], NO_STREAM);
    await append(connect(follower.url), stream, [event()], 0n);
    expect(await idsOf(client, stream)).toHaveLength(2);
    await follower.stop();
  });
});
