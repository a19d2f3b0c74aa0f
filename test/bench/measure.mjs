/** Takes the figures: ours and its limit in turn, round after round, so that whatever else the machine does meets both. */
import { performance } from 'node:perf_hooks';
import { isDeepStrictEqual } from 'node:util';
import { drop, newFolder } from './folders.mjs';

export function say(words) {
  process.stderr.write(`${words}\n`);
}

/**
 * Each contestant gets a new folder in each round and answers `{ value, ...evidence }`. `check` sees the evidence of a whole
 * round and throws unless all have done the same work. With `warmUp` a first round is not counted, so that the compiler of
 * the engine has seen everybody's code. Answers the median, minimum and maximum of each.
 */
export async function measured(id, { runs, contestants, check, warmUp = false }) {
  const values = new Map(Object.keys(contestants).map((name) => [name, []]));
  for (let round = warmUp ? 0 : 1; round <= runs; round++) {
    const evidence = {};
    const folders = [];
    for (const [name, measure] of Object.entries(contestants)) {
      const folder = newFolder(`${id}-${name}`);
      folders.push(folder);
      globalThis.gc?.();
      const { value, ...rest } = await measure(folder);
      if (round > 0) values.get(name).push(value);
      evidence[name] = { folder, ...rest };
      say(`  ${id} ${round === 0 ? 'warm-up' : `${round}/${runs}`} ${name}: ${rounded(value)}`);
    }
    await check?.(evidence);
    folders.forEach(drop);
  }
  return Object.fromEntries([...values].map(([name, each]) => [name, figures(each)]));
}

export function figures(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median: rounded(median), min: rounded(sorted[0]), max: rounded(sorted.at(-1)) };
}

/** Higher is better, whatever the unit. */
export function ratioOf(ours, limit, better = 'higher') {
  return rounded(better === 'higher' ? ours.median / limit.median : limit.median / ours.median);
}

export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
}

/** Four significant digits: more would be noise. */
export function rounded(value) {
  return Number(value.toPrecision(4));
}

/** Runs `work(caller)` for each of so many callers at once. */
export function callers(count, work) {
  return Promise.all(Array.from({ length: count }, (_, caller) => work(caller)));
}

export async function perSecond(count, work) {
  const started = performance.now();
  await work();
  return (count * 1000) / (performance.now() - started);
}

/** JSON as what it says: the fields of a row that was read again from its table may stand in another order. */
function isSame(ours, theirs) {
  if (ours === theirs || typeof ours !== 'string' || typeof theirs !== 'string' || !/^[[{]/.test(ours)) return ours === theirs;
  return isDeepStrictEqual(JSON.parse(ours), JSON.parse(theirs));
}

/** Row by row and column by column; `sql` says which columns and in which order. */
export function mustGiveTheSame(sql, ours, limit) {
  const theirs = limit.prepare(sql).raw().iterate();
  let rows = 0;
  for (const row of ours.prepare(sql).raw().iterate()) {
    const { value: other, done } = theirs.next();
    if (done) throw new Error(`The limit has ${rows} rows and ours has more: not the same work`);
    const column = row.findIndex((value, i) => !isSame(value, other[i]));
    if (column >= 0) throw new Error(`Row ${rows + 1} differs in column ${column + 1}: not the same work`);
    rows++;
  }
  if (!theirs.next().done) throw new Error(`Ours has ${rows} rows and the limit has more: not the same work`);
  return rows;
}
