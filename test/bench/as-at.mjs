/** Row as-at.200k: the waiting list as at a place, for one service of 200,000 events in a log of 2,000,000. */
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers';
import { drop, newFolder } from './folders.mjs';
import { referralsFor, sealedAlike } from './history.mjs';
import { writeHistory } from './logs.mjs';
import { figures, measured, percentile } from './measure.mjs';
import { Database, doors, kernel } from './product.mjs';
import { caughtUp, openWaymark, peopleIn, SERVICE, VIEWER } from './waymark.mjs';

const FIRST_MS = 2_000;
const NEXT_MS = 50;
const PAGES = 40;

export const rows = [{ id: 'as-at.200k', measure: asAtFigures }];

async function asAtFigures({ quick }) {
  const asked = quick ? 20_000 : 2_000_000;
  const runs = quick ? 1 : 3;
  const folder = newFolder('as-at');
  const events = await fill(folder, asked);
  const places = placesIn(folder, runs);
  const others = { next: [], cold: [], caseload: [], beside: [] };
  let run = 0;
  const { ours } = await measured('as-at.200k', {
    runs,
    contestants: { ours: () => asAt(folder, places, places.last[run++ % runs]) },
    check: ({ ours: found }) => Object.keys(others).forEach((name) => others[name].push(found[name])),
  });
  drop(folder);
  const [next, cold, caseload, beside] = Object.values(others).map((each) => figures(each).median);
  return {
    work: `the waiting list as at a place nobody asked about before: ${places.events.toLocaleString('en')} events of one service in a log of ${events.toLocaleString('en')}`,
    durability: 'reads only; the past is written to a file that may be lost',
    unit: 'ms',
    better: 'lower',
    runs,
    ours,
    limit: null,
    ratio: null,
    bar: FIRST_MS,
    met: ours.median <= FIRST_MS && next <= NEXT_MS,
    variants: [
      { what: `p99 of ${PAGES} following pages as at the same place (bar ${NEXT_MS} ms)`, median: next, ratio: null },
      { what: 'the caseload as at the same place, the first time', median: caseload, ratio: null },
      { what: 'p99 of live pages of the waiting list meanwhile', median: beside, ratio: null },
      { what: 'the very first after a start, at an early place: the thread is started too', median: cold, ratio: null },
    ],
    note: `50 rows a page, names opened; met takes in the following pages`,
  };
}

/** A tenth of the referrals is the service's own, with real keys, since a page shows names. */
async function fill(folder, asked) {
  const people = peopleIn(folder);
  const own = (stream) => stream.startsWith(`referral-${SERVICE}-`);
  const history = {
    referrals: referralsFor(asked),
    events: asked,
    serviceOf: (n) => (Math.floor(n / 10) % 10 === 0 ? SERVICE : undefined),
    seal: (data, type, stream) => (own(stream) ? data : sealedAlike(data, type, stream)),
  };
  const sealing = { seal: (stream, ...rest) => (own(stream) ? people.seal(stream, ...rest) : undefined) };
  const events = await writeHistory(folder, history, { configured: true, people: sealing });
  people.close();
  return events;
}

/** The last places of the service, one for each run, and an early one. */
function placesIn(folder, runs) {
  const db = new Database(join(folder, 'log.db'), { readonly: true });
  const at = db.prepare('SELECT position FROM events WHERE service = ? ORDER BY position DESC LIMIT 1 OFFSET ?').pluck();
  const events = db.prepare('SELECT count(*) FROM events WHERE service = ?').pluck().get(SERVICE);
  const text = (offset) => String(at.get(SERVICE, offset)).padStart(20, '0');
  const places = { events, early: text(events - 100), last: Array.from({ length: runs }, (_, run) => text(run)) };
  db.close();
  return places;
}

async function asAt(folder, { early }, place) {
  const waymark = await openWaymark(folder);
  await caughtUp(waymark);
  const lists = waymark.get(doors.Lists);
  const page = async (list, query) => {
    const started = performance.now();
    const answer = await lists.page(list, { service: SERVICE, limit: '50', ...query }, VIEWER);
    JSON.stringify(answer);
    if (kernel.isRejection(answer)) throw new Error(`A page was refused: ${JSON.stringify(answer)}`);
    return { ms: performance.now() - started, answer };
  };
  const cold = await page('waitlist', { 'as-at': early });

  const beside = [];
  let folding = true;
  const first = page('waitlist', { 'as-at': place }).finally(() => (folding = false));
  // Its fault is met below; until then nobody waits for it, and Node would end the whole bench without its table.
  first.catch(() => {});
  while (folding) {
    const { ms } = await page('waitlist', {});
    if (folding) beside.push(ms);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { ms: value, answer } = await first;
  if (answer.items.length === 0 || answer.asAt.position !== place) throw new Error('The past shows nobody');

  const next = [];
  for (let n = 0, path = answer.next; n < PAGES; n++) {
    const { ms, answer: following } = await page(
      'waitlist',
      Object.fromEntries(new URL(path ?? answer.next, 'http://waymark').searchParams),
    );
    next.push(ms);
    path = following.next;
  }
  const caseload = await page('caseload', { 'as-at': place });
  await waymark.close();
  return { value, cold: cold.ms, caseload: caseload.ms, next: percentile(next, 0.99), beside: percentile(beside, 0.99) };
}
