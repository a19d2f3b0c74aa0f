/** A read model over the copy of a log that lies on a server: the threads of a server process, and a burst while all of it is live. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { LogReader, openEventStoreDb, type EventStore } from '@waymark/event-store';
import type { RecordedEvent } from '@waymark/kernel';
import {
  startEventStoreServer,
  startRelay,
  type EventStoreServer,
  type ProposedEvent,
  type Relay,
} from '../../../test/support/eventstoredb';
import { startLogCopy, type LogCopyThread } from './log-copy-thread';
import { logFolderOf } from './log-folder';
import { ReadSide } from './read-side';
import { startRunnerWorker, type RunnerThread } from './runner-thread';
import { compareWithFold } from './testing/fold-rows';
import { newEvent, noted, planned, readModels, recorded, type Happening } from './testing/visits';

const execArgv = ['-r', join(__dirname, 'testing/typescript.cjs')];
const MINUTES = 5 * 60_000;

let folder: string;
let logFolder: string;
let server: EventStoreServer;
let relay: Relay;
let store: EventStore;
let copy: LogCopyThread;
let runner: RunnerThread;
let readSide: ReadSide;
let notices: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-copy-'));
  logFolder = logFolderOf({ folder, logServer: 'a server' });
  server = await startEventStoreServer();
  relay = await startRelay(server.port);
  store = await openEventStoreDb({ url: server.url });
  notices = [];
  const notice = (message: string): number => notices.push(message);
  copy = startLogCopy({ url: relay.url, folder: logFolder, execArgv, notice, copied: () => runner.wake() });
  runner = startRunnerWorker({ folder, logFolder, modelsModule: join(__dirname, 'testing/visits.ts'), execArgv, notice });
  readSide = new ReadSide({ folder, projections: readModels, log: new LogReader(logFolder, { hashes: false }), drive: runner });
});
afterEach(async () => {
  await copy.stop();
  await runner.stop();
  readSide.close();
  await store.close();
  await relay.close();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function events(): Promise<RecordedEvent[]> {
  const found: RecordedEvent[] = [];
  for await (const event of store.readAll()) found.push(event);
  return found;
}

async function isTheFoldOfTheLog(): Promise<void> {
  const log = await events();
  expect(await readSide.waitFor(log.at(-1)!.position, MINUTES)).toBe(true);
  const db = new SqliteDatabase(join(folder, 'read.db'), { readonly: true });
  try {
    expect(readModels.flatMap((projection) => compareWithFold(db, projection, log))).toEqual([]);
  } finally {
    db.close();
  }
}

async function append(happening: Happening): Promise<void> {
  const result = await store.append(happening.stream, 'none', [newEvent(happening, 0)]);
  if (result.outcome === 'conflict') throw new Error(`${happening.stream} is there already`);
}

/** Put into the database in one go, in the form in which a store writes them: a visit each, with 499 notes. */
function burst(visits: number): void {
  for (let visit = 0; visit < visits; visit++) {
    const happenings = [planned(`v${visit}`), ...Array.from({ length: 499 }, (_, n) => noted(`v${visit}`, `note ${n}`))];
    server.records.store(happenings[0]!.stream, recorded(happenings, visit * 500).map(proposed));
  }
}

function proposed({ id, type, data, schemaVersion, occurredAt, recordedAt, meta, previousHash, hash }: RecordedEvent): ProposedEvent {
  const metadata = { schemaVersion, occurredAt, recordedAt, meta, previousHash, hash };
  return { id, type, isJson: true, data: Buffer.from(JSON.stringify(data)), metadata: Buffer.from(JSON.stringify(metadata)) };
}

it(
  '10,000 events appended at once while it is live: it is the fold of the log',
  async () => {
    await append(planned('first'));
    expect(await copy.caughtUp(MINUTES)).toBe(true);
    await readSide.ready(MINUTES);
    await isTheFoldOfTheLog();

    const cut = server.counters.calls.subscribe;
    burst(20);
    await isTheFoldOfTheLog();
    expect(await events()).toHaveLength(10_001);
    expect(server.counters.calls.subscribe).toBeGreaterThan(cut);
    expect(copy.trouble()).toBeUndefined();
  },
  MINUTES,
);

it(
  'the link to the server cut while it is live: trouble is said, and is over, and it is the fold of the log',
  async () => {
    await append(planned('first'));
    expect(await copy.caughtUp(MINUTES)).toBe(true);
    await readSide.ready(MINUTES);
    relay.refuse();
    relay.cut();
    while (notices.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(copy.trouble()).toContain('cannot be followed');
    await append(planned('second', 'home'));
    relay.accept();
    await isTheFoldOfTheLog();
    while (copy.trouble() !== undefined || notices.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(relay.counters.cut).toBeGreaterThan(0);
    expect(notices).toEqual([expect.stringContaining('cannot be followed'), expect.stringContaining('followed again')]);
  },
  MINUTES,
);
