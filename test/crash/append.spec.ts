/** `kill -9` while events are being appended: whatever was acknowledged is stored, once, and the log is whole. */
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEventStore, verifyLog } from '@waymark/event-store';

const KILLS = Number(process.env['WAYMARK_CRASH_KILLS'] ?? 10);
const APPENDER = join(__dirname, 'support', 'appender.js');

const root = mkdtempSync(join(tmpdir(), 'waymark-crash-'));
afterAll(() => rmSync(root, { recursive: true }));

interface Life {
  /** Ids of every append that was acknowledged, by stream. */
  readonly acknowledged: readonly { readonly stream: string; readonly ids: readonly string[] }[];
  /** Appends whose transaction had begun and that were not acknowledged when the process died. */
  readonly inside: number;
}

/** Starts the appender, waits for its first acknowledgements, and kills it at a moment nobody chose. */
async function liveAndDie(folder: string, run: number): Promise<Life> {
  const output = join(root, `run-${run}.out`);
  const descriptor = openSync(output, 'w');
  const child = spawn(process.execPath, [APPENDER, folder, String(run)], { stdio: ['ignore', descriptor, 'inherit'] });
  closeSync(descriptor);
  const died = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_, signal) => resolve(signal)));
  while (!readFileSync(output, 'utf8').includes('stored')) {
    if (child.exitCode !== null) throw new Error('the appender ended by itself');
    await pause(5);
  }
  await pause(Math.random() * 150);
  child.kill('SIGKILL');
  expect(await died).toBe('SIGKILL');
  const lines = readFileSync(output, 'utf8').split('\n').slice(0, -1);
  const acknowledged = lines
    .filter((line) => line.startsWith('stored'))
    .map((line) => {
      const [, stream, ...ids] = line.split(' ');
      return { stream: stream!, ids };
    });
  // The first call of the clock dates the log, when this run made it.
  const begun = lines.filter((line) => line.startsWith('begin')).length - (run === 0 ? 1 : 0);
  return { acknowledged, inside: begun - acknowledged.length };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

it(`after ${KILLS} kills every acknowledged event is stored once, revisions have no gaps, and the log verifies`, async () => {
  const folder = join(root, 'data');
  const acknowledged: Life['acknowledged'][number][] = [];
  let insideTheTransaction = 0;
  for (let run = 0; run < KILLS; run++) {
    const life = await liveAndDie(folder, run);
    acknowledged.push(...life.acknowledged);
    if (life.inside > 0) insideTheTransaction++;

    const store = openEventStore({ folder });
    const stored = new Map<string, string[]>();
    const ids = new Set<string>();
    let position = 0;
    for await (const event of store.readAll()) {
      const stream = stored.get(event.stream) ?? [];
      expect(event.revision).toBe(stream.length);
      expect(Number(event.position)).toBe(++position);
      expect(ids.has(event.id)).toBe(false);
      ids.add(event.id);
      stored.set(event.stream, [...stream, event.id]);
    }
    await store.close();
    for (const append of acknowledged) {
      // Together and in order, not only all there.
      expect(` ${stored.get(append.stream)?.join(' ')} `).toContain(` ${append.ids.join(' ')} `);
    }
    expect(await verifyLog(folder)).toMatchObject({ ok: true, events: position, problems: [] });
  }
  expect(acknowledged.length).toBeGreaterThan(KILLS);
  expect(insideTheTransaction).toBeGreaterThan(0);
}, 120_000);
