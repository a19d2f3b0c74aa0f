/** A reader of a log whose server cuts it, freezes, restarts or falls silent: every event once, in order, and trouble said once. */
import { jsonEvent, Records } from '../../../../test/support/eventstoredb';
import { LogUnusable } from '../event-store';
import { caughtUp, following } from '../testing/following';
import { all, appendTo, burst, idsIn, idsOf, onServer, PATIENT, STREAM, until } from '../testing/on-server';

it.concurrent(
  'A burst of 10,000 events cuts a live reader, who misses and repeats nothing, and is not troubled',
  onServer(async ({ server, records, notices, open }) => {
    const store = await open({ url: server.url + PATIENT });
    await appendTo(store, STREAM, 'none');
    const reader = following(store);
    await until(() => caughtUp(reader));
    await burst(
      records,
      Array.from({ length: 20 }, (_, n) => `bell-northbank-${n}`),
      500,
    );
    await until(() => reader.ids.length > 10_000);
    expect(server.counters.calls.subscribe).toBeGreaterThan(1);
    await appendTo(store, STREAM, 0);
    await until(() => reader.ids.length > 10_001);
    await reader.leave();
    expect(reader.ids).toEqual(idsIn(records));
    expect(reader.marks.filter(({ kind }) => kind === 'caught-up')).toHaveLength(1);
    expect(notices).toEqual([]);
  }),
);

it.concurrent(
  'A live reader who is cut as too slow, again and again, goes on at once and is not troubled',
  onServer(async ({ server, records, notices, open }) => {
    const store = await open({ url: server.url + PATIENT });
    const reader = following(store);
    await until(() => caughtUp(reader));
    for (let n = 0; n < 10; n++) {
      server.faults.switchOn('too-slow', { times: 1 });
      await appendTo(store, STREAM, n === 0 ? 'none' : n - 1);
      await until(() => reader.ids.length > n && server.counters.faults['too-slow'] > n);
    }
    await reader.leave();
    expect(server.counters.calls.subscribe).toBeGreaterThanOrEqual(10);
    expect(reader.ids).toEqual(idsIn(records));
    expect(notices).toEqual([]);
  }),
);

it.concurrent(
  'A reader whose connection is cut goes on after the last event, and says once what happened and once that it is over',
  onServer(async ({ relay, records, notices, open, openBehind }) => {
    const writer = await open();
    await appendTo(writer, STREAM, 'none', 20);
    const reader = following(await openBehind(PATIENT));
    await until(() => caughtUp(reader));
    relay.refuse();
    relay.cut();
    expect(relay.counters.cut).toBeGreaterThan(0);
    await appendTo(writer, STREAM, 19, 20);
    // It has tried more than once before it can.
    await until(() => relay.counters.refused > 1);
    relay.accept();
    await until(() => notices.length > 1);
    await until(() => reader.ids.length >= 40);
    await reader.leave();
    expect(reader.ids).toEqual(idsIn(records));
    expect(notices).toEqual([
      { message: expect.stringMatching(/cannot be followed just now \(.+\)/), trouble: true },
      { message: expect.stringContaining('followed again'), trouble: false },
    ]);
  }),
);

it.concurrent(
  'A reader goes on when its server was restarted, while it catches up and while it is live',
  onServer(async ({ server, records, notices, open }) => {
    const store = await open();
    await appendTo(store, STREAM, 'none', 800);
    const held = { at: 300, go: () => {} };
    const reader = following(store, () =>
      reader.ids.length === held.at ? new Promise<void>((resolve) => (held.go = resolve)) : undefined,
    );
    await until(() => reader.ids.length === held.at);
    await server.restart();
    held.go();
    await until(() => caughtUp(reader));
    await server.stop();
    await until(() => notices.some(({ trouble }) => trouble));
    await server.restart();
    await appendTo(store, STREAM, 799, 5);
    await until(() => reader.ids.length >= 805);
    await reader.leave();
    expect(server.counters.calls.subscribe).toBeGreaterThan(1);
    expect(reader.ids).toEqual(idsIn(records));
  }),
);

it.concurrent(
  'A reader whose server was restarted as another database is told so; the server would be silent for ever',
  onServer(async ({ server, open }) => {
    const store = await open();
    await appendTo(store, STREAM, 'none', 20);
    const reader = following(store);
    await until(() => caughtUp(reader));
    await server.restart(new Records());
    expect(await reader.over).toBeInstanceOf(LogUnusable);
    expect(server.counters.calls.subscribe).toBe(1);
  }),
);

it.concurrent(
  'A frozen link is found by asking, though nothing else would ever say so',
  onServer(async ({ relay, records, notices, open, openBehind }) => {
    const writer = await open();
    await appendTo(writer, STREAM, 'none');
    const reader = following(await openBehind('&keepAliveInterval=-1'));
    await until(() => caughtUp(reader));
    relay.freeze();
    await appendTo(writer, STREAM, 0);
    await until(() => notices.length > 0);
    expect(notices).toEqual([{ message: expect.stringContaining('does not answer'), trouble: true }]);
    relay.thaw();
    await until(() => notices.length > 1);
    await until(() => reader.ids.length >= 2);
    await reader.leave();
    expect(relay.counters.frozen).toBe(1);
    expect(reader.ids).toEqual(idsIn(records));
  }),
);

it.concurrent(
  'A server that has nothing to say is asked, and left in peace',
  onServer(async ({ server, records, notices, open }) => {
    const store = await open({ url: server.url + PATIENT });
    await appendTo(store, STREAM, 'none');
    const reader = following(store);
    await until(() => caughtUp(reader));
    const reads = server.counters.calls.read;
    await until(() => server.counters.calls.read > reads);
    await appendTo(store, STREAM, 0);
    await until(() => reader.ids.length === 2);
    await reader.leave();
    expect(server.counters.calls.subscribe).toBe(1);
    expect(reader.ids).toEqual(idsIn(records));
    expect(notices).toEqual([]);
  }),
);

it.concurrent(
  'A server that falls silent without any error is not taken for one that has lost events',
  onServer(async ({ server, records, open }) => {
    const store = await open();
    const reader = following(store);
    await until(() => caughtUp(reader));
    server.faults.switchOn('silence');
    await appendTo(store, STREAM, 'none', 10);
    await until(() => server.counters.faults.silence > 0);
    expect(reader.ids).toEqual([]);
    server.faults.switchOff('silence');
    await until(() => reader.ids.length === 10);
    await reader.leave();
    expect(reader.ids).toEqual(idsIn(records));
  }),
);

it.concurrent(
  'A server that shows an event to readers and never tells it to a subscriber is asked for a new subscription',
  onServer(async ({ server, records, notices, open }) => {
    const store = await open({ url: server.url + PATIENT });
    await appendTo(store, STREAM, 'none');
    const reader = following(store);
    await until(() => caughtUp(reader));
    server.faults.switchOn('silence');
    await appendTo(store, STREAM, 0, 10);
    await until(() => server.counters.calls.subscribe > 1);
    expect(notices).toEqual([{ message: expect.stringContaining('does not tell a subscriber'), trouble: true }]);
    server.faults.switchOff('silence');
    await until(() => notices.length > 1);
    await reader.leave();
    expect(reader.ids).toEqual(idsIn(records));
  }),
);

it.concurrent(
  'A reader who would go on after an event that the log does not have is refused, before the server is asked to be silent',
  onServer(async ({ server, records, open }) => {
    const store = await open();
    const [event] = await appendTo(store, STREAM, 'none', 2);
    const log = records.of('waymark-log')[0]!;
    for (const after of [records.end, records.end + 1_000n, BigInt(event!.position) + 1n, log.position]) {
      const fault = await following(store, undefined, { after: String(after).padStart(20, '0') }).over;
      expect(fault).toBeInstanceOf(LogUnusable);
      expect((fault as Error).message).toMatch(/no event at position \d{20}/);
    }
    expect(server.counters.calls.subscribe).toBe(0);
  }),
);

it.concurrent(
  'A reader who leaves early leaves no call on the server',
  onServer(async ({ records, relay, openBehind }) => {
    const store = await openBehind();
    await appendTo(store, STREAM, 'none', 5);
    for (let n = 0; n < 5; n++) {
      for await (const message of store.subscribe()) if (message.kind === 'caught-up') break;
      for await (const message of store.subscribe()) if (message.kind === 'event') break;
    }
    const staying = following(store);
    await until(() => caughtUp(staying));
    await until(() => records.live === 1);
    await staying.leave();
    await until(() => records.live === 0);
    // What is left breaks nothing.
    relay.cut();
    expect(idsOf(await all(store))).toEqual(idsIn(records));
  }),
);

const BROKEN = { id: '00000000-0000-4000-8000-000000000001', type: 'A', isJson: true };
const foreign: [string, string, (records: Records) => unknown][] = [
  ['an event of somebody else', 'orders-1', (records) => records.store('orders-1', [jsonEvent('OrderPlaced', { n: 1 })])],
  [
    'data that is no JSON',
    STREAM,
    (records) => {
      const { metadata } = records.of(STREAM)[0]!;
      records.store(STREAM, [{ ...BROKEN, data: Buffer.from('{"n":'), metadata }]);
    },
  ],
  [
    'metadata that is no JSON',
    STREAM,
    (records) => records.store(STREAM, [{ ...BROKEN, data: Buffer.from('{}'), metadata: Buffer.from('{"hash":') }]),
  ],
  [
    'bytes',
    STREAM,
    (records) => records.store(STREAM, [{ ...BROKEN, isJson: false, data: Buffer.from([0, 1]), metadata: new Uint8Array() }]),
  ],
];
it.concurrent.each(foreign)(
  'A log with %s in it is refused by name, to who reads it all and to who reads the stream',
  async (_, stream, spoil) =>
    onServer(async ({ records, notices, open }) => {
      const store = await open();
      await appendTo(store, STREAM, 'none', 3);
      const reader = following(store);
      await until(() => caughtUp(reader));
      spoil(records);
      const faults = [await reader.over, await store.read(stream).catch((fault: unknown) => fault)];
      for (const fault of faults) {
        expect(fault).toBeInstanceOf(LogUnusable);
        expect((fault as Error).message).toContain(`of ${stream} on the server is no event of Waymark`);
      }
      expect(notices).toEqual([]);
    })(),
);
