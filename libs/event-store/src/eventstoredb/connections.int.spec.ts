/** How a store finds its server, loses it, shares a process with another store, and leaves nothing behind. */
import { randomUUID } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { LogUnusable } from '../event-store';
import { all, appended, appendTo, eventsOf, idsIn, idsOf, onServer, several, STREAM, until } from '../testing/on-server';
import { Connection } from './connection';
import { openEventStoreDb } from './eventstoredb-event-store';

const TYPESCRIPT = join(__dirname, '../../../projections/src/testing/typescript.cjs');

/** A frozen link is looked at for a few seconds; for longer when asked. */
const FROZEN_MS = 1_000 * Number(process.env['WAYMARK_FROZEN_SECONDS'] ?? 3);

function started(program: string, ...args: string[]): ChildProcess & { readonly out: Promise<string> } {
  const child = spawn(process.execPath, ['-r', TYPESCRIPT, join(__dirname, '../testing', program), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return Object.assign(child, { out: text(child.stdout) });
}

it.concurrent(
  'A read that loses its connection is not taken for a short stream',
  onServer(async ({ server, open }) => {
    await appendTo(await open(), STREAM, 'none', 1_000);
    const connection = (await Connection.to(server.url))();
    for (const pause of [0, 1, 2, 5, 10, 20]) {
      const read = connection.readStream(STREAM, 0, 1_000);
      const settled = read.then(
        (events) => events.length,
        (fault: Error) => fault.name,
      );
      await new Promise((resolve) => setTimeout(resolve, pause));
      connection.replace();
      expect([1_000, 'NoAnswer']).toContain(await settled);
    }
    await connection.close();
  }),
);

it.concurrent(
  'A server that is not up yet is waited for',
  onServer(async ({ relay }) => {
    relay.refuse();
    const opening = openEventStoreDb({ url: relay.url });
    await until(() => relay.counters.refused > 0);
    relay.accept();
    const store = await opening;
    expect(await appendTo(store, STREAM, 'none')).toHaveLength(1);
    await store.close();
  }),
);

it.concurrent(
  'A server that is not up yet is not waited for without end: what is said then names the setting',
  onServer(async ({ relay }) => {
    relay.refuse();
    const fault = await openEventStoreDb({ url: relay.url }).catch((refusal: unknown) => refusal);
    expect(fault).toBeInstanceOf(LogUnusable);
    expect((fault as Error).message).toMatch(/^EVENTSTOREDB_URL: /);
    expect(relay.counters.refused).toBeGreaterThan(0);
  }),
);

it.concurrent(
  'The leader of a cluster is found though one of the hosts of the URL is dead',
  onServer(async ({ server, relay, open }) => {
    relay.refuse();
    // Hosts are asked in an order that is drawn, so that not everybody meets the dead one first.
    const url = `esdb://127.0.0.1:${relay.port},127.0.0.1:${server.port}?tls=false`;
    for (let n = 1; relay.counters.refused === 0; n++) await appendTo(await open({ url }), `bell-northbank-${n}`, 'none');
    expect(server.counters.calls.gossip).toBeGreaterThan(0);
  }),
);

it.concurrent(
  'The leader of a cluster is looked for again when nobody could be found at first',
  onServer(async ({ server, open }) => {
    server.faults.switchOn('no-discovery', { times: 4 });
    const url = `esdb://127.0.0.1:${server.port},127.0.0.1:${server.port}?tls=false&maxDiscoverAttempts=1`;
    await appendTo(await open({ url }), STREAM, 'none');
    expect(server.counters.faults['no-discovery']).toBe(4);
  }),
);

it.concurrent(
  'The leader of a cluster is looked for again when the search itself is never answered, by a reader and by a writer',
  onServer(async ({ server, open }) => {
    // The client would wait for this long.
    const url = `esdb://127.0.0.1:${server.port},127.0.0.1:${server.port}?tls=false&gossipTimeout=600`;
    server.faults.switchOn('never-answered', { times: 1, calls: ['gossip'] });
    const store = await open({ url });
    expect(server.counters.faults['never-answered']).toBe(1);
    server.faults.switchOn('never-answered', { times: 1, calls: ['gossip'] });
    await appendTo(store, STREAM, 'none');
    expect(server.counters.faults['never-answered']).toBe(2);
  }),
);

it.concurrent(
  'Of two stores in one process one that is closed under load takes nothing from the other',
  onServer(async ({ server, records, open }) => {
    const [closing, staying] = [await open(), await open()];
    await appendTo(staying, STREAM, 'none');
    const load = (store: typeof staying, name: string) =>
      Array.from({ length: 200 }, (_, n) => appended(store, `bell-${name}-${n}`, 'none', several(1)).then(eventsOf));
    const [cut, whole] = [Promise.allSettled(load(closing, 'south')), Promise.all(load(staying, 'north'))];
    await until(() => server.counters.calls.append > 50);
    const closed = closing.close();
    await expect(closing.append('bell-south-late', 'none', several(1))).rejects.toThrow('closed');

    const stored = (await whole).flat();
    expect(stored).toHaveLength(200);
    // What was under way is answered before the store is closed.
    for (const answer of await cut) if (answer.status === 'fulfilled') stored.push(...answer.value);
    await closed;
    expect(idsIn(records)).toEqual(expect.arrayContaining(idsOf(stored)));
    expect(new Set(idsIn(records)).size).toBe(idsIn(records).length);
    expect(idsIn(records).filter((id) => idsOf(stored).includes(id))).toHaveLength(stored.length);
    await appendTo(staying, STREAM, 0);
    expect(server.counters.calls['batch-append']).toBe(0);
  }),
);

it.concurrent(
  'A process that has closed its store ends by itself',
  onServer(async ({ server, records }) => {
    const child = started('visitor.ts', server.url);
    const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
    expect([await child.out, code, signal]).toEqual(['done', 0, null]);
    expect(records.live).toBe(0);
  }),
);

it.concurrent(
  'A store that is closed closes its sockets, what it was doing included',
  onServer(async ({ server, open }) => {
    const door = createServer((socket) => void pipeline(socket, connect(server.port, '127.0.0.1'), socket, () => {}));
    await once(door.listen(0, '127.0.0.1'), 'listening');
    const connections = (): Promise<number> => promisify(door.getConnections.bind(door))();
    const store = await open({ url: `esdb://127.0.0.1:${(door.address() as AddressInfo).port}?tls=false` });
    await appendTo(store, STREAM, 'none');
    const underway = store.append(STREAM, 0, several(1));
    for await (const message of store.subscribe()) if (message.kind === 'caught-up') setImmediate(() => void store.close());
    await underway;
    while ((await connections()) > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    door.close();
  }),
);

it.concurrent.each([
  ['the first event of a log', false],
  ['an event of a log', true],
])('A process that is killed between the append of %s and its answer has appended it once, whoever sends it again', async (_, begun) =>
  onServer(async ({ server, records, open }) => {
    if (begun) await appendTo(await open(), 'bell-northbank-1', 'none');
    const id = randomUUID();
    const lost = begun ? 1 : 2;
    server.faults.switchOn('answer-lost', { times: lost });
    const killed = started('appender.ts', server.url, STREAM, id);
    await until(() => server.counters.faults['answer-lost'] === lost);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    expect(await killed.out).toBe('');

    const again = started('appender.ts', server.url, STREAM, id);
    await once(again, 'exit');
    expect(await again.out).toBe('repeated');
    expect(idsOf(records.of(STREAM))).toEqual([id]);
    expect(records.of('waymark-log')).toHaveLength(1);
  })(),
);

it.concurrent(
  'A link that freezes under load loses and doubles nothing, holds up nobody beyond the budget, and is noticed once',
  onServer(async ({ relay, records, notices, openBehind }) => {
    const store = await openBehind();
    await appendTo(store, 'bell-northbank-0', 'none');
    const seen: string[] = [];
    const leave = new AbortController();
    const reader = (async () => {
      for await (const message of store.subscribe({ signal: leave.signal })) if (message.kind === 'event') seen.push(message.event.id);
    })();
    let isOver = false;
    let settled = 0;
    let unclear = 0;
    const sent: string[] = [];
    const writer = async (stream: string): Promise<void> => {
      for (let revision = -1; !isOver; revision++) {
        const events = several(1);
        sent.push(events[0]!.id);
        eventsOf(await appended(store, stream, revision < 0 ? 'none' : revision, events, () => unclear++));
        settled++;
      }
    };
    const writers = Array.from({ length: 8 }, (_, n) => writer(`bell-northbank-${n + 1}`));
    await until(() => settled > 50);
    relay.freeze();
    const [answers, said] = [settled, notices.length];
    await new Promise((resolve) => setTimeout(resolve, FROZEN_MS));
    // Everybody who waits is answered, though the link stays as it is.
    if (FROZEN_MS > 20_000) await until(() => unclear >= writers.length);
    await until(() => notices.length > said);
    // Keep-alive has found it, long before anybody would have asked.
    expect(notices.slice(said)).toEqual([{ message: expect.stringMatching(/just now \(.*UNAVAILABLE.*\)/), trouble: true }]);
    relay.thaw();
    await until(() => settled > answers + 50);
    isOver = true;
    await Promise.all(writers);
    await until(() => seen.length > sent.length);
    leave.abort();
    await reader;

    expect(relay.counters.frozen).toBe(1);
    expect(new Set(idsIn(records).slice(1))).toEqual(new Set(sent));
    expect(idsIn(records)).toHaveLength(sent.length + 1);
    expect(seen).toEqual(idsIn(records));
    expect(idsOf(await all(store))).toEqual(seen);
    expect(notices[said + 1]).toEqual({ message: expect.stringContaining('followed again'), trouble: false });
  }),
  600_000,
);

it.concurrent(
  'A link that stays frozen holds nobody up for ever: a writer and a reader are told so',
  onServer(async ({ relay, openBehind }) => {
    const store = await openBehind();
    await appendTo(store, STREAM, 'none');
    relay.freeze();
    const told = await Promise.allSettled([store.append(STREAM, 0, several(1)), store.read(STREAM), openEventStoreDb({ url: relay.url })]);
    expect(told.map((answer) => (answer.status === 'rejected' ? (answer.reason as Error).name : answer.status))).toEqual([
      'UnknownAppendOutcome',
      'UnknownAppendOutcome',
      'LogUnusable',
    ]);
    expect(relay.counters.frozen).toBe(1);
  }),
);
