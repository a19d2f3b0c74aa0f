/** `npm run bench:national -- [--quick] [--events N]`: three years of all England, sixty million events. States its disk and hours first; stopped, it goes on. */
import { mkdirSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { drop, newFolder } from './folders.mjs';
import { say } from './measure.mjs';
import { costs, row } from './national.mjs';

const { quick, events: asked } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, events: { type: 'string' } },
}).values;
const size = Number(asked ?? (quick ? 60_000 : 60_000_000));
const base = quick ? 20_000 : 1_000_000;
const SMALL = 20_000;

const top = process.env.WAYMARK_BENCH_FOLDER || tmpdir();
const folder = join(top, `waymark-national-${size}`);

const small = await costs(newFolder('estimate'), SMALL);
drop(small.folder);
const gb = (size * small.logMb) / SMALL / 1024;
const hours = (size * (small.append + small.rebuild)) / 3.6e9;
const free = statfsSync(top).bavail * statfsSync(top).bsize;
say(
  `From ${SMALL.toLocaleString('en')} events, measured now: ${size.toLocaleString('en')} events take about ${gb.toFixed(1)} GB and ${hours.toFixed(1)} hours`,
);
say(`They are kept in waymark-national-${size} of the bench folder; stopped, the same command goes on. Remove the folder afterwards.`);
if (free < gb * 1.2 * 2 ** 30) {
  say(`There are ${(free / 2 ** 30).toFixed(1)} GB free: set WAYMARK_BENCH_FOLDER to a larger disk`);
  process.exitCode = 1;
} else {
  mkdirSync(folder, { recursive: true });
  const measured = { id: 'national.60m', ...(await row(size, base, folder)) };
  process.stdout.write(
    `${JSON.stringify(quick ? { ...measured, note: `QUICK: no figure to quote. ${measured.note}` } : measured, null, 2)}\n`,
  );
}
