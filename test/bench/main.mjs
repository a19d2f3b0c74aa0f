/** `npm run bench -- [--only id,...] [--quick] [--json FILE]`: measures every row beside its raw limit; docs/bench.md explains each. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { rows as appendRows } from './append.mjs';
import { rows as asAtRows } from './as-at.mjs';
import { rows as bookingRows } from './booking.mjs';
import { rows as catchUpRows } from './catch-up.mjs';
import { rows as commandRows } from './command.mjs';
import { rows as httpRows } from './http.mjs';
import { rows as lagRows } from './lag.mjs';
import { rows as loadRows } from './load.mjs';
import { rows as serverRows } from './log-server.mjs';
import { say } from './measure.mjs';
import { rows as nationalRows } from './national.mjs';
import { Database, driverVersion, product } from './product.mjs';
import { tableOf } from './table.mjs';
import { rows as waitlistRows } from './waitlist.mjs';

const ROWS = [
  ...appendRows,
  ...commandRows,
  ...catchUpRows,
  ...loadRows,
  ...lagRows,
  ...httpRows,
  ...waitlistRows,
  ...asAtRows,
  ...bookingRows,
  ...serverRows,
  ...nationalRows,
];
const USAGE = 'npm run bench -- [--only id,...] [--quick] [--json FILE]';
const QUICK = 'QUICK: small sizes, one run; no figure to quote';

process.exitCode = await main();

async function main() {
  const asked = readArguments();
  if (typeof asked === 'string') {
    say(asked);
    return 2;
  }
  const { chosen, quick, json } = asked;
  say(`Load of the machine before the start: ${loadavg()[0].toFixed(1)} on ${cpus().length} cores; figures mean something on an idle one`);
  const rows = [];
  let failed = 0;
  for (const { id, measure } of chosen) {
    say(id);
    try {
      const row = await measure({ quick });
      rows.push({ id, ...row, note: quick ? `${QUICK}. ${row.note}` : row.note });
    } catch (fault) {
      failed++;
      say(`${id} was not measured: ${fault.stack}`);
    }
  }
  const report = reportOf(rows);
  process.stdout.write(tableOf(report));
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  return failed === 0 ? 0 : 1;
}

function readArguments() {
  let given;
  try {
    given = parseArgs({
      options: { only: { type: 'string' }, quick: { type: 'boolean', default: false }, json: { type: 'string' } },
    }).values;
  } catch (fault) {
    return `${fault.message}\n${USAGE}`;
  }
  const only = given.only?.split(',');
  const unknown = only?.filter((id) => !ROWS.some((row) => row.id === id)) ?? [];
  if (unknown.length > 0) return `There is no row ${unknown.join(', ')}. Rows: ${ROWS.map(({ id }) => id).join(', ')}`;
  return { chosen: ROWS.filter(({ id }) => only?.includes(id) ?? true), quick: given.quick, json: given.json };
}

function reportOf(rows) {
  const db = new Database(':memory:');
  const sqlite = db.prepare('SELECT sqlite_version()').pluck().get();
  db.close();
  const [{ model }] = cpus();
  return {
    product: product.name,
    version: product.version,
    commit: commit(),
    at: new Date().toISOString(),
    machine: {
      cpus: cpus().length,
      model,
      memoryMb: Math.round(totalmem() / 2 ** 20),
      node: process.version,
      sqlite,
      driver: `better-sqlite3 ${driverVersion}`,
    },
    rows,
  };
}

/** Of the tree that was measured; marked when it holds changes that no commit has. */
function commit() {
  try {
    const git = (...args) => execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return git('rev-parse', '--short=12', 'HEAD') + (git('status', '--porcelain') === '' ? '' : '+changes');
  } catch {
    return 'unknown';
  }
}
