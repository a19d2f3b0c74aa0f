/** A program: fills a log to so many events and makes the waiting list from it; says as JSON what an event cost. Run by national.mjs. */
import { performance } from 'node:perf_hooks';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { historyOf, mustBeEventsOfTheProduct, referralsFor } from './history.mjs';
import { intoOneFile } from './logs.mjs';
import { rounded, say } from './measure.mjs';
import { eventStore, projections, readModels } from './product.mjs';

const { waitlist, eventDefinitions } = readModels;
const MILLION = 1_000_000;

mustBeEventsOfTheProduct();
const [folder, size] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await costs(folder, Number(size))));

async function costs(folder, size) {
  const written = await write(folder, size);
  intoOneFile(folder);
  const store = eventStore.openEventStore({ folder, readOnly: true });
  const running = projections.runProjection(store, waitlist, { folder, definitions: eventDefinitions });
  const started = performance.now();
  const { events } = await running.catchUp();
  const rebuild = ((performance.now() - started) * 1000) / events;
  await running.close();
  await store.close();
  if (events !== written.events) throw new Error(`${events} events were folded instead of ${written.events}`);
  const logMb = Math.round(statSync(join(folder, 'log.db')).size / 2 ** 20);
  const memoryMb = Math.round(process.resourceUsage().maxRSS / 1024);
  say(`  ${events.toLocaleString('en')} events: append ${rounded(written.append)} µs, rebuild ${rounded(rebuild)} µs, ${memoryMb} MB`);
  return { events, append: written.append, rebuild, memoryMb, logMb };
}

/** What is stored already is made again and compared; only what is new counts. */
async function write(folder, size) {
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
    if (Math.floor(events / MILLION) > Math.floor(before / MILLION)) say(`  ${events.toLocaleString('en')} events written`);
  }
  await store.close();
  const fresh = events - since.events;
  return { events, append: fresh === 0 ? NaN : ((performance.now() - since.at) * 1000) / fresh };
}
