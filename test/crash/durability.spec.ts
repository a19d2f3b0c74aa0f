/**
 * A kill leaves what the system was told to write; a power cut only what it was told to write through. Seen through strace: what of
 * the WAL had been flushed when an append was acknowledged. Each check is run once more without flushing, and must fail then.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEventStore } from '@waymark/event-store';

const ACKNOWLEDGER = join(__dirname, 'support', 'acknowledger.js');
const APPENDS = 12;

const root = mkdtempSync(join(tmpdir(), 'waymark-durability-'));
afterAll(() => rmSync(root, { recursive: true }));

/** strace may be missing, and where it is there, tracing may be forbidden. */
const traces = spawnSync('strace', ['-f', '-e', 'trace=fdatasync', 'true']).status === 0;
const traced = traces ? describe : describe.skip;

/** What had happened by the time an append was acknowledged. */
interface Acknowledgement {
  readonly id: string;
  /** Flushes of the WAL since it was last written to. */
  readonly flushesSinceWrite: number;
  /** How long the WAL was when it was last flushed: as much of it is left after a power cut. */
  readonly flushedBytes: number;
}

interface Trace {
  readonly folder: string;
  readonly acknowledgements: readonly Acknowledgement[];
}

function traceOf(synchronous: 'full' | 'off'): Trace {
  const folder = join(root, synchronous);
  const output = join(root, `${synchronous}.strace`);
  const trace = 'trace=pwrite64,write,fdatasync,fsync';
  const words = ['-f', '-y', '-s', '60', '-e', trace, '-o', output, process.execPath, ACKNOWLEDGER, folder, String(APPENDS), synchronous];
  const { signal, status, stderr } = spawnSync('strace', words, { encoding: 'utf8' });
  if (signal !== 'SIGKILL' && status !== 137) throw new Error(`The program was not killed by itself: ${stderr}`);
  return { folder, acknowledgements: acknowledgementsIn(readFileSync(output, 'utf8').split('\n')) };
}

function acknowledgementsIn(lines: readonly string[]): Acknowledgement[] {
  const acknowledgements: Acknowledgement[] = [];
  let writtenBytes = 0;
  let flushedBytes = 0;
  let flushesSinceWrite = 0;
  for (const line of lines) {
    const wrote = /pwrite64\(\d+<[^>]*log\.db-wal>.*, (\d+), (\d+)\) = \d+/.exec(line);
    if (wrote) {
      writtenBytes = Math.max(writtenBytes, Number(wrote[1]) + Number(wrote[2]));
      flushesSinceWrite = 0;
    } else if (/f(data)?sync\(\d+<[^>]*log\.db-wal>\)\s*= 0/.test(line)) {
      flushedBytes = writtenBytes;
      flushesSinceWrite++;
    }
    const id = /write\(1<[^>]*>, "stored ([0-9a-f-]+)/.exec(line)?.[1];
    if (id !== undefined) acknowledgements.push({ id, flushesSinceWrite, flushedBytes });
  }
  return acknowledgements;
}

/** Acknowledged events that are not there after a power cut right after their acknowledgement. */
async function lostByPowerCut({ folder, acknowledgements }: Trace): Promise<string[]> {
  const lost: string[] = [];
  for (const [n, { flushedBytes }] of acknowledgements.entries()) {
    const after = join(folder, `after-${n}`);
    mkdirSync(after);
    for (const file of ['log.db', 'log.db-wal']) copyFileSync(join(folder, file), join(after, file));
    truncateSync(join(after, 'log.db-wal'), flushedBytes);
    const store = openEventStore({ folder: after, readOnly: true });
    const stored = new Set((await store.read('bell-northbank-1')).map(({ id }) => id));
    await store.close();
    lost.push(...acknowledgements.slice(0, n + 1).flatMap(({ id }) => (stored.has(id) ? [] : [id])));
  }
  return lost;
}

traced('what was acknowledged had reached the disk (skipped where there is no strace that may trace)', () => {
  let full: Trace;
  let off: Trace;
  beforeAll(() => {
    full = traceOf('full');
    off = traceOf('off');
    for (const { acknowledgements } of [full, off]) expect(acknowledgements).toHaveLength(APPENDS);
  });

  it('the WAL was flushed between the last write to it and every acknowledgement', () => {
    expect(full.acknowledgements.filter(({ flushesSinceWrite }) => flushesSinceWrite === 0)).toEqual([]);
  });

  it('a power cut right after an acknowledgement loses nothing that was acknowledged', async () => {
    expect(await lostByPowerCut(full)).toEqual([]);
  });

  it('both checks fail, as they must, where nothing is flushed', async () => {
    expect(off.acknowledgements.filter(({ flushesSinceWrite }) => flushesSinceWrite === 0)).toHaveLength(APPENDS);
    expect((await lostByPowerCut(off)).length).toBeGreaterThanOrEqual(APPENDS);
  });
});
