/** Row load.10: one referral of ten events, from its stream to where it stands. */
import { isDeepStrictEqual } from 'node:util';
import { newFolder, drop } from './folders.mjs';
import { referralOf, TEN_EVENTS } from './history.mjs';
import { logIn, writeHistory } from './logs.mjs';
import { measured, perSecond, ratioOf } from './measure.mjs';
import { eventStore, kernel, readModels, referral } from './product.mjs';

const SERVICE = 'northbank';
const REFERRALS = 500;
const BAR = 0.7;
const { place } = referral;

export const rows = [{ id: 'load.10', measure: loadFigures }];

async function loadFigures({ quick }) {
  const folder = newFolder('load');
  await writeHistory(folder, { referrals: REFERRALS, lifeOf: () => TEN_EVENTS, service: SERVICE });
  const loads = quick ? 2_000 : 20_000;
  const streams = Array.from({ length: loads }, (_, i) => referralOf(i % REFERRALS, SERVICE).stream);
  const runs = quick ? 1 : 3;
  const { ours, limit } = await measured('load.10', {
    runs,
    warmUp: true,
    contestants: { ours: () => throughTheStore(folder, streams), limit: () => byHand(folder, streams) },
    check({ ours, limit }) {
      if (!isDeepStrictEqual(ours.places, limit.places)) throw new Error('load.10: the two do not agree where the referrals stand');
    },
  });
  drop(folder);
  const ratio = ratioOf(ours, limit);
  return {
    work: 'load and fold one referral of 10 events',
    durability: 'reads only; the log is in the page cache',
    unit: 'referrals/s',
    better: 'higher',
    runs,
    ours,
    limit: { what: 'by hand: SELECT the stream, JSON.parse, the same pure fold in a loop', ...limit },
    ratio,
    bar: BAR,
    met: ratio >= BAR,
    variants: [],
    note: `${loads.toLocaleString('en')} loads a run of ${REFERRALS} referrals`,
  };
}

/** As the command loop does it: read, bring up to date, fold. */
async function throughTheStore(folder, streams) {
  const store = eventStore.openEventStore({ folder, readOnly: true });
  const upcast = kernel.upcasting(readModels.eventDefinitions);
  const places = new Map();
  const value = await perSecond(streams.length, async () => {
    for (const stream of streams) places.set(stream, kernel.fold(place, (await store.read(stream)).map(upcast)));
  });
  await store.close();
  return { value, places };
}

async function byHand(folder, streams) {
  const db = logIn(folder, { readonly: true });
  const select = db.prepare('SELECT type, occurred_at, recorded_at, data FROM events WHERE stream = ? ORDER BY revision').raw();
  const places = new Map();
  const value = await perSecond(streams.length, async () => {
    for (const stream of streams) {
      let state = place.initial;
      for (const [type, occurredAt, recordedAt, data] of select.all(stream))
        state = place.evolve(state, { type, occurredAt, recordedAt, data: JSON.parse(data) });
      places.set(stream, state);
    }
  });
  db.close();
  return { value, places };
}
