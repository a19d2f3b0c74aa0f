/** A power cut may leave any beginning of what was written to the WAL: whatever it is, only whole appends are found in it. */
import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordedEvent } from '@waymark/kernel';
import { openEventStore } from './sqlite-event-store';
import { appendable, testFolders } from './testing';
import { verifyLog } from './verify';

const newFolder = testFolders();
const WAL_HEADER = 32;
const FRAME_HEADER = 24;
const PAGE = 4_096;
const TOGETHER = 3;

/** The two files of a log in use, as they stand. */
async function inUse(appends: number, together: number): Promise<{ readonly folder: string; readonly events: RecordedEvent[] }> {
  const [live, folder] = [newFolder(), newFolder()];
  const store = openEventStore({ folder: live });
  const events: RecordedEvent[] = [];
  for (let n = 0; n < appends; n++) {
    const made = Array.from({ length: together }, () => appendable('A', { text: 'x'.repeat(1_000) }));
    const result = await store.append(`bell-northbank-${Math.floor(n / (TOGETHER / together))}`, expected(n, together), made);
    if (result.outcome === 'appended') events.push(...result.events);
  }
  for (const file of ['log.db', 'log.db-wal']) copyFileSync(join(live, file), join(folder, file));
  await store.close();
  return { folder, events };
}

function expected(n: number, together: number): 'none' | number {
  return together === TOGETHER || n % TOGETHER === 0 ? 'none' : (n % TOGETHER) - 1;
}

async function foundIn(folder: string): Promise<RecordedEvent[]> {
  const store = openEventStore({ folder, readOnly: true });
  const events: RecordedEvent[] = [];
  for await (const event of store.readAll()) events.push(event);
  await store.close();
  return events;
}

/** Lengths at which the WAL is cut: after each frame, and in the middle of each. */
function cuts(wal: string): number[] {
  const frames = (statSync(wal).size - WAL_HEADER) / (FRAME_HEADER + PAGE);
  const ends = Array.from({ length: frames + 1 }, (_, n) => WAL_HEADER + n * (FRAME_HEADER + PAGE));
  return [0, WAL_HEADER / 2, ...ends.flatMap((end) => [end, end + FRAME_HEADER / 2, end + FRAME_HEADER + PAGE / 2]).slice(0, -2)];
}

async function everyCut(of: { readonly folder: string }, look: (events: RecordedEvent[], folder: string) => void): Promise<number> {
  const lengths = cuts(join(of.folder, 'log.db-wal'));
  for (const length of lengths) {
    const folder = newFolder();
    for (const file of ['log.db', 'log.db-wal']) copyFileSync(join(of.folder, file), join(folder, file));
    truncateSync(join(folder, 'log.db-wal'), length);
    look(await foundIn(folder), folder);
  }
  return lengths.length;
}

it('cut after and within every frame, it holds the first so many appends, whole, and the log verifies and goes on', async () => {
  const log = await inUse(8, TOGETHER);
  const counts = new Set<number>();
  const folders: string[] = [];
  await everyCut(log, (found, folder) => {
    expect(found).toEqual(log.events.slice(0, found.length));
    expect(found.length % TOGETHER).toBe(0);
    if (!counts.has(found.length) && found.length > 0) folders.push(folder);
    counts.add(found.length);
  });
  // Every append was the last one of some cut.
  expect([...counts].sort((a, b) => a - b)).toEqual(Array.from({ length: 9 }, (_, n) => n * TOGETHER));
  for (const folder of folders) {
    expect(await verifyLog(folder)).toMatchObject({ ok: true });
    const store = openEventStore({ folder });
    expect(await store.append('bell-northbank-new', 'none', [appendable('B')])).toMatchObject({ outcome: 'appended' });
    await store.close();
  }
}, 120_000);

it('the check notices appends that are not whole: three that belong together, each committed by itself', async () => {
  const log = await inUse(8, 1);
  const torn: number[] = [];
  await everyCut(log, (found) => {
    if (found.length % TOGETHER !== 0) torn.push(found.length);
  });
  expect(torn.length).toBeGreaterThan(0);
}, 120_000);

it('a bit that flips in the WAL ends what is found before it, and nothing damaged is taken for an event', async () => {
  const log = await inUse(8, TOGETHER);
  const sound = readFileSync(join(log.folder, 'log.db-wal'));
  const counts = new Set<number>();
  for (let at = WAL_HEADER; at < sound.length; at += 1_499) {
    const folder = newFolder();
    copyFileSync(join(log.folder, 'log.db'), join(folder, 'log.db'));
    const flipped = Buffer.from(sound);
    flipped[at]! ^= 1 << (at % 8);
    writeFileSync(join(folder, 'log.db-wal'), flipped);
    const found = await foundIn(folder);
    expect(found).toEqual(log.events.slice(0, found.length));
    counts.add(found.length);
  }
  expect(counts.size).toBeGreaterThan(3);
}, 120_000);

it('a WAL that is lost with the process still there takes the appends since the last checkpoint with it; what is left verifies', async () => {
  const log = await inUse(8, TOGETHER);
  const folder = newFolder();
  copyFileSync(join(log.folder, 'log.db'), join(folder, 'log.db'));
  const verdict = await verifyLog(folder);
  expect(verdict.events).toBe(0);
  expect(verdict.note).toContain('cannot be excluded');
});
