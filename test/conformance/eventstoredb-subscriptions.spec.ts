/** Subscriptions to $all of the test server, by the official client: order, filters, checkpoints, where they begin, and when they are cut. */
import { randomUUID } from 'node:crypto';
import { eventTypeFilter, NO_STREAM, streamNameFilter, type EventStoreDBClient, type Filter, type Position } from '@eventstore/db-client';
import { startEventStoreServer, type EventStoreServer } from '../support/eventstoredb';
import { append, collected, connect, disconnectAll, event, events, subscribe, until, type Subscribed } from './official-client';

let server: EventStoreServer;
let client: EventStoreDBClient;
let run: string;

beforeEach(async () => {
  server = await startEventStoreServer();
  client = connect(server.url);
  run = `run-${randomUUID()}`;
});
afterEach(async () => {
  await disconnectAll();
  await server.stop();
});

const named =
  (prefix: string, more: { checkpointInterval?: number; maxSearchWindow?: number } = {}) =>
  (reached: (at: Position) => void): Filter =>
    streamNameFilter({ prefixes: [prefix], ...more, checkpointReached: (_, at) => reached(at) });

const kindsOf = ({ messages }: Subscribed): string[] => messages.map(({ kind }) => kind);

describe('a subscription', () => {
  it('is confirmed, sends what is there, says that it has caught up, and goes on live', async () => {
    await append(client, `${run}-a`, events(2), NO_STREAM);
    const subscribed = subscribe(client, 'start', named(run));
    await until(() => subscribed.has('caughtUp'));
    await append(client, `${run}-a`, events(1), 1n);
    await until(() => subscribed.events.length === 3);
    expect(kindsOf(subscribed)).toEqual(['confirmation', 'event', 'event', 'caughtUp', 'event']);
  });

  it('begins after its position, and at the end with nothing', async () => {
    await append(client, `${run}-a`, events(5), NO_STREAM);
    const at = (await collected(client.readStream(`${run}-a`)))[2]!.event!.position!;
    const [resumed, fromEnd] = [subscribe(client, at, named(run)), subscribe(client, 'end', named(run))];
    await until(() => resumed.has('caughtUp') && fromEnd.has('caughtUp'));
    expect(resumed.events.map(({ revision }) => revision)).toEqual([3n, 4n]);
    expect(kindsOf(fromEnd)).toEqual(['confirmation', 'caughtUp']);
  });

  it('is silent from past the end of the log, and refused from between two records', async () => {
    const { position } = await append(client, `${run}-a`, events(2), NO_STREAM);
    const beyond = subscribe(client, { commit: 1n << 40n, prepare: 1n << 40n }, named(run));
    const between = subscribe(client, { commit: position!.commit - 1n, prepare: position!.prepare - 1n }, named(run));
    await until(() => beyond.has('caughtUp') && between.has('error'));
    const witness = subscribe(client, 'end', named(run));
    await until(() => witness.has('caughtUp'));
    await append(client, `${run}-a`, events(1), 1n);
    await until(() => witness.events.length === 1);
    expect(kindsOf(beyond)).toEqual(['confirmation', 'caughtUp']);
    expect(between.messages).toMatchObject([{ kind: 'error', error: { type: 'unknown', code: 2 } }]);
  });

  it.each([
    ['stream prefix', () => streamNameFilter({ prefixes: [`${run}-a`] }), 2],
    ['two stream prefixes', () => streamNameFilter({ prefixes: [`${run}-a`, `${run}-b`] }), 4],
    ['stream pattern', () => streamNameFilter({ regex: `^${run}-[bc]$` }), 4],
    ['type prefix', () => eventTypeFilter({ prefixes: ['Od'] }), 3],
    ['type pattern', () => eventTypeFilter({ regex: '^(Odd|Even)$' }), 6],
  ])('is filtered by %s', async (_, filter, howMany) => {
    for (const name of ['a', 'b', 'c']) await append(client, `${run}-${name}`, [event('Even'), event('Odd')], NO_STREAM);
    const subscribed = subscribe(client, 'start', filter);
    await until(() => subscribed.has('caughtUp'));
    expect(subscribed.events).toHaveLength(howMany);
  });

  it('says every window of records how far it has looked, and never past an event that is still to come', async () => {
    await append(client, `${run}-a`, events(3), NO_STREAM);
    await append(client, `other-${run}`, events(70), NO_STREAM);
    const start = (await collected(client.readStream(`${run}-a`)))[0]!.event!.position!;
    const subscribed = subscribe(client, start, named(run));
    await until(() => subscribed.has('caughtUp'));
    expect(kindsOf(subscribed)).toEqual(['confirmation', 'event', 'event', 'checkpoint', 'checkpoint', 'caughtUp']);
    const [found, notFound] = subscribed.messages.flatMap((message) => (message.kind === 'checkpoint' ? [message.position] : []));
    expect(found).toEqual(subscribed.events[1]!.position);
    expect(notFound).toMatchObject({ prepare: 0n });
    // Live, the records since the last checkpoint count on: 72 - 64 = 8, so 24 more.
    await append(client, `other-${run}`, events(23), 69n);
    await append(client, `${run}-a`, events(1), 2n);
    await until(() => kindsOf(subscribed).length === 8);
    expect(kindsOf(subscribed).slice(6)).toEqual(['event', 'checkpoint']);
  });

  it('resumes at every checkpoint without gap or repeat, by the commit position alone', async () => {
    for (let i = 0; i < 10; i++) {
      await append(client, `${run}-${i}`, events(1), NO_STREAM);
      await append(client, `other-${run}-${i}`, events(20), NO_STREAM);
    }
    const whole = subscribe(client, 'start', named(run, { maxSearchWindow: 7 }));
    await until(() => whole.has('caughtUp'));
    const checkpoints = whole.messages.flatMap((message, at) =>
      message.kind === 'checkpoint' ? [{ at, position: message.position }] : [],
    );
    expect(checkpoints).toHaveLength(Math.floor(server.records.all.length / 7));
    for (const { at, position } of checkpoints) {
      const resumed = subscribe(client, { commit: position.commit, prepare: position.commit }, named(run));
      await until(() => resumed.has('caughtUp'));
      const rest = whole.messages.slice(at).flatMap((message) => (message.kind === 'event' ? [message.event.id] : []));
      expect(resumed.events.map(({ id }) => id)).toEqual(rest);
    }
  });
});

describe('a burst', () => {
  const TOO_SLOW = { kind: 'error', error: { type: 'timeout', code: 10, message: expect.stringContaining('Consumer too slow') as string } };

  it('of 100 events passes; one of 500 cuts a live subscriber, and what came before the cut has no gap', async () => {
    const subscribed = subscribe(client, 'end', named(run));
    await until(() => subscribed.has('caughtUp'));
    await append(client, `${run}-a`, events(100), NO_STREAM);
    await until(() => subscribed.events.length === 100);
    await append(client, `${run}-a`, events(500), 99n);
    await until(() => subscribed.has('error'));
    expect(subscribed.messages.at(-1)).toMatchObject(TOO_SLOW);
    expect(subscribed.events.length).toBeLessThan(600);
    expect(subscribed.events.map(({ revision }) => Number(revision))).toEqual(subscribed.events.map((_, i) => i));
    const resumed = subscribe(client, subscribed.events.at(-1)!.position, named(run));
    await until(() => resumed.has('caughtUp'));
    expect(subscribed.events.length + resumed.events.length).toBe(600);
  });

  it('of what is not asked for cuts nobody', async () => {
    const subscribed = subscribe(client, 'end', named(run));
    await until(() => subscribed.has('caughtUp'));
    await append(client, `other-${run}`, events(1_000), NO_STREAM);
    await append(client, `${run}-a`, events(1), NO_STREAM);
    await until(() => subscribed.events.length === 1);
    expect(subscribed.has('error')).toBe(false);
  });

  it('cuts where the test says', async () => {
    const other = await startEventStoreServer({ liveBuffer: 3 });
    const there = connect(other.url);
    const subscribed = subscribe(there, 'end', named(run));
    await until(() => subscribed.has('caughtUp'));
    await append(there, `${run}-a`, events(4), NO_STREAM);
    await until(() => subscribed.has('error'));
    expect(subscribed.events).toHaveLength(3);
    await other.stop();
  });

  it('is waited for while catching up, however slow the consumer', async () => {
    for (let i = 0; i < 5; i++) await append(client, `${run}-${i}`, events(1_000), NO_STREAM);
    const subscribed = subscribe(client, 'start', named(run));
    subscribed.pause();
    await append(client, `${run}-more`, events(1_000), NO_STREAM);
    subscribed.resume();
    await until(() => subscribed.has('caughtUp'));
    expect(subscribed.events).toHaveLength(6_000);
  });
});
