/** Writes a history into a log with the store itself, so that its chains and revisions are the store's own. */
import { performance } from 'node:perf_hooks';
import { join } from 'node:path';
import { historyOf, mustBeEventsOfTheProduct } from './history.mjs';
import { say } from './measure.mjs';
import { CONFIG_FOLDER, Database, eventStore, readModels, rules } from './product.mjs';

const { eventDefinitions } = readModels;
const AT_ONCE = 1_000;

/**
 * Without waiting for the disk: nobody is told that these are stored. Answers how many events the log got. `people` seals what
 * the history leaves in the clear; `configured` publishes the configuration of the project first.
 */
export async function writeHistory(folder, history, { configured = false, quietly = false, people } = {}) {
  mustBeEventsOfTheProduct();
  let now = new Date('2023-11-06T00:00:00.000Z');
  const clock = () => now;
  const store = eventStore.openEventStore({ folder, synchronous: 'off', clock });
  if (configured) await rules.Configuration.open({ folder: CONFIG_FOLDER, store, clock });
  let waiting = [];
  let events = 0;
  const started = performance.now();
  const write = async () => {
    const sealed = await Promise.all(waiting.map(({ stream, events }) => people?.seal(stream, events, eventDefinitions) ?? events));
    const results = await Promise.all(waiting.map(({ stream, expected }, i) => store.append(stream, expected, sealed[i])));
    for (const { outcome } of results) if (outcome !== 'appended') throw new Error(`The history met a ${outcome}`);
    waiting = [];
  };
  for (const append of historyOf(history)) {
    now = new Date(append.at);
    waiting.push(append);
    events += append.events.length;
    if (waiting.length === AT_ONCE) await write();
  }
  await write();
  await store.close();
  const seconds = (performance.now() - started) / 1000;
  intoOneFile(folder);
  if (!quietly) say(`  a history of ${events.toLocaleString('en')} events written in ${seconds.toFixed(1)} s`);
  return events;
}

export function intoOneFile(folder) {
  const db = logIn(folder);
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}

export function logIn(folder, options) {
  return new Database(join(folder, 'log.db'), options);
}

/**
 * A writer of the log by hand: the same table and indexes, the same durability. It keeps no chain, and the triggers that
 * guard the log are the store's, not the limit's.
 */
export function writerByHand(folder) {
  const db = logIn(folder);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  for (const name of db.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").pluck().all()) db.exec(`DROP TRIGGER ${name}`);
  const insert = db.prepare(
    `INSERT INTO events (id, stream, revision, service, type, schema_version, occurred_at, recorded_at, data, meta, previous_hash, hash)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const put = (stream, revision, { id, type, schemaVersion, occurredAt, data, meta }, previousHash, hash) =>
    insert.run(
      id,
      stream,
      revision,
      meta.service,
      type,
      schemaVersion,
      occurredAt,
      new Date().toISOString(),
      JSON.stringify(data),
      JSON.stringify(meta),
      previousHash ?? eventStore.BEFORE_THE_FIRST,
      hash ?? eventStore.BEFORE_THE_FIRST,
    );
  return { db, put };
}

/** Everything of an event but its moment, place and chain. */
export const EVENTS = 'SELECT id, stream, revision, service, type, schema_version, occurred_at, data, meta FROM events ORDER BY position';
