/** Row waitlist.100k: the page of the waiting list that a clinician opens, with 100,000 referrals open in one service. */
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { drop, newFolder } from './folders.mjs';
import { ACCEPTED, CLOSED } from './history.mjs';
import { writeHistory } from './logs.mjs';
import { figures, measured, percentile, ratioOf } from './measure.mjs';
import { Database, doors, kernel } from './product.mjs';
import { caughtUp, openWaymark, peopleIn, SERVICE, VIEWER } from './waymark.mjs';

const P99_MS = 50;

export const rows = [{ id: 'waitlist.100k', measure: pageFigures }];

async function pageFigures({ quick }) {
  const open = quick ? 2_000 : 100_000;
  const pages = quick ? 40 : 400;
  const runs = quick ? 1 : 3;
  const [alone, beside] = [newFolder('open'), newFolder('open-and-closed')];
  await fill(alone, { referrals: open, lifeOf: () => ACCEPTED });
  await fill(beside, { referrals: open * 2, lifeOf: (n) => (n % 2 === 0 ? ACCEPTED : CLOSED) });
  const medians = [];
  const found = await measured('waitlist.100k', {
    runs,
    contestants: {
      ours: () => pagesOf(alone, open, pages),
      closed: () => pagesOf(beside, open, pages),
      quiet: () => pagesOf(alone, open, pages, { quiet: true }),
    },
    check: ({ ours }) => void medians.push(ours.p50),
  });
  [alone, beside].forEach(drop);
  return {
    work: `the waiting-list page (50 rows) at ${open.toLocaleString('en')} open referrals, p99 of server time`,
    durability: 'reads only',
    unit: 'ms',
    better: 'lower',
    runs,
    ours: found.ours,
    limit: null,
    ratio: null,
    bar: P99_MS,
    met: found.ours.median <= P99_MS,
    variants: [
      { what: 'p50', median: figures(medians).median, ratio: null },
      { what: 'p99 when nothing is written between the pages', median: found.quiet.median, ratio: null },
      {
        what: `p99 with as many closed referrals beside them (ratio to without: 1 = cost does not grow)`,
        median: found.closed.median,
        ratio: ratioOf(found.closed, found.ours, 'lower'),
      },
    ],
    note: `${pages} pages a run: first pages, following pages, one priority, a flag; names opened and the answer written as JSON`,
  };
}

/** With real keys: a page shows names. */
async function fill(folder, history) {
  const people = peopleIn(folder);
  await writeHistory(folder, { ...history, service: SERVICE, seal: (data) => data }, { configured: true, people });
  people.close();
}

/** Unless it is `quiet`, something is written before every page, so that no figure of the page before is good any more. */
async function pagesOf(folder, open, pages, { quiet = false } = {}) {
  const waymark = await openWaymark(folder);
  await caughtUp(waymark);
  const lists = waymark.get(doors.Lists);
  const readModels = new Database(join(folder, 'read.db'));
  const write = readModels.prepare('UPDATE projections SET rate = coalesce(rate, 0) + 1');
  const times = [];
  let next;
  for (let n = -20; n < pages; n++) {
    const query = {
      service: SERVICE,
      limit: '50',
      ...[{}, following(next), { priority: 'urgent' }, { flag: 'trace-nhs-number' }][Math.abs(n) % 4],
    };
    if (!quiet) write.run();
    const started = performance.now();
    const answer = await lists.page('waitlist', query, VIEWER);
    const written = JSON.stringify(answer);
    if (n >= 0) times.push(performance.now() - started);
    if (kernel.isRejection(answer)) throw new Error(`A page was refused: ${written}`);
    if (answer.items.length !== 50 || answer.summary.everyoneWaiting.value !== open) throw new Error('A page does not show everybody');
    if (n % 4 === 0 || query.cursor) next = answer.next;
  }
  readModels.close();
  await waymark.close();
  return { value: percentile(times, 0.99), p50: percentile(times, 0.5) };
}

/** The query of the path that a page gives as the next. */
function following(next) {
  return next ? Object.fromEntries(new URL(next, 'http://waymark').searchParams) : {};
}
