/** Rows server.*: the adapter of EventStoreDB beside the official client alone, doing the same calls on the same server. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { historyOf, referralOf, TEN_EVENTS, uuidOf } from './history.mjs';
import { callers, measured, perSecond, ratioOf } from './measure.mjs';
import { eventStore, kernel } from './product.mjs';

const client = createRequire(import.meta.url)('@eventstore/db-client');
const BAR = 0.8;
const EVENTS_OF_A_STREAM = 10;
/** Leads the client to its unary call, which is the one that the adapter uses. */
const CALL = { credentials: { username: 'bench', password: 'none' }, requiresLeader: true };
const TEST_SERVER = fileURLToPath(new URL('../support/eventstoredb/main.mjs', import.meta.url));

export const rows = [
  row(
    'server.append.c1',
    'events/s',
    500,
    (server, count) => appends(server, 1, count),
    'one append of one event, and reading it back; 1 caller',
  ),
  row(
    'server.append.c32',
    'events/s',
    6_400,
    (server, count) => appends(server, 32, count),
    'one append of one event, and reading it back; 32 callers',
  ),
  row('server.load.10', 'streams/s', 2_000, loads, 'read one stream of ten events'),
  row('server.catchup', 'events/s', 20_000, catchUp, 'all events of a log, from nothing until caught up'),
];

function row(id, unit, count, contestantsOf, work) {
  return {
    id,
    async measure({ quick }) {
      const runs = quick ? 1 : 3;
      const server = await aServer();
      try {
        const { contestants, events } = await contestantsOf(server, quick ? Math.ceil(count / 10) : count);
        const { ours, limit } = await measured(id, {
          runs,
          warmUp: true,
          contestants,
          check: ({ ours: mine, limit: theirs }) => {
            if (mine.events !== theirs.events || mine.events !== events)
              throw new Error(`${id}: ${mine.events} and ${theirs.events} of ${events} events`);
          },
        });
        const ratio = ratioOf(ours, limit);
        return {
          work,
          durability: `as the server has it: ${server.name}`,
          unit,
          better: 'higher',
          runs,
          ours,
          limit: { what: 'the official client alone, the same calls', ...limit },
          ratio,
          bar: BAR,
          met: ratio >= BAR,
          variants: [],
          note: `on ${server.name}, in a process of its own`,
        };
      } finally {
        server.stop();
      }
    },
  };
}

/** The node that EVENTSTOREDB_URL names, or the test server, which keeps its records in memory. */
async function aServer() {
  const named = process.env.EVENTSTOREDB_URL;
  if (named) return { url: named, name: process.env.EVENTSTOREDB_NAME ?? 'the node of EVENTSTOREDB_URL', stop: () => {} };
  const child = spawn(process.execPath, [TEST_SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise((resolve, reject) => {
    child.stdout.once('data', (said) => resolve(String(said).trim()));
    child.once('exit', (code) => reject(new Error(`The test server ended with ${code}`)));
  });
  return { url, name: 'the test server of this repository (records in memory)', stop: () => child.kill() };
}

async function appends(server, atOnce, count) {
  const plan = Array.from({ length: atOnce }, (_, caller) =>
    Array.from({ length: Math.ceil(count / atOnce) }, (_, nth) => {
      const n = caller + Math.floor(nth / EVENTS_OF_A_STREAM) * atOnce;
      return { stream: `referral-northbank-${uuidOf(n, 1)}`, revision: nth % EVENTS_OF_A_STREAM, event: eventOf(n) };
    }),
  );
  const total = atOnce * plan[0].length;
  return {
    events: total,
    contestants: {
      ours: () =>
        withStore(server, async (store) => {
          const value = await perSecond(total, () =>
            callers(atOnce, async (caller) => {
              for (const { stream, revision, event } of plan[caller]) {
                const { outcome } = await store.append(stream, revision === 0 ? 'none' : revision - 1, [{ ...event, id: randomUUID() }]);
                if (outcome !== 'appended') throw new Error(`An append met a ${outcome}`);
              }
            }),
          );
          return { value, events: await counted(store.readAll()) };
        }),
      limit: () =>
        withClient(server, async (db, prefix) => {
          const value = await perSecond(total, () =>
            callers(atOnce, async (caller) => {
              for (const { stream, revision, event } of plan[caller]) {
                await db.appendToStream(prefix + stream, [sent({ ...event, id: randomUUID() })], {
                  expectedRevision: revision === 0 ? client.NO_STREAM : BigInt(revision - 1),
                  ...CALL,
                });
                if ((await counted(db.readStream(prefix + stream, { fromRevision: BigInt(revision), maxCount: 1, ...CALL }))) !== 1)
                  throw new Error('Not read back');
              }
            }),
          );
          return { value, events: await followed(db, prefix) };
        }),
    },
  };
}

async function loads(server, count) {
  const filled = await filledLog(server, 200);
  const streams = Array.from({ length: count }, (_, i) => referralOf(i % 200, 'northbank').stream);
  const total = count * EVENTS_OF_A_STREAM;
  return {
    events: total,
    contestants: {
      ours: () =>
        withStore(
          server,
          async (store) => {
            let events = 0;
            const value = await perSecond(count, async () => {
              for (const stream of streams) events += (await store.read(stream)).length;
            });
            return { value, events };
          },
          filled,
        ),
      limit: () =>
        withClient(
          server,
          async (db, prefix) => {
            let events = 0;
            const value = await perSecond(count, async () => {
              for (const stream of streams) events += await counted(db.readStream(prefix + stream, { maxCount: 500, ...CALL }));
            });
            return { value, events };
          },
          filled,
        ),
    },
  };
}

async function catchUp(server, count) {
  const filled = await filledLog(server, count / EVENTS_OF_A_STREAM);
  const timed = async (work) => {
    let events = 0;
    const value = await perSecond(count, async () => (events = await work()));
    return { value, events };
  };
  return {
    events: count,
    contestants: {
      ours: () => withStore(server, (store) => timed(() => heard(store)), filled),
      limit: () => withClient(server, (db, prefix) => timed(() => followed(db, prefix)), filled),
    },
  };
}

/** Referrals of ten events each, under a prefix of their own. */
async function filledLog(server, referrals) {
  const prefix = `${randomUUID()}.`;
  await withStore(
    server,
    async (store) => {
      for (const { stream, expected, events } of historyOf({ referrals, lifeOf: () => TEN_EVENTS, service: 'northbank' }))
        await store.append(stream, expected, events);
    },
    prefix,
  );
  return prefix;
}

async function withStore({ url }, work, prefix = `${randomUUID()}.`) {
  const store = await eventStore.openEventStoreDb({ url, prefix });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function withClient({ url }, work, prefix = `${randomUUID()}.`) {
  const db = client.EventStoreDBClient.connectionString(url);
  try {
    return await work(db, prefix);
  } finally {
    await db.dispose();
  }
}

/** The data of a booking with an envelope as the adapter writes it. */
function sent({ id, type, data, ...envelope }) {
  return client.jsonEvent({
    id,
    type,
    data,
    metadata: { ...envelope, recordedAt: envelope.occurredAt, previousHash: 'x'.repeat(64), hash: 'x'.repeat(64) },
  });
}

function eventOf(n) {
  const [, , , booking] = historyOf({ referrals: 1, seal: (data) => data });
  const [{ data, meta, ...event }] = booking.events;
  return { ...event, data: JSON.parse(kernel.canonical({ ...data, personId: uuidOf(n, 2) })), meta: { ...meta, service: 'northbank' } };
}

async function counted(events) {
  let count = 0;
  for await (const event of events) count += event ? 1 : 0;
  return count;
}

/** As the copy of the log is made. */
async function heard(store) {
  let count = 0;
  for await (const { kind } of store.subscribe()) {
    if (kind === 'event') count++;
    if (kind === 'caught-up') return count;
  }
  throw new Error('The subscription ended before it had caught up');
}

/** As the adapter subscribes, until caught up; what says which log it is, is not an event of it. */
function followed(db, prefix) {
  return new Promise((resolve, reject) => {
    let count = 0;
    const subscription = db.subscribeToAll({
      filter: { filterOn: client.STREAM_NAME, prefixes: [prefix], checkpointInterval: 1, maxSearchWindow: 1_024 },
      ...CALL,
    });
    subscription.on('error', reject);
    subscription.on('data', ({ event }) => (count += event.streamId === `${prefix}waymark-log` ? 0 : 1));
    subscription.on('caughtUp', () => {
      setTimeout(() => {
        void subscription.unsubscribe();
        resolve(count);
      });
    });
  });
}
