/** Rows append.*: one event an append, durable before it is answered, with so many callers waiting at once. */
import { createRequire } from 'node:module';
import { randomBytes } from 'node:crypto';
import { FULL } from './folders.mjs';
import { historyOf, uuidOf } from './history.mjs';
import { EVENTS, logIn, writerByHand, writeHistory } from './logs.mjs';
import { callers, measured, mustGiveTheSame, perSecond, ratioOf } from './measure.mjs';
import { eventStore, kernel, people, readModels } from './product.mjs';

const { eventDefinitions } = readModels;
const EVENTS_OF_A_STREAM = 10;

export const rows = [appendRow(1, 2_000, 0.8), appendRow(32, 400, 0.6, 10_000), appendRow(256, 100, 0.6)];

function appendRow(atOnce, each, bar, atLeast = 0) {
  const id = `append.c${atOnce}`;
  return { id, measure: ({ quick }) => appendFigures(id, atOnce, quick ? Math.ceil(each / 10) : each, quick ? 1 : 3, bar, atLeast) };
}

async function appendFigures(id, atOnce, each, runs, bar, atLeast) {
  const count = atOnce * each;
  const plan = planned(atOnce, each);
  const figures = await measured(id, {
    runs,
    warmUp: true,
    contestants: {
      ours: (folder) => throughTheStore(folder, plan),
      limit: (folder) => byHand(folder, plan, () => {}),
      chainByHand: (folder) => byHand(folder, plan, chaining),
      withoutHash: (folder) => withoutHash(() => throughTheStore(folder, plan)),
      encrypted: (folder) => throughTheStore(folder, plan, { sealing: true }),
    },
    check: ({ ours, limit, encrypted }) => {
      const [a, b, c] = [ours, limit, encrypted].map(({ folder }) => logIn(folder, { readonly: true }));
      const stored = mustGiveTheSame(EVENTS, a, b) - mustGiveTheSame('SELECT id, stream, revision FROM events ORDER BY id', a, c);
      if (stored !== 0 || a.prepare('SELECT count(*) FROM events').pluck().get() < count) throw new Error(`${id}: events are missing`);
      for (const db of [a, b, c]) db.close();
    },
  });
  const { ours, limit } = figures;
  const ratio = ratioOf(ours, limit);
  const encrypted = ratioOf(figures.encrypted, limit);
  const mets = [ratio >= bar, ours.median >= atLeast, atOnce === 1 || encrypted >= 0.45];
  return {
    work: `durable append of one event with chain, ${atOnce} caller${atOnce > 1 ? 's' : ''}`,
    durability: FULL,
    unit: 'events/s',
    better: 'higher',
    runs,
    ours,
    limit: { what: `better-sqlite3: the same columns and indexes, ${atOnce} a commit; no chain, cipher, savepoint, trigger`, ...limit },
    ratio,
    bar,
    met: mets.every(Boolean),
    variants: [
      { what: 'ours without the hash', median: figures.withoutHash.median, ratio: ratioOf(figures.withoutHash, limit) },
      { what: 'ours with one encrypted field', median: figures.encrypted.median, ratio: encrypted },
      { what: 'by hand with the chain', median: figures.chainByHand.median, ratio: ratioOf(figures.chainByHand, limit) },
    ],
    note: [
      `${count.toLocaleString('en')} events a run`,
      ...(atLeast > 0 ? [`also at least ${atLeast.toLocaleString('en')}/s`] : []),
      ...(atOnce > 1 ? ['also at least 0.45 with one encrypted field'] : []),
    ].join('; '),
  };
}

/** For every caller its appends in order: ten to a stream, each after the one before. */
function planned(atOnce, each) {
  return Array.from({ length: atOnce }, (_, caller) =>
    Array.from({ length: each }, (_, nth) => {
      const n = caller + Math.floor(nth / EVENTS_OF_A_STREAM) * atOnce;
      const revision = nth % EVENTS_OF_A_STREAM;
      return { stream: `referral-northbank-${uuidOf(n, 1)}`, revision, event: booked(n, revision) };
    }),
  );
}

/** About 450 bytes of data with a remark, as a person would leave it. Keys stand in the order in which the store writes them. */
function booked(n, revision) {
  const [, , , booking] = historyOf({ referrals: 1, seal: (data) => data });
  const [{ data, meta, ...event }] = booking.events;
  const own = {
    ...data,
    personId: uuidOf(n, 2),
    bookingId: uuidOf(n, 20 + revision),
    note: 'Prefers mornings; the daughter may come along',
  };
  return { ...event, id: uuidOf(n, 40 + revision), data: JSON.parse(kernel.canonical(own)), meta: { ...meta, service: 'northbank' } };
}

async function throughTheStore(folder, plan, { sealing = false } = {}) {
  const sealer = sealing ? people.People.open({ folder, masterKey: randomBytes(32).toString('base64') }) : undefined;
  // Keys are made when a referral is received; an append after that finds them.
  if (sealer) await Promise.all(plan.flat().map(({ stream, event }) => sealer.seal(stream, [event], eventDefinitions)));
  await aLog(folder);
  const store = eventStore.openEventStore({ folder });
  const value = await perSecond(plan.length * plan[0].length, () =>
    callers(plan.length, async (caller) => {
      for (const { stream, revision, event } of plan[caller]) {
        const events = sealer ? await sealer.seal(stream, [event], eventDefinitions) : [event];
        const { outcome } = await store.append(stream, revision === 0 ? 'none' : revision - 1, events);
        if (outcome !== 'appended') throw new Error(`An append met a ${outcome}`);
      }
    }),
  );
  await store.close();
  sealer?.close();
  return { value };
}

/** `chain` answers the hash before this event and its own. */
async function byHand(folder, plan, chain) {
  await aLog(folder);
  const { db, put } = writerByHand(folder);
  const head = db.prepare('SELECT hash FROM events WHERE stream = ? ORDER BY revision DESC LIMIT 1').pluck();
  const group = db.transaction((nth) => {
    for (const appends of plan) {
      const { stream, revision, event } = appends[nth];
      put(stream, revision, event, ...(chain(head, stream, revision, event) ?? []));
    }
  }).immediate;
  const value = await perSecond(plan.length * plan[0].length, async () => {
    for (let nth = 0; nth < plan[0].length; nth++) group(nth);
  });
  db.close();
  return { value };
}

function chaining(head, stream, revision, event) {
  const previousHash = head.get(stream) ?? eventStore.BEFORE_THE_FIRST;
  const recordedAt = new Date().toISOString();
  return [previousHash, eventStore.hashOf({ ...event, stream, revision, recordedAt, previousHash })];
}

/** The store has no switch for its chain, so node's hash is replaced for the length of one run. */
async function withoutHash(work) {
  const crypto = createRequire(import.meta.url)('node:crypto');
  const { hash } = crypto;
  crypto.hash = () => eventStore.BEFORE_THE_FIRST;
  try {
    return await work();
  } finally {
    crypto.hash = hash;
  }
}

/** A log that is there before the clock starts, so that nobody's figure holds the making of its tables. */
function aLog(folder) {
  return writeHistory(folder, { referrals: 1, service: 'before' }, { quietly: true });
}
