/** A runner that is killed at any moment leaves rows and checkpoint that agree, and goes on from there to the fold of the log. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { LogReader, openEventStore, type EventStore } from '@waymark/event-store';
import type { RecordedEvent } from '@waymark/kernel';
import { Runner } from '@waymark/projections';
import { compareWithFold, visitModels } from '@waymark/projections/testing';
import { count, rounds } from './support/kills';

const { eventDefinitions, newEvent, readModels } = visitModels;

let folder: string;
let store: EventStore;
let writing: boolean;
beforeEach(() => {
  writing = true;
  folder = mkdtempSync(join(tmpdir(), 'waymark-crash-projection-'));
  store = openEventStore({ folder, synchronous: 'off' });
});
afterEach(async () => {
  writing = false;
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Appends visits and what happens to them for as long as the test lasts. */
async function keepWriting(): Promise<number> {
  const revisions = new Map<string, number>();
  let n = 0;
  for (; writing; n++) {
    const stream = `visit-northbank-${(n * 7919) % 211}`;
    const revision = revisions.get(stream) ?? -1;
    const types =
      revision < 0 ? ['VisitPlanned'] : ['VisitNoted', 'VisitMoved', 'VisitNoted', 'VisitNoted', 'VisitCancelled', 'VisitPlanned'];
    const data = { place: ['clinic', 'home', 'surgery'][n % 3], words: `note ${n}`, weight: n / 8 };
    const result = await store.append(stream, revision < 0 ? 'none' : revision, [
      newEvent({ stream, type: types[n % types.length]!, data }, n),
    ]);
    if (result.outcome !== 'appended') throw new Error(result.outcome);
    revisions.set(stream, revision + 1);
    // A log that grows under the runner, not one that outgrows the test.
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return n;
}

/** Runs the child until it has begun a batch, kills it some milliseconds later, and gives what it said last. */
async function killOne(afterMs: number): Promise<string> {
  const child = spawn(process.execPath, [join(__dirname, 'support/projection-child.js'), folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  const started = new Promise<void>((resolve) =>
    child.stdout.on('data', (words: Buffer) => {
      said += words.toString();
      resolve();
    }),
  );
  const ended = new Promise<string>((resolve) => child.once('close', (_code, signal) => resolve(signal ?? 'ended by itself')));
  await Promise.race([started, ended]);
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  child.kill('SIGKILL');
  expect(await ended).toBe('SIGKILL');
  return said.slice(-1);
}

async function wholeLog(): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const event of store.readAll()) events.push(event);
  return events;
}

it.each(rounds(50))(
  'loses nothing and counts nothing twice over %i kills while the log grows',
  async (kills) => {
    const written = keepWriting();
    let inside = 0;
    for (let kill = 0; kill < kills; kill++) {
      if ((await killOne(Math.random() * 60)) === 'a') inside++;

      const db = new SqliteDatabase(join(folder, 'read.db'), { readonly: true });
      const log = await wholeLog();
      for (const projection of readModels) {
        const position = db.prepare<[string], string>('SELECT position FROM projections WHERE name = ?').pluck().get(projection.name)!;
        const seen = log.filter((event) => event.position <= position);
        expect(compareWithFold(db, projection, seen)).toEqual([]);
      }
      db.close();
    }
    writing = false;
    const events = await written;
    expect(inside).toBeGreaterThan(0);

    const notices: string[] = [];
    const log = new LogReader(folder, { hashes: false });
    const runner = new Runner({
      folder,
      log,
      projections: readModels,
      definitions: eventDefinitions,
      notice: (message) => notices.push(message),
    });
    const { position } = runner.catchUp();
    runner.close();
    log.close();

    expect(notices).toEqual([]);
    expect(position).toBe(await store.head());
    const all = await wholeLog();
    expect(all).toHaveLength(events);
    const db = new SqliteDatabase(join(folder, 'read.db'), { readonly: true });
    const differences = readModels.flatMap((projection) => compareWithFold(db, projection, all));
    db.close();
    // An event that is missing in a row and one that is counted twice look alike: the row is not the fold.
    count({ suite: 'projection', kills, inside, acknowledged: events, lost: differences.length, doubled: 0, bookedTwice: 0 });
    expect(differences).toEqual([]);
  },
  600_000,
);
