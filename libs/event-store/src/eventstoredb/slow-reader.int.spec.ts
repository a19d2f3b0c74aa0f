/** A reader who is slower than its server: held back, not cut, and no mark is ahead of an event. */
import { jsonEvent } from '../../../../test/support/eventstoredb';
import type { EventStore } from '../event-store';
import { caughtUp, following, type Following } from '../testing/following';
import { appendTo, burst, idsIn, idsOf, onServer, PATIENT, STREAM, until } from '../testing/on-server';

/** The events that a store holds back are more than this; the rest waits in the client, and behind it at the server. */
const AT_HAND = 2_000;

/** Records that the server has looked at when it marks how far it is for the second time. */
const MARKED = 2_048;

/** A reader who takes nothing for now. */
function heldReader(store: EventStore): Following & { go(): void } {
  let go!: () => void;
  const gate = new Promise<void>((resolve) => (go = resolve));
  return { ...following(store, () => gate), go };
}

it.concurrent(
  'A slow reader holds the server back',
  onServer(async ({ server, records, open }) => {
    const store = await open({ url: server.url + PATIENT });
    await appendTo(store, STREAM, 'none');
    await burst(records, ['bell-northbank-0', 'bell-northbank-1'], AT_HAND);
    const reader = heldReader(store);
    await until(() => server.counters.calls.subscribe === 1);
    // Another who began later, and takes what comes, is live by now; so would this one be.
    const quick = following(store);
    await until(() => caughtUp(quick));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(records.live).toBe(1);
    await quick.leave();
    reader.go();
    await until(() => caughtUp(reader));
    await reader.leave();
    expect(reader.ids).toEqual(idsIn(records));
    expect(server.counters.calls.subscribe).toBe(2);
  }),
);

it.concurrent(
  'A slow reader is told that it has caught up after the last event and not before',
  onServer(async ({ server, records, open }) => {
    const store = await open({ url: server.url + PATIENT });
    await appendTo(store, STREAM, 'none');
    await burst(records, ['bell-northbank-0'], AT_HAND + 8);
    const reader = heldReader(store);
    // The server has said everything, that the reader has caught up too; the last events wait in the client.
    await until(() => records.live === 1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    reader.go();
    await until(() => caughtUp(reader));
    await reader.leave();
    expect(reader.ids).toEqual(idsIn(records));
    expect(reader.marks.find(({ kind }) => kind === 'caught-up')!.after).toBe(AT_HAND + 9);
    expect(server.counters.calls.subscribe).toBe(1);
  }),
);

it.concurrent(
  'A mark that overtakes events which wait in the client is not gone on from after a cut',
  onServer(async ({ relay, records, open }) => {
    const store = await open({ url: relay.url, prefix: 't.' });
    await appendTo(store, STREAM, 'none');
    // The server marks how far it is every 1,024 records: the second mark comes where the last events wait.
    const ours = AT_HAND + 8;
    for (let n = 1; records.all.length < MARKED - ours; n++) records.store(`other-${n}`, [jsonEvent('OrderPlaced', { n })]);
    await burst(records, ['t.bell-northbank-0'], ours);
    const own = (): string[] => idsOf(records.all.filter(({ stream, type }) => stream.startsWith('t.') && type !== 'LogCreated'));
    const reader = heldReader(store);
    await until(() => records.live === 1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    relay.cut();
    await until(() => records.live === 0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    reader.go();
    await until(() => caughtUp(reader));
    await reader.leave();
    expect(relay.counters.cut).toBeGreaterThan(0);
    expect(reader.ids).toEqual(own());
  }),
);

it.concurrent(
  'A slow reader beside fast writers, cut again and again, misses nothing, and no mark is ahead of an event',
  onServer(async ({ relay, records, open, openBehind }) => {
    const writer = await open();
    const reader = following(await openBehind(), () => (reader.ids.length % 50 === 0 ? new Promise<void>(setImmediate) : undefined));
    let isOver = false;
    const writers = Promise.all(
      [0, 1, 2, 3].map(async (stream) => {
        for (let n = 0; n < 6; n++) await appendTo(writer, `bell-northbank-${stream}`, n === 0 ? 'none' : n * 50 - 1, 50);
      }),
    ).then(() => (isOver = true));
    for (let seen = -1; !isOver; seen = reader.ids.length) {
      await until(() => isOver || reader.ids.length > seen);
      relay.cut();
    }
    await writers;
    await until(() => reader.ids.length >= 1_200);
    await reader.leave();
    expect(relay.counters.cut).toBeGreaterThan(1);
    expect(reader.ids).toEqual(idsIn(records));
    const order = new Map(records.all.map(({ id, position }) => [id, String(position).padStart(20, '0')]));
    for (const { position, after } of reader.marks) expect(position).toBe(order.get(reader.ids[after - 1]!));
  }),
);
