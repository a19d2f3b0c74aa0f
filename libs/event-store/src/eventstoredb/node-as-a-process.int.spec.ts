/**
 * A server that is frozen, and one that is killed, as a process: the node of EVENTSTOREDB_URL whose process id stands in the file
 * EVENTSTOREDB_PIDFILE, which whoever named it starts again; else the test server in a process of its own, which keeps its records in
 * memory, so that a kill would be the end of them.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { appendable } from '../testing';
import { all, appended, eventsOf } from '../testing/on-server';
import { openEventStoreDb, type EventStoreDbEventStore } from './eventstoredb-event-store';

const { EVENTSTOREDB_URL: named, EVENTSTOREDB_PIDFILE: pidFile } = process.env;
const isReal = named !== undefined && pidFile !== undefined;
const TEST_SERVER = join(__dirname, '../../../../test/support/eventstoredb/main.mjs');

let url: string;
let signal: (name: NodeJS.Signals) => void;
let stop = (): void => {};

beforeAll(async () => {
  if (isReal) {
    url = named;
    signal = (name) => process.kill(Number(readFileSync(pidFile, 'utf8').trim()), name);
    return;
  }
  const child = spawn(process.execPath, [TEST_SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
  url = await new Promise<string>((resolve) => child.stdout.once('data', (said: Buffer) => resolve(said.toString().trim())));
  signal = (name) => child.kill(name);
  stop = () => child.kill('SIGKILL');
});
afterAll(() => stop());

const CALLERS = 8;
const APPENDS = 40;

/** Eight callers, each on a stream of its own; `fault` happens once a quarter is stored. Every append is sent again until its answer is clear. */
async function underLoad(store: EventStoreDbEventStore, fault: () => Promise<void>): Promise<string[]> {
  const acknowledged: string[] = [];
  let happening: Promise<void> | undefined;
  await Promise.all(
    Array.from({ length: CALLERS }, async (_, caller) => {
      for (let n = 0; n < APPENDS; n++) {
        const result = await appended(store, `referral-northbank-${caller}`, n === 0 ? 'none' : n - 1, [appendable('A', { n })]);
        acknowledged.push(...eventsOf(result).map(({ id }) => id));
        if (acknowledged.length * 4 > CALLERS * APPENDS) happening ??= fault();
      }
    }),
  );
  await happening;
  return acknowledged;
}

async function withStore(run: (store: EventStoreDbEventStore) => Promise<void>): Promise<void> {
  const store = await openEventStoreDb({ url, prefix: `t${randomUUID()}.` });
  try {
    await run(store);
  } finally {
    await store.close();
  }
}

it('nothing is lost or doubled when it is frozen for some seconds under load', () =>
  withStore(async (store) => {
    const acknowledged = await underLoad(store, async () => {
      signal('SIGSTOP');
      await sleep(4_000);
      signal('SIGCONT');
    });
    expect(acknowledged).toHaveLength(CALLERS * APPENDS);
    expect((await all(store)).map(({ id }) => id).sort()).toEqual(acknowledged.sort());
  }));

// The records of the test server are gone with its process: see test/journeys and connections.int.spec.ts for servers that come back.
if (isReal) {
  it.each(['SIGKILL', 'SIGTERM'] as const)('nothing is lost or doubled when it is ended by %s under load and started again', (name) =>
    withStore(async (store) => {
      const acknowledged = await underLoad(store, async () => signal(name));
      expect(acknowledged).toHaveLength(CALLERS * APPENDS);
      expect((await all(store)).map(({ id }) => id).sort()).toEqual(acknowledged.sort());
    }),
  );
}
