/** The runner in its own thread, over the SQLite log, as a server has it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { LogReader, openEventStore, type EventStore } from '@waymark/event-store';
import type { RecordedEvent } from '@waymark/kernel';
import { ReadSide } from './read-side';
import { startRunnerWorker, type RunnerThread, type RunnerWorkerOptions } from './runner-thread';
import { compareWithFold } from './testing/fold-rows';
import { newEvent, noted, planned, readModels, type Happening } from './testing/visits';

const execArgv = ['-r', join(__dirname, 'testing/typescript.cjs')];

// Each test starts a thread or a process of its own, which a busy machine does slowly.
jest.setTimeout(60_000);

let folder: string;
let store: EventStore;
let thread: RunnerThread | undefined;
let readSide: ReadSide;
let events: RecordedEvent[];
let notices: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-thread-'));
  store = openEventStore({ folder, synchronous: 'off' });
  events = [];
  notices = [];
});
afterEach(async () => {
  await thread?.stop();
  thread = undefined;
  readSide.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

function start(options: Partial<RunnerWorkerOptions> = {}): void {
  thread = startRunnerWorker({
    folder,
    modelsModule: join(__dirname, 'testing/visits.ts'),
    execArgv,
    notice: (message) => notices.push(message),
    ...options,
  });
  readSide = new ReadSide({ folder, projections: readModels, log: new LogReader(folder, { hashes: false }), drive: thread });
}

async function append({ stream, ...happening }: Happening): Promise<string> {
  const revision = events.filter((event) => event.stream === stream).length - 1;
  const result = await store.append(stream, revision < 0 ? 'none' : revision, [newEvent({ stream, ...happening }, events.length)]);
  if (result.outcome !== 'appended') throw new Error(result.outcome);
  events.push(...result.events);
  return events.at(-1)!.position;
}

function differences(): unknown[] {
  const db = new SqliteDatabase(join(folder, 'read.db'), { readonly: true });
  try {
    return readModels.flatMap((projection) => compareWithFold(db, projection, events));
  } finally {
    db.close();
  }
}

it('catches up, and folds what is appended while it runs, with a wake or without one', async () => {
  await append(planned('a'));
  start();
  await readSide.ready();
  expect(await readSide.waitFor(await append(noted('a', 'seen')), 10_000)).toBe(true);

  const woken = await append(planned('b', 'home'));
  thread!.wake();

  expect(await readSide.waitFor(woken, 10_000)).toBe(true);
  expect(differences()).toEqual([]);
});

it('starts before the log has its first event', async () => {
  start();
  await readSide.ready();
  expect(readSide.logId).toBeUndefined();

  expect(await readSide.waitFor(await append(planned('a')), 10_000)).toBe(true);
  expect(readSide.logId).toBe(store.logId);
  expect(differences()).toEqual([]);
});

it('rebuilds while it runs when the file is deleted, and says so', async () => {
  await append(planned('a'));
  start();
  await readSide.ready();
  rmSync(join(folder, 'read.db'));

  const position = await append(planned('b'));
  await new Promise<void>((resolve) =>
    thread!.moved.subscribe((standing) => standing.every((row) => row.position === position) && resolve()),
  );

  expect(differences()).toEqual([]);
  expect(notices).toContain('The read models were deleted and are rebuilt from the log');
});

it('says why it is down, and starts again', async () => {
  await append(planned('a'));
  const modelsModule = join(folder, 'models.js');
  writeFileSync(modelsModule, `throw new Error('a mistake in the models')`);
  let down: (message: string) => void;
  const fell = new Promise<string>((resolve) => (down = resolve));
  start({ modelsModule, restartAfterMs: 10, notice: (message) => down(message) });

  expect(await fell).toMatch(/^The runner stopped: a mistake in the models\. It is started again in 0\.01 s$/);
  expect(readSide.status()[0]).toMatchObject({ status: 'faulted', lastError: 'The runner stopped: a mistake in the models' });

  writeFileSync(modelsModule, `module.exports = require(${JSON.stringify(join(__dirname, 'testing/visits.ts'))})`);
  await readSide.ready(20_000);
  expect(await readSide.waitFor(events[0]!.position, 10_000)).toBe(true);
  expect(readSide.status()[0]).toMatchObject({ status: 'live', lastError: null });
});
