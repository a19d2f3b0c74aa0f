/** Appends to a server that fails in every way that a real one was seen to fail: stored once, or clearly not, whatever the answer was. */
import type { Fault, ServerOptions, Switch } from '../../../../test/support/eventstoredb';
import { LogUnusable, UnknownAppendOutcome } from '../event-store';
import { appendable } from '../testing';
import {
  appended,
  appendTo,
  deleteSoftly,
  eventsOf,
  idsIn,
  idsOf,
  onServer,
  several,
  STREAM,
  until,
  type OnServer,
} from '../testing/on-server';

/** Whatever goes wrong, nothing goes over the client's batches, and the server is given less time than whoever waits for it. */
const unaryInTime = ({ server }: OnServer): void => {
  expect(server.counters.calls['batch-append']).toBe(0);
  expect(server.counters.appends.longestWaitMs).toBeLessThanOrEqual(2_500);
};

const faults: [string, Fault, Switch, ServerOptions?][] = [
  ['a server that is not ready, twice', 'unavailable', { times: 2, calls: ['append'] }],
  ['a server that is not ready to be read, twice', 'unavailable', { times: 2, calls: ['read'] }],
  ['a server that never answers', 'never-answered', { times: 1, calls: ['append'] }],
  ['a server that never answers a read', 'never-answered', { times: 1, calls: ['read'] }],
  ['an answer that is lost', 'answer-lost', { times: 1 }],
  ['a node that is being stopped', 'reset-after-storing', { times: 2 }],
  ['a time-out after two seconds, stored after the next try', 'timeout-stored-later', { times: 1 }],
  ['a time-out after two seconds, stored before the next try', 'timeout-stored-later', { times: 1 }, { storedLaterMs: 5 }],
  ['two time-outs, both stored later', 'timeout-stored-later', { times: 2 }, { commitTimeoutMs: 300 }],
  ['a success that does not say where', 'no-position', { times: 1 }],
];
it.concurrent.each(faults)('An append is stored once, and answered as stored, after %s', async (_, fault, wanted, options = {}) =>
  onServer(async (given) => {
    const { server, records, open } = given;
    const store = await open();
    const before = await appendTo(store, STREAM, 'none');

    server.faults.switchOn(fault, wanted);
    const result = await appended(store, STREAM, 0, several(3));

    expect(server.counters.faults[fault]).toBe(Math.min(wanted.times!, fault === 'reset-after-storing' ? 1 : Infinity));
    server.faults.switchOff();
    const later = await appendTo(store, STREAM, 3);
    expect(idsIn(records)).toEqual(idsOf([...before, ...eventsOf(result), ...later]));
    expect(await store.read(STREAM)).toEqual([...before, ...eventsOf(result), ...later]);
    unaryInTime(given);
  }, options)(),
);

it.concurrent(
  'An append is sent again by the store itself, and what it stored then is new',
  onServer(async ({ server, open }) => {
    const store = await open();
    await appendTo(store, STREAM, 'none');
    for (const [n, fault] of (['unavailable', 'reset-after-storing'] as const).entries()) {
      server.faults.switchOn(fault, { times: 1, calls: ['append'] });
      expect(await store.append(STREAM, n, several(1))).toMatchObject({ outcome: 'appended' });
      expect(server.counters.faults[fault]).toBe(1);
    }
  }),
);

it.concurrent(
  'An append is stored once, at the new leader, after the leader has changed',
  onServer(async (given) => {
    const { server, records, open } = given;
    const store = await open();
    await appendTo(store, STREAM, 'none');
    await onServer(
      async ({ server: leader }) => {
        server.faults.switchOn('not-leader', { times: 1, calls: ['append'], leader: { address: '127.0.0.1', port: leader.port } });
        await appendTo(store, STREAM, 0);
        expect(server.counters.faults['not-leader']).toBe(1);
        expect(leader.counters.calls.append).toBe(1);
        expect(records.of(STREAM)).toHaveLength(2);
      },
      { records },
    )();
    unaryInTime(given);
  }),
);

it.concurrent(
  'An append is stored once after it was sent on to a leader who is dead, twice',
  onServer(async (given) => {
    const { server, relay, records, open } = given;
    const store = await open();
    await appendTo(store, STREAM, 'none');
    relay.refuse();
    server.faults.switchOn('not-leader', { times: 2, calls: ['append'], leader: { address: '127.0.0.1', port: relay.port } });
    await appendTo(store, STREAM, 0);
    expect(server.counters.faults['not-leader']).toBe(2);
    expect(relay.counters.refused).toBeGreaterThan(0);
    expect(records.of(STREAM)).toHaveLength(2);
    unaryInTime(given);
  }),
);

it.concurrent(
  'An append is stored once though the try after a lost answer gets a time-out, as often happens while its twin is in flight',
  onServer(
    async (given) => {
      const { server, records, open } = given;
      const store = await open();
      await appendTo(store, STREAM, 'none');
      server.faults.switchOn('reset-after-storing', { times: 1 });
      server.faults.switchOn('resend-times-out', { times: 1 });
      await appendTo(store, STREAM, 0, 2);
      expect(server.counters.faults).toMatchObject({ 'reset-after-storing': 1, 'resend-times-out': 1 });
      expect(records.of(STREAM)).toHaveLength(3);
      unaryInTime(given);
    },
    { commitTimeoutMs: 100 },
  ),
);

it.concurrent(
  'An append is stored once though the server has forgotten that it stored it, and calls the next try one in conflict',
  onServer(async ({ server, records, open }) => {
    const store = await open();
    await appendTo(store, STREAM, 'none');
    server.faults.switchOn('reset-after-storing', { times: 1 });
    server.faults.switchOn('resend-refused', { times: 1 });
    const events = several(2);
    const result = await store.append(STREAM, 0, events);
    expect(server.counters.faults).toMatchObject({ 'reset-after-storing': 1, 'resend-refused': 1 });
    expect(idsOf(eventsOf(result))).toEqual(idsOf(records.of(STREAM)).slice(1));
    expect(idsOf(eventsOf(result))).toEqual(events.map(({ id }) => id));
  }),
);

it.concurrent.each([
  ['its success', 0],
  ['a time-out', 1],
])('An append is stored once though its twin from another process, in the same moment, is answered by %s', async (_, times) =>
  onServer(
    async (given) => {
      const { server, records, open } = given;
      const [one, other] = [await open(), await open()];
      await appendTo(one, STREAM, 'none');
      await other.read(STREAM);
      if (times > 0) server.faults.switchOn('resend-times-out', { times });
      const events = several(2);
      const results = await Promise.all([one.append(STREAM, 0, events), other.append(STREAM, 0, events)]);
      expect(results.map(({ outcome }) => outcome)).not.toContain('conflict');
      expect(eventsOf(results[0])).toEqual(eventsOf(results[1]));
      expect(server.counters.faults['resend-times-out']).toBe(times);
      expect(records.of(STREAM)).toHaveLength(3);
      unaryInTime(given);
    },
    { commitTimeoutMs: 100 },
  )(),
);

it.concurrent(
  'An append that is sent again keeps the revision that it expected first: what others have added since does not make it new',
  onServer(async ({ server, records, open }) => {
    const [one, other] = [await open(), await open()];
    await appendTo(one, STREAM, 'none');
    server.faults.switchOn('answer-lost', { times: 1 });
    const lost = one.append(STREAM, 0, several(1));
    await until(() => server.counters.faults['answer-lost'] === 1);
    const [next] = await appendTo(other, STREAM, 1);
    const tries = server.counters.calls.append;
    const [first] = eventsOf(await lost);
    expect(server.counters.calls.append).toBeGreaterThan(tries);
    expect(idsOf(records.of(STREAM)).slice(1)).toEqual([first!.id, next!.id]);
  }),
);

it.concurrent(
  'An append that is sent again after silence goes through a new client, and so to the leader of that time',
  onServer(async ({ server: frozen, records, open }) =>
    onServer(
      async ({ server: next }) => {
        const [once, then] = [frozen, next].map(({ port }) => ({ address: '127.0.0.1', port, isAlive: true }));
        const store = await open({ url: `esdb://127.0.0.1:${frozen.port},127.0.0.1:${next.port}?tls=false` });
        for (const { showMembers } of [frozen, next]) showMembers([{ ...once!, state: 'leader' }]);
        await appendTo(store, STREAM, 'none');
        frozen.faults.switchOn('never-answered', { calls: ['append'] });
        for (const { showMembers } of [frozen, next]) showMembers([{ ...then!, state: 'leader' }]);
        await appendTo(store, STREAM, 0);
        expect(frozen.counters.faults['never-answered']).toBe(1);
        expect(next.counters.calls.append).toBe(1);
        expect(records.of(STREAM)).toHaveLength(2);
      },
      { records },
    )(),
  ),
);

it.concurrent(
  'An append about which nothing clear was said within the budget says so, and the same append afterwards finds itself',
  onServer(async (given) => {
    const { server, records, open } = given;
    const store = await open();
    await appendTo(store, STREAM, 'none');
    const events = several(2);
    server.faults.switchOn('answer-lost', { times: 1 });
    const lost = store.append(STREAM, 0, events).catch((fault: unknown) => fault);
    await until(() => server.counters.faults['answer-lost'] === 1);
    server.faults.switchOn('never-answered', { calls: ['append'] });
    expect(await lost).toBeInstanceOf(UnknownAppendOutcome);
    expect(server.counters.faults['never-answered']).toBeGreaterThan(0);

    server.faults.switchOff();
    const again = await store.append(STREAM, 0, events);
    expect(again.outcome).toBe('repeated');
    expect(idsOf(eventsOf(again))).toEqual(events.map(({ id }) => id));
    expect(records.of(STREAM)).toHaveLength(3);
    unaryInTime(given);
  }),
);

it.concurrent(
  'An append that was refused until the budget was used up says so, and the same append afterwards is new',
  onServer(async ({ server, records, open }) => {
    const store = await open();
    await appendTo(store, STREAM, 'none');
    const events = several(2);
    server.faults.switchOn('unavailable', { calls: ['append'] });
    await expect(store.append(STREAM, 0, events)).rejects.toThrow(UnknownAppendOutcome);
    expect(server.counters.faults.unavailable).toBeGreaterThan(1);
    server.faults.switchOff();
    expect(await store.append(STREAM, 0, events)).toMatchObject({ outcome: 'appended' });
    expect(records.of(STREAM)).toHaveLength(3);
  }),
);

it.concurrent(
  'The server itself holds to the revision that it expects: the first append of a stream, the next of a stream, and the one that makes the log',
  onServer(async (given) => {
    const { records, open } = given;
    const [one, other] = [await open(), await open()];
    // Neither has seen what the other does.
    await Promise.all([appendTo(one, 'bell-northbank-1', 'none'), appendTo(other, 'bell-northbank-2', 'none')]);
    expect(one.logId).toBe(other.logId);
    expect(records.of('waymark-log')).toHaveLength(1);
    await appendTo(one, STREAM, 'none');
    expect(await other.append(STREAM, 'none', several(1))).toEqual({ outcome: 'conflict', actual: 0 });
    await appendTo(other, STREAM, 0);
    expect(await one.append(STREAM, 0, several(1))).toEqual({ outcome: 'conflict', actual: 1 });
    expect(records.of(STREAM)).toHaveLength(2);
    unaryInTime(given);
  }),
);

it.concurrent(
  'Of 500 who create one stream at once through two stores, one succeeds and 499 learn of it',
  onServer(async (given) => {
    const { records, open } = given;
    const stores = [await open(), await open()];
    const results = await Promise.all(Array.from({ length: 500 }, (_, n) => stores[n % 2]!.append(STREAM, 'none', [appendable('A')])));
    expect(results.filter(({ outcome }) => outcome === 'appended')).toHaveLength(1);
    expect(results.filter(({ outcome }) => outcome === 'conflict')).toHaveLength(499);
    expect(records.of(STREAM)).toHaveLength(1);
    expect(records.of('waymark-log')).toHaveLength(1);
    unaryInTime(given);
  }),
);

const unusable = async (answer: Promise<unknown>, why = /deleted/): Promise<void> => {
  const fault = await answer.catch((refusal: unknown) => refusal);
  expect(fault).toBeInstanceOf(LogUnusable);
  expect((fault as Error).message).toMatch(why);
};

it.concurrent(
  'A stream that was ended on the server for ever is refused at once, and asked about once',
  onServer(async ({ server, records, open }) => {
    const store = await open();
    await appendTo(store, STREAM, 'none');
    records.tombstone(STREAM);
    const before = server.counters.calls.append;
    await unusable(store.append(STREAM, 0, several(1)));
    await unusable(store.append(STREAM, 'none', several(1)));
    expect(server.counters.calls.append).toBe(before + 2);
    await unusable(store.read(STREAM));
    await appendTo(store, 'referral-northbank-2', 'none');
  }),
);

it.concurrent(
  'A stream that was deleted on the server is not begun anew',
  onServer(async ({ records, open }) => {
    const store = await open();
    await appendTo(store, STREAM, 'none', 2);
    deleteSoftly(records, STREAM);
    // Said by the answer itself: it tells at which revision the stream goes on.
    await unusable(store.append(STREAM, 'none', several(1)), /deleted .* goes on at revision 2/);
  }),
);

it.concurrent(
  'A stream that was deleted on the server does not show what was stored: a success that nobody can read is no success',
  onServer(async ({ records, open }) => {
    const store = await open();
    const events = several(2);
    await store.append(STREAM, 'none', events);
    deleteSoftly(records, STREAM);
    await unusable(store.append(STREAM, 'none', events));
  }),
);

it.concurrent(
  'A stream that has lost its beginning on the server is not read as if that had never been',
  onServer(async ({ records, open }) => {
    const store = await open();
    await appendTo(store, STREAM, 'none', 2);
    deleteSoftly(records, STREAM);
    await store.append(STREAM, 1, several(1)).catch(() => undefined);
    expect(records.of(STREAM)).toHaveLength(3);
    await unusable(store.read(STREAM));
  }),
);
