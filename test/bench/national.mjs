/** Rows national.*: what an event costs to append and to rebuild from, in a log of a million and in one of many. */
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { drop, newFolder } from './folders.mjs';
import { historyOf, mustBeEventsOfTheProduct, referralsFor } from './history.mjs';
import { intoOneFile } from './logs.mjs';
import { ratioOf, rounded, say } from './measure.mjs';
import { eventStore, projections, readModels } from './product.mjs';

const { waitlist, eventDefinitions } = readModels;
const MILLION = 1_000_000;
const QUICK = 20_000;
/** At the largest size an event costs at most 1.5 times what it costs in a log of a million. */
const BAR = rounded(1 / 1.5);
const MOST_MEMORY_MB = 512;
const SAMPLE_EVENTS = 10_000;

export const rows = [
  { id: 'national.1m', measure: ({ quick }) => row(quick ? QUICK : MILLION, quick ? QUICK : MILLION) },
  { id: 'national.6m', measure: ({ quick }) => row(quick ? 6 * QUICK : 6 * MILLION, quick ? QUICK : MILLION) },
];

/** `folder`: one that stays, in which an earlier run may have stopped. */
export async function row(size, base, folder) {
  mustBeEventsOfTheProduct();
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
    note: `most memory of the process ${large.memoryMb} MB (bar ${MOST_MEMORY_MB}); log ${large.logMb.toLocaleString('en')} MB`,
  };
}

/** Microseconds an event, and the most memory that the process took. */
export async function costs(folder, size) {
  const memory = sampled();
  const written = await write(folder, size, memory);
  intoOneFile(folder);
  const store = eventStore.openEventStore({ folder, readOnly: true });
  const running = projections.runProjection(store, waitlist, { folder, definitions: eventDefinitions });
  const every = setInterval(memory.look, 50);
  const started = performance.now();
  const { events } = await running.catchUp();
  const rebuild = ((performance.now() - started) * 1000) / events;
  clearInterval(every);
  await running.close();
  await store.close();
  if (events !== written.events) throw new Error(`${events} events were folded instead of ${written.events}`);
  const logMb = Math.round(statSync(join(folder, 'log.db')).size / 2 ** 20);
  say(`  ${events.toLocaleString('en')} events: append ${rounded(written.append)} µs, rebuild ${rounded(rebuild)} µs, ${memory.most} MB`);
  return { folder, events, append: written.append, rebuild, memoryMb: memory.most, logMb };
}

/** What is stored already is made again and compared; only what is new counts. */
async function write(folder, size, memory) {
  let now = new Date(0);
  const store = new eventStore.FillingStore({ folder, clock: () => now });
  let events = 0;
  let since = { at: performance.now(), events: 0 };
  for (const append of historyOf({ referrals: referralsFor(size), events: size })) {
    now = new Date(append.at);
    if (store.isRepeating) since = { at: performance.now(), events: events + append.events.length };
    const { outcome } = await store.append(append.stream, append.expected, append.events);
    if (outcome !== 'appended') throw new Error(`The history met a ${outcome}`);
    const before = events;
    events += append.events.length;
    if (Math.floor(events / SAMPLE_EVENTS) > Math.floor(before / SAMPLE_EVENTS)) memory.look();
    if (Math.floor(events / MILLION) > Math.floor(before / MILLION)) say(`  ${events.toLocaleString('en')} events written`);
  }
  await store.close();
  const fresh = events - since.events;
  return { events, append: fresh === 0 ? NaN : ((performance.now() - since.at) * 1000) / fresh };
}

function sampled() {
  globalThis.gc?.();
  const sampler = { most: 0, look: () => (sampler.most = Math.max(sampler.most, Math.round(process.memoryUsage.rss() / 2 ** 20))) };
  return sampler;
}
