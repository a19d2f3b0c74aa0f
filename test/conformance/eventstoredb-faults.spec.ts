/** Everything that can be made to go wrong at the test server and on the link before it: what the official client sees of it, and what is counted. */
import { randomUUID } from 'node:crypto';
import { NO_STREAM, streamNameFilter, type EventStoreDBClient } from '@eventstore/db-client';
import { startEventStoreServer, startRelay, type EventStoreServer, type Fault, type Relay } from '../support/eventstoredb';
import { append, connect, disconnectAll, event, events, idsOf, patiently, subscribe, until } from './official-client';

const SOON = { commitTimeoutMs: 50, storedLaterMs: 50 };
let server: EventStoreServer;
let client: EventStoreDBClient;
let stream: string;

beforeEach(async () => {
  server = await startEventStoreServer(SOON);
  client = connect(server.url);
  stream = `tried-${randomUUID()}`;
});
afterEach(async () => {
  await disconnectAll();
  await server.stop();
});

const isStored = (): boolean => server.records.of(stream).length > 0;
const once = { times: 1 };

/** Runs a call into a fault that leaves it without an answer; what ends it is that the server goes. */
async function unanswered(fault: Fault, call: () => Promise<unknown>): Promise<void> {
  server.faults.switchOn(fault, once);
  const outcome = call().catch((error: unknown) => error);
  await until(() => server.counters.faults[fault] === 1);
  await server.restart();
  expect(await outcome).toMatchObject({ type: 'unavailable', code: 14 });
}

describe('an append that goes wrong', () => {
  it('unavailable: nothing is stored, and it passes', async () => {
    server.faults.switchOn('unavailable', { times: 2, calls: ['append'] });
    for (let i = 0; i < 2; i++)
      await expect(append(client, stream, [event()], NO_STREAM)).rejects.toMatchObject({ type: 'unavailable', code: 14 });
    expect(isStored()).toBe(false);
    await append(client, stream, [event()], NO_STREAM);
    expect(server.counters.faults.unavailable).toBe(2);
    expect(server.counters.calls.append).toBe(3);
  });

  it('never answered: nothing is stored', async () => {
    await unanswered('never-answered', () => append(client, stream, [event()], NO_STREAM));
    expect(isStored()).toBe(false);
    server.faults.switchOn('never-answered');
    const impatient = append(client, stream, [event()], NO_STREAM, { deadline: 50 });
    await expect(impatient).rejects.toMatchObject({ type: 'deadline-exceeded', code: 4 });
  });

  it('given up by the client before all of it has come: nothing of it is stored', async () => {
    const many = events(2_000);
    for (const deadline of [2, 5, 10, 20, 40]) {
      const outcome = await append(client, stream, many, NO_STREAM, { deadline }).catch((error: unknown) => error);
      expect([0, many.length]).toContain(server.records.of(stream).length);
      if (isStored()) break;
      expect(outcome).toMatchObject({ type: 'deadline-exceeded' });
    }
    await patiently(() => append(client, stream, many, NO_STREAM));
    expect(server.records.of(stream)).toHaveLength(many.length);
  });

  it('stored but the answer lost: the re-send gives the original success', async () => {
    const proposed = event();
    await unanswered('answer-lost', () => append(client, stream, [proposed], NO_STREAM));
    expect(isStored()).toBe(true);
    const { position } = server.records.of(stream)[0]!;
    const original = { nextExpectedRevision: 0n, position: { commit: position, prepare: position } };
    expect(await patiently(() => append(client, stream, [proposed], NO_STREAM))).toMatchObject(original);
  });

  it('reset without status after storing, as a node does that stops', async () => {
    server.faults.switchOn('reset-after-storing', once);
    const lost = { type: 'unknown', code: 13, message: expect.stringContaining('Received RST_STREAM with code 0') as string };
    await expect(append(client, stream, [event()], NO_STREAM)).rejects.toMatchObject(lost);
    expect(isStored()).toBe(true);
    expect(server.counters.faults['reset-after-storing']).toBe(1);
  });

  it('a time-out, and stored later all the same', async () => {
    server.faults.switchOn('timeout-stored-later', once);
    const late = { type: 'timeout', code: 10, message: expect.stringContaining('Commit phase timeout') as string };
    await expect(append(client, stream, [event()], NO_STREAM)).rejects.toMatchObject(late);
    await until(isStored);
    expect(server.counters.faults['timeout-stored-later']).toBe(1);
  });

  it('a re-send whose twin is in flight may be answered by a time-out, too', async () => {
    const proposed = event();
    const original = await append(client, stream, [proposed], NO_STREAM);
    server.faults.switchOn('resend-times-out', once);
    await expect(append(client, stream, [proposed], NO_STREAM)).rejects.toMatchObject({ type: 'timeout', code: 10 });
    expect(await append(client, stream, [proposed], NO_STREAM)).toEqual(original);
    expect(server.counters.faults['resend-times-out']).toBe(1);
  });

  it('a success without a position', async () => {
    server.faults.switchOn('no-position', once);
    expect(await append(client, stream, [event()], NO_STREAM)).toEqual({ success: true, nextExpectedRevision: 0n, position: undefined });
    expect(server.counters.faults['no-position']).toBe(1);
  });

  it('not the leader: only calls that require one are refused, and the client follows', async () => {
    const leader = await startEventStoreServer({ records: server.records });
    server.faults.switchOn('not-leader', { leader: { address: '127.0.0.1', port: leader.port } });
    await append(client, stream, [event()], NO_STREAM);
    const notLeader = { type: 'not-leader', code: 5, leader: { address: '127.0.0.1', port: leader.port } };
    await expect(append(client, stream, [event()], 0n, { requiresLeader: true })).rejects.toMatchObject(notLeader);
    await append(client, stream, [event()], 0n, { requiresLeader: true });
    expect(leader.counters.calls.append).toBe(1);
    expect(server.counters.faults['not-leader']).toBe(1);
    await leader.stop();
  });
});

describe('other calls that go wrong', () => {
  it('a fault may be for some calls only', async () => {
    server.faults.switchOn('unavailable', { calls: ['read'] });
    await append(client, stream, [event()], NO_STREAM);
    await expect(idsOf(client, stream)).rejects.toMatchObject({ code: 14 });
    server.faults.switchOff('unavailable');
    expect(await idsOf(client, stream)).toHaveLength(1);
  });

  it('a delete whose answer is lost has happened', async () => {
    await append(client, stream, [event()], NO_STREAM);
    await unanswered('answer-lost', () => client.deleteStream(stream));
    await expect(patiently(() => idsOf(client, stream))).rejects.toMatchObject({ type: 'stream-not-found' });
  });

  it('discovery that fails at first, and a seed that is dead', async () => {
    server.faults.switchOn('no-discovery', { times: 3 });
    const seeds = `esdb://127.0.0.1:${server.port},127.0.0.1:1?tls=false`;
    const hasty = connect(seeds, '&maxDiscoverAttempts=2&discoveryInterval=10');
    await expect(append(hasty, stream, [event()], NO_STREAM)).rejects.toThrow('Failed to discover after 2 attempts.');
    const patient = connect(seeds, '&maxDiscoverAttempts=5&discoveryInterval=10');
    await append(patient, stream, [event()], NO_STREAM);
    expect(server.counters.faults['no-discovery']).toBe(3);
  });

  it('gossip shows who leads', async () => {
    const other = await startEventStoreServer();
    server.showMembers([
      { address: '127.0.0.1', port: server.port, state: 'follower', isAlive: true },
      { address: '127.0.0.1', port: other.port, state: 'leader', isAlive: true },
      { address: '127.0.0.1', port: 1, state: 'leader', isAlive: false },
    ]);
    const found = connect(`esdb://127.0.0.1:${server.port},127.0.0.1:1?tls=false`, '&nodePreference=leader');
    await append(found, stream, [event()], NO_STREAM);
    expect([server.counters.calls.append, other.counters.calls.append]).toEqual([0, 1]);
    await other.stop();
  });
});

describe('a subscription that goes wrong', () => {
  const ours = (): ReturnType<typeof streamNameFilter> => streamNameFilter({ prefixes: [stream] });

  it('too slow: every live subscriber may be cut without any burst', async () => {
    const subscribed = subscribe(client, 'end', ours);
    await until(() => subscribed.has('caughtUp'));
    server.faults.switchOn('too-slow', once);
    await until(() => subscribed.has('error'));
    expect(subscribed.messages.at(-1)).toMatchObject({ error: { type: 'timeout', code: 10 } });
    expect(server.counters.faults['too-slow']).toBe(1);
    const resumed = subscribe(client, 'end', ours);
    await until(() => resumed.has('caughtUp'));
    expect(resumed.has('error')).toBe(false);
  });

  it('silence: nothing comes and nothing fails, until it is over', async () => {
    const subscribed = subscribe(client, 'end', ours);
    await until(() => subscribed.has('caughtUp'));
    server.faults.switchOn('silence');
    await append(client, stream, events(300), NO_STREAM);
    const mute = subscribe(client, 'start', ours);
    await until(() => server.counters.faults.silence === 2);
    expect(subscribed.messages).toHaveLength(2);
    expect(mute.messages).toEqual([]);
    server.faults.switchOff('silence');
    await until(() => subscribed.events.length === 300 && mute.has('caughtUp'));
    expect(mute.events).toHaveLength(300);
  });

  it('unavailable: refused before it is confirmed', async () => {
    server.faults.switchOn('unavailable', { times: 1, calls: ['subscribe'] });
    const subscribed = subscribe(client, 'start', ours);
    await until(() => subscribed.has('error'));
    expect(subscribed.messages).toMatchObject([{ kind: 'error', error: { type: 'unavailable', code: 14 } }]);
  });

  it.each([
    ['killed', { type: 'unavailable', code: 14 }],
    ['asked', { type: 'unknown', code: 13 }],
  ] as const)('a server that is stopped, %s, ends it, and resumes nothing by itself', async (how, error) => {
    const subscribed = subscribe(client, 'end', ours);
    await until(() => subscribed.has('caughtUp'));
    await server.stop(how);
    await until(() => subscribed.has('error'));
    expect(subscribed.messages.at(-1)).toMatchObject({ error });
    await server.restart();
    await patiently(() => append(client, stream, [event()], NO_STREAM));
    expect(subscribed.events).toEqual([]);
  });
});

describe('the link before the server', () => {
  let relay: Relay;
  let far: EventStoreDBClient;

  beforeEach(async () => {
    relay = await startRelay(server.port);
    far = connect(relay.url);
  });
  afterEach(() => relay.close());

  it('passes everything on', async () => {
    await append(far, stream, events(2), NO_STREAM);
    expect(await idsOf(far, stream)).toHaveLength(2);
    expect(relay.counters.connected).toBeGreaterThanOrEqual(1);
  });

  it('is cut: what is open fails, and the next call goes through', async () => {
    const subscribed = subscribe(far, 'start');
    await until(() => subscribed.has('caughtUp'));
    relay.cut();
    await until(() => subscribed.has('error'));
    expect(subscribed.messages.at(-1)).toMatchObject({ error: { code: 14 } });
    expect(relay.counters.cut).toBeGreaterThanOrEqual(1);
    await patiently(() => append(far, stream, [event()], NO_STREAM));
  });

  it('refuses new connections until it accepts them again', async () => {
    relay.refuse();
    await expect(append(far, stream, [event()], NO_STREAM)).rejects.toMatchObject({ code: 14 });
    expect(relay.counters.refused).toBeGreaterThanOrEqual(1);
    relay.accept();
    await patiently(() => append(far, stream, [event()], NO_STREAM));
  });

  it('freezes: a call is never answered, and what was sent arrives at the thaw', async () => {
    await append(far, stream, [event()], NO_STREAM);
    relay.freeze();
    await expect(append(far, stream, [event()], 0n, { deadline: 50 })).rejects.toMatchObject({ type: 'deadline-exceeded' });
    const subscribed = subscribe(far, 'start');
    relay.thaw();
    await until(() => subscribed.has('caughtUp'));
    expect(relay.counters.frozen).toBe(1);
  });

  it('frozen long enough is found by keep-alive', async () => {
    // The client warns of an interval as short as this.
    jest.spyOn(console, 'warn').mockImplementationOnce(() => {});
    const watchful = connect(relay.url, '&keepAliveInterval=100&keepAliveTimeout=100');
    const subscribed = subscribe(watchful, 'start');
    await until(() => subscribed.has('caughtUp'));
    relay.freeze();
    await until(() => subscribed.has('error'));
    expect(subscribed.messages.at(-1)).toMatchObject({ error: { code: 14 } });
  });
});
