/** Rows national.*: what an event costs to append and to rebuild from, in a log of a million and in one of many. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { drop, newFolder } from './folders.mjs';
import { ratioOf, rounded } from './measure.mjs';

const MILLION = 1_000_000;
const QUICK = 20_000;
/** At the largest size an event costs at most 1.5 times what it costs in a log of a million. */
const BAR = rounded(1 / 1.5);
const MOST_MEMORY_MB = 512;
/** Left alone, the engine takes what the machine has before it collects. */
const HEAP_MB = 256;
const COSTS = fileURLToPath(new URL('national-costs.mjs', import.meta.url));

export const rows = [
  { id: 'national.1m', measure: ({ quick }) => row(quick ? QUICK : MILLION, quick ? QUICK : MILLION) },
  { id: 'national.6m', measure: ({ quick }) => row(quick ? 6 * QUICK : 6 * MILLION, quick ? QUICK : MILLION) },
];

/** `folder`: one that stays, in which an earlier run may have stopped. */
export async function row(size, base, folder) {
  const small = await costs(newFolder('national-base'), base);
  drop(small.folder);
  const large = size === base && folder === undefined ? small : await costs(folder ?? newFolder('national'), size);
  if (folder === undefined) drop(large.folder);
  const cost = ({ append, rebuild }) => ({
    median: rounded(append + rebuild),
    min: rounded(append + rebuild),
    max: rounded(append + rebuild),
  });
  const ratios = Object.fromEntries(['append', 'rebuild'].map((what) => [what, rounded(small[what] / large[what])]));
  const [ours, limit] = [cost(large), cost(small)];
  return {
    work: `append and rebuild of the waiting list over ${large.events.toLocaleString('en')} events, cost of one event`,
    durability: 'synchronous=OFF while it is filled: nobody is told that anything is stored',
    unit: 'µs/event',
    better: 'lower',
    runs: 1,
    ours,
    limit: { what: `the same over ${small.events.toLocaleString('en')} events, in the same run`, ...limit },
    ratio: ratioOf(ours, limit, 'lower'),
    bar: BAR,
    met: ratios.append >= BAR && ratios.rebuild >= BAR && large.memoryMb <= MOST_MEMORY_MB,
    variants: ['append', 'rebuild'].map((what) => ({ what: `${what} alone`, median: rounded(large[what]), ratio: ratios[what] })),
    note: `most memory of the process ${large.memoryMb} MB (bar ${MOST_MEMORY_MB}; heap limited to ${HEAP_MB}); log ${large.logMb.toLocaleString('en')} MB`,
  };
}

/** Of one log, in a process of its own: microseconds an event, and the most memory that it ever took. */
export async function costs(folder, size) {
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, COSTS, folder, String(size)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (text) => (said += text));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`What an event costs was not measured: the process ended with ${code}`);
  const cost = JSON.parse(said);
  // JSON has no NaN: nothing was appended that had not been there.
  return { ...cost, folder, append: cost.append ?? NaN };
}
