/** `kill -9` while events are being appended: whatever was acknowledged is stored, once, and the log is whole. */
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEventStore, verifyLog } from '@waymark/event-store';
import { count, rounds } from './support/kills';

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
  await pause(Math.random() * 100);
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

/** What the log holds, read on from life to life. */
class Stored {
  events = 0;
  doubled = 0;
  private position: string | undefined;
  private readonly streams = new Map<string, string[]>();
  private readonly ids = new Set<string>();

  async readOn(folder: string): Promise<void> {
    const store = openEventStore({ folder });
    for await (const event of store.readAll(this.position === undefined ? {} : { after: this.position })) {
      const stream = this.streams.get(event.stream) ?? [];
      expect(event.revision).toBe(stream.length);
      expect(Number(event.position)).toBe(++this.events);
      if (this.ids.has(event.id)) this.doubled++;
      this.ids.add(event.id);
      stream.push(event.id);
      this.streams.set(event.stream, stream);
      this.position = event.position;
    }
    await store.close();
  }

  /** Together and in order, not only all there. */
  holds({ stream, ids }: Life['acknowledged'][number]): boolean {
    return ` ${this.streams.get(stream)?.join(' ')} `.includes(` ${ids.join(' ')} `);
  }
}

it.each(rounds(50))(
  'after %i kills every acknowledged event is stored once, revisions have no gaps, and the log verifies',
  async (kills) => {
    const folder = mkdtempSync(join(root, 'data-'));
    const acknowledged: Life['acknowledged'][number][] = [];
    const stored = new Stored();
    let inside = 0;
    for (let run = 0; run < kills; run++) {
      const life = await liveAndDie(folder, run);
      acknowledged.push(...life.acknowledged);
      if (life.inside > 0) inside++;
      await stored.readOn(folder);
      expect(life.acknowledged.filter((append) => !stored.holds(append))).toEqual([]);
    }
    // From the beginning once more: nothing that was there after one kill is gone after a later one.
    const whole = new Stored();
    await whole.readOn(folder);
    const lost = acknowledged.filter((append) => !whole.holds(append)).length;
    const { doubled, events } = whole;
    count({ suite: 'append', kills, inside, acknowledged: acknowledged.length, lost, doubled, bookedTwice: 0 });
    expect({ lost, doubled, events }).toEqual({ lost: 0, doubled: 0, events: stored.events });
    expect(await verifyLog(folder)).toMatchObject({ ok: true, events, problems: [] });
    expect(acknowledged.length).toBeGreaterThan(kills);
    expect(inside).toBeGreaterThan(0);
    rmSync(folder, { recursive: true });
  },
  600_000,
);
