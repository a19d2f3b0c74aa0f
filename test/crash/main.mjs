// `npm run test:crash [-- kills]`: the crash suites with a thousand kills in all unless told otherwise, and what came of them.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SUITES = ['append', 'projection', 'booking', 'automation'];
const kills = Number(process.argv[2] ?? 1_000);
if (!Number.isInteger(kills) || kills < SUITES.length) {
  console.error(`How many kills? A whole number from ${SUITES.length}`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'waymark-kills-'));
const tally = join(folder, 'tally');
writeFileSync(tally, '');
const begun = Date.now();
const { status } = spawnSync(
  process.execPath,
  ['node_modules/jest/bin/jest.js', 'test/crash', '--selectProjects', 'whole', '--testTimeout', String(24 * 3_600_000)],
  { stdio: 'inherit', env: { ...process.env, WAYMARK_CRASH_KILLS: String(Math.ceil(kills / SUITES.length)), WAYMARK_CRASH_TALLY: tally } },
);
const counted = readFileSync(tally, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line));
rmSync(folder, { recursive: true });

const FIGURES = {
  kills: 'kills',
  inside: 'inside a critical section',
  acknowledged: 'acknowledged',
  lost: 'lost',
  doubled: 'doubled',
  bookedTwice: 'slots booked twice',
};
const sum = (tallies, figure) => tallies.reduce((total, each) => total + each[figure], 0);
const line = (name, tallies) =>
  `${name}: ${Object.entries(FIGURES)
    .map(([figure, words]) => `${sum(tallies, figure)} ${words}`)
    .join(', ')}`;
for (const suite of [...new Set(counted.map((each) => each.suite))].sort())
  console.log(
    line(
      suite,
      counted.filter((each) => each.suite === suite),
    ),
  );
console.log(line('all', counted));
console.log(`${Math.round((Date.now() - begun) / 1_000)} seconds`);
const bad = sum(counted, 'lost') + sum(counted, 'doubled') + sum(counted, 'bookedTwice');
process.exit(status === 0 && bad === 0 && counted.length > 0 ? 0 : 1);
