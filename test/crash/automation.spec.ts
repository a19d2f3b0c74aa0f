/** `kill -9` between what a reaction or a timer asks for and its place or row having moved: each is done once in effect, and none is lost. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogReader, openEventStore, type EventStore } from '@waymark/event-store';
import { countsOf, VisitProcess } from '../../libs/projections/src/testing/visit-automation';
import { count, rounds } from './support/kills';

let folder: string;
let store: EventStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-crash-automation-'));
  store = openEventStore({ folder });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts the program, kills it some milliseconds after its first visit was stored, and gives what it said. */
async function liveAndDie(run: number): Promise<string[]> {
  const child = spawn(process.execPath, [join(__dirname, 'support/automaton.js'), folder, String(run)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  const begun = new Promise<void>((resolve) =>
    child.stdout.on('data', (words: Buffer) => {
      said += words.toString();
      if (said.includes('planned')) resolve();
    }),
  );
  const ended = new Promise<string>((resolve) => child.once('close', (_code, signal) => resolve(signal ?? 'ended by itself')));
  await Promise.race([begun, ended]);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 100));
  child.kill('SIGKILL');
  expect(await ended).toBe('SIGKILL');
  return said.split('\n').slice(0, -1);
}

it.each(rounds(50))(
  'over %i kills every visit is noted and cancelled once for each that asked for it',
  async (kills) => {
    let inside = 0;
    const planned: string[] = [];
    for (let kill = 0; kill < kills; kill++) {
      const said = await liveAndDie(kill);
      if (said.at(-1)!.startsWith('done')) inside++;
      planned.push(...said.filter((line) => line.startsWith('planned')).map((line) => `visit-northbank-${line.split(' ')[1]}`));
    }

    const later = () => new Date(Date.now() + 4 * 3_600_000);
    const last = new VisitProcess(store, folder, new LogReader(folder, { hashes: false }), later);
    await last.automation.settle();
    await last.stop();
    const [were, noted, cancelled] = await Promise.all(
      ['VisitPlanned', 'VisitNoted', 'VisitCancelled'].map((type) => countsOf(store, type)),
    );
    const wrong = Object.keys(were!).map((visit) => [noted![visit] ?? 0, cancelled![visit] ?? 0] as const);
    const lost = wrong.filter(([notes, ends]) => notes < 2 || ends < 1).length + planned.filter((visit) => !were![visit]).length;
    const doubled = wrong.filter(([notes, ends]) => notes > 2 || ends > 1).length;
    count({ suite: 'automation', kills, inside, acknowledged: planned.length, lost, doubled, bookedTwice: 0 });
    expect([lost, doubled]).toEqual([0, 0]);
    expect(planned.length).toBeGreaterThanOrEqual(kills);
    expect(inside).toBeGreaterThan(0);
  },
  600_000,
);
