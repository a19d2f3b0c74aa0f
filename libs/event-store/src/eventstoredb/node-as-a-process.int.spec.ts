/**
 * A server that is frozen, and one that is ended and started again, as a process: the node of EVENTSTOREDB_URL whose process id stands
 * in the file EVENTSTOREDB_PIDFILE, which whoever named it starts again; else the test server, started again here on what it had kept.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { appendable } from '../testing';
import { all, appended, eventsOf } from '../testing/on-server';
import { openEventStoreDb, type EventStoreDbEventStore } from './eventstoredb-event-store';

const { EVENTSTOREDB_URL: named, EVENTSTOREDB_PIDFILE: pidFile } = process.env;
const TEST_SERVER = join(__dirname, '../../../../test/support/eventstoredb/main.mjs');

interface ServerProcess {
  readonly url: string;
  /** How many processes it was so far; unknown where somebody else starts it. */
  readonly lives: () => number | undefined;
  signal(name: NodeJS.Signals): void;
  stop(): void;
}

let server: ServerProcess;
beforeAll(async () => {
  server = named !== undefined && pidFile !== undefined ? theNode(named, pidFile) : await aTestServer();
});
afterAll(() => server.stop());

function theNode(url: string, pidFile: string): ServerProcess {
  const signal = (name: NodeJS.Signals) => process.kill(Number(readFileSync(pidFile, 'utf8').trim()), name);
  return { url, lives: () => undefined, signal, stop: () => {} };
}

async function aTestServer(): Promise<ServerProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'waymark-node-'));
  let child: ChildProcess;
  let lives = 0;
  let isWanted = true;
  const start = (port: string): Promise<string> => {
    lives++;
    const args = [TEST_SERVER, '--records', join(folder, 'records'), '--port', port];
    const started = (child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }));
    started.once('exit', () => isWanted && void start(new URL(url).port));
    return new Promise((resolve) => started.stdout.once('data', (said: Buffer) => resolve(said.toString().trim())));
  };
  const url = await start('0');
  return {
    url,
    lives: () => lives,
    signal: (name) => child.kill(name),
    stop: () => {
      isWanted = false;
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true });
    },
  };
}

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
  const store = await openEventStoreDb({ url: server.url, prefix: `t${randomUUID()}.` });
  try {
    await run(store);
  } finally {
    await store.close();
  }
}

it('nothing is lost or doubled when it is frozen for some seconds under load', () =>
  withStore(async (store) => {
    const acknowledged = await underLoad(store, async () => {
      server.signal('SIGSTOP');
      await sleep(4_000);
      server.signal('SIGCONT');
    });
    expect(acknowledged).toHaveLength(CALLERS * APPENDS);
    expect((await all(store)).map(({ id }) => id).sort()).toEqual(acknowledged.sort());
  }));

it.each(['SIGKILL', 'SIGTERM'] as const)('nothing is lost or doubled when it is ended by %s under load and started again', (name) =>
  withStore(async (store) => {
    const before = server.lives();
    const acknowledged = await underLoad(store, async () => server.signal(name));
    expect(acknowledged).toHaveLength(CALLERS * APPENDS);
    expect((await all(store)).map(({ id }) => id).sort()).toEqual(acknowledged.sort());
    expect(server.lives()).toBe(before && before + 1);
  }),
);
