/** Rows catchup.*: the waiting list from nothing to the end of a long log. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { drop, newFolder } from './folders.mjs';
import { referralsFor } from './history.mjs';
import { logIn, writeHistory } from './logs.mjs';
import { measured, mustGiveTheSame, perSecond, ratioOf } from './measure.mjs';
import { Database, eventStore, projections, readModels } from './product.mjs';

const { waitlist, eventDefinitions } = readModels;
const TABLE = `${waitlist.name}_v${waitlist.version}`;
const COLUMNS = Object.entries(waitlist.table.columns);
const EVENTS_A_COMMIT = 1_000;
const BAR = 1;

export const rows = [catchUpRow('catchup.200k', 200_000), catchUpRow('catchup.2m', 2_000_000)];

function catchUpRow(id, events) {
  return { id, measure: ({ quick }) => catchUpFigures(id, quick ? events / 20 : events, quick ? 1 : 3) };
}

async function catchUpFigures(id, asked, runs) {
  const folder = newFolder(id);
  const events = await writeHistory(folder, { referrals: referralsFor(asked), events: asked });
  let open = 0;
  const { ours, limit } = await measured(id, {
    runs,
    contestants: { ours: () => throughTheRunner(folder, events), limit: () => byHand(folder, events) },
    check() {
      const [a, b] = ['read.db', 'by-hand.db'].map((file) => new Database(join(folder, file), { readonly: true }));
      open = mustGiveTheSame(`SELECT * FROM ${TABLE} ORDER BY key`, a, b);
      mustGiveTheSame(SHAPE, a, b);
      for (const db of [a, b]) db.close();
      if (open === 0) throw new Error(`${id}: nobody is on the list`);
    },
  });
  drop(folder);
  const ratio = ratioOf(ours, limit);
  return {
    work: `catch-up of the waiting list over ${events.toLocaleString('en')} of the product's own events`,
    durability: 'WAL, synchronous=NORMAL (read models may be deleted at any time)',
    unit: 'events/s',
    better: 'higher',
    runs,
    ours,
    limit: {
      what: 'by hand: read, JSON.parse of data, the same pure function, one prepared upsert an event, commit per 1,000, rows in memory',
      ...limit,
    },
    ratio,
    bar: BAR,
    met: ratio >= BAR,
    variants: [],
    note: `three years of referrals; ${open.toLocaleString('en')} rows at the end, the same in both; aim 2.0`,
  };
}

const SHAPE = `SELECT name, sql FROM sqlite_schema WHERE tbl_name = '${TABLE}' AND sql IS NOT NULL ORDER BY name`;

async function throughTheRunner(folder, events) {
  forget(folder, 'read.db');
  const store = eventStore.openEventStore({ folder, readOnly: true });
  const running = projections.runProjection(store, waitlist, { folder, definitions: eventDefinitions });
  let folded = 0;
  const value = await perSecond(events, async () => {
    folded = (await running.catchUp()).events;
  });
  await running.close();
  await store.close();
  if (folded !== events) throw new Error(`${folded} events were folded instead of ${events}`);
  return { value };
}

async function byHand(folder, events) {
  forget(folder, 'by-hand.db');
  const log = logIn(folder, { readonly: true });
  const read = new Database(join(folder, 'by-hand.db'));
  for (const pragma of ['journal_mode = WAL', 'synchronous = NORMAL', 'cache_size = -65536', 'wal_autocheckpoint = 8000'])
    read.pragma(pragma);
  const ours = new Database(join(folder, 'read.db'), { readonly: true });
  const definitions = ours
    .prepare(`SELECT sql FROM sqlite_schema WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type DESC`)
    .pluck()
    .all(TABLE);
  ours.close();
  for (const sql of definitions) read.exec(sql);
  read.exec('CREATE TABLE checkpoint (position INTEGER NOT NULL)');
  read.exec('INSERT INTO checkpoint VALUES (0)');

  const names = ['key', ...COLUMNS.map(([name]) => name)];
  const page = log
    .prepare(
      `SELECT position, stream, type, service, occurred_at, recorded_at, data FROM events WHERE position > ? ORDER BY position LIMIT ?`,
    )
    .raw();
  const upsert = read.prepare(
    `INSERT INTO ${TABLE} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})
     ON CONFLICT (key) DO UPDATE SET ${names
       .slice(1)
       .map((name) => `${name} = excluded.${name}`)
       .join(', ')}`,
  );
  const remove = read.prepare(`DELETE FROM ${TABLE} WHERE key = ?`);
  const moved = read.prepare('UPDATE checkpoint SET position = ?');
  const kept = new Map();

  const batch = read.transaction((found) => {
    for (const [, stream, type, service, occurredAt, recordedAt, data] of found) {
      const row = waitlist.on[type]?.(kept.get(stream), {
        stream,
        type,
        occurredAt,
        recordedAt,
        data: JSON.parse(data),
        meta: { service },
      });
      if (row === undefined) {
        kept.delete(stream);
        remove.run(stream);
      } else {
        kept.set(stream, row);
        upsert.run(stream, ...COLUMNS.map(([name, { type }]) => (type === 'json' ? JSON.stringify(row[name]) : row[name])));
      }
    }
    moved.run(found.at(-1)[0]);
  });
  const value = await perSecond(events, async () => {
    let at = 0;
    for (;;) {
      const found = page.all(at, EVENTS_A_COMMIT);
      if (found.length === 0) return;
      batch(found);
      at = found.at(-1)[0];
    }
  });
  log.close();
  read.close();
  return { value };
}

function forget(folder, file) {
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(folder, file + suffix), { force: true });
}
