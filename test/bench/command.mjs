/** Row command.c32: a whole command, from reading the stream to the durable event, with 32 callers on different referrals. */
import { randomBytes } from 'node:crypto';
import { cpSync } from 'node:fs';
import { drop, FULL, newFolder } from './folders.mjs';
import { referralOf, TEN_EVENTS, uuidOf } from './history.mjs';
import { EVENTS, logIn, writerByHand, writeHistory } from './logs.mjs';
import { callers, measured, mustGiveTheSame, perSecond, ratioOf } from './measure.mjs';
import { eventStore, kernel, people, readModels, referral } from './product.mjs';

const AT_ONCE = 32;
const SERVICE = 'northbank';
const BAR = 0.6;
const NOTE = 'Scored on paper in the waiting room';

export const rows = [{ id: 'command.c32', measure: commandFigures }];

async function commandFigures({ quick }) {
  const count = AT_ONCE * (quick ? 10 : 100);
  const log = newFolder('referrals-of-ten-events');
  await writeHistory(log, { referrals: count, lifeOf: () => TEN_EVENTS, service: SERVICE });
  const measures = Array.from({ length: count }, (_, n) => measureOf(n));
  const runs = quick ? 1 : 3;

  const figures = await measured('command.c32', {
    runs,
    warmUp: true,
    contestants: {
      ours: (folder) => throughTheLoop(from(log, folder), measures),
      limit: (folder) => byHand(from(log, folder), measures),
      encrypted: (folder) => throughTheLoop(from(log, folder), measures, NOTE),
    },
    check({ ours, limit, encrypted }) {
      const [a, b, c] = [ours, limit, encrypted].map(({ folder }) => logIn(folder, { readonly: true }));
      const stored = mustGiveTheSame(EVENTS.replace('occurred_at, ', ''), a, b);
      mustGiveTheSame('SELECT id, stream, revision FROM events ORDER BY id', a, c);
      if (stored !== count * 11) throw new Error(`command.c32: ${stored} events instead of ${count * 11}`);
      for (const db of [a, b, c]) db.close();
    },
  });
  drop(log);
  const { ours, limit, encrypted } = figures;
  const ratio = ratioOf(ours, limit);
  return {
    work: 'whole command (load, fold, decide, append), 32 callers: record-measure on a referral of 10 events',
    durability: FULL,
    unit: 'commands/s',
    better: 'higher',
    runs,
    ours,
    limit: { what: 'by hand: SELECT the stream, JSON.parse, a fold of three facts, INSERT; 32 a commit', ...limit },
    ratio,
    bar: BAR,
    met: ratio >= BAR,
    variants: [{ what: 'ours with one encrypted field', median: encrypted.median, ratio: ratioOf(encrypted, limit) }],
    note: `${count.toLocaleString('en')} commands a run`,
  };
}

function measureOf(n) {
  const { stream, personId, practitionerId } = referralOf(n, SERVICE);
  const commandId = uuidOf(n, 60);
  return {
    stream,
    personId,
    body: { instrument: 'wsas', variant: 'standard', value: 12 + (n % 10), on: '2026-11-02', completedBy: 'person', occasion: 'review' },
    issue: {
      service: SERVICE,
      actor: { kind: 'practitioner', id: practitionerId, role: 'ot' },
      commandId,
      correlationId: commandId,
      channel: 'api',
      fingerprint: commandId.slice(0, 22),
    },
    eventId: kernel.eventIdOf(commandId, stream, 0),
  };
}

async function throughTheLoop(folder, measures, note) {
  const store = eventStore.openEventStore({ folder });
  const sealer = people.People.open({ folder, masterKey: randomBytes(32).toString('base64') });
  const definitions = readModels.eventDefinitions;
  const loop = new eventStore.CommandLoop({ store, sealer, clock: () => new Date(), definitions, words: readModels.wordsOfAny });
  const instruments = [{ code: 'wsas', variants: ['standard'], min: 0, max: 40, better: 'lower', counts: 8 }];
  const remark = note === undefined ? {} : { note };
  // The keys of a referral are made when it is received.
  if (note !== undefined) await Promise.all(measures.map((each) => sealer.seal(each.stream, [remarked(each, note)], definitions)));

  const value = await perSecond(measures.length, () =>
    callers(AT_ONCE, async (caller) => {
      for (let n = caller; n < measures.length; n += AT_ONCE) {
        const { stream, body, issue } = measures[n];
        const ran = await loop.run({
          stream,
          decider: referral.plan,
          command: { kind: 'record-measure', body: { ...body, ...remark } },
          issue,
          context: (now) => ({ now, practitionerId: issue.actor.id, permitted: undefined, instruments, isIntervention: () => true }),
        });
        if (kernel.isRejection(ran)) throw new Error(`A measure was refused: ${ran.code}`);
      }
    }),
  );
  await store.close();
  sealer.close();
  return { value };
}

async function byHand(folder, measures) {
  const { db, put } = writerByHand(folder);
  const columns = 'id, revision, type, schema_version, occurred_at, recorded_at, data, meta, hash';
  const history = db.prepare(`SELECT ${columns} FROM events WHERE stream = ? ORDER BY revision`).raw();
  const group = db.transaction((first) => {
    for (const { stream, body, issue, personId, eventId } of measures.slice(first, first + AT_ONCE)) {
      const state = { received: false, ended: false, revision: -1 };
      for (const [, revision, type, , , , data, meta] of history.all(stream)) {
        const [facts, { commandId }] = [JSON.parse(data), JSON.parse(meta)];
        if (commandId === issue.commandId) throw new Error('Recorded before');
        state.revision = revision;
        if (type === 'ReferralReceived') state.received = facts.reference !== undefined;
        if (type === 'Discharged' || type === 'ReferralWithdrawn') state.ended = true;
      }
      if (!state.received || body.value < 0 || body.value > 40) throw new Error('Refused');
      const { completedBy, instrument, occasion, on, value, variant } = body;
      const { commandId, correlationId, fingerprint, service, actor } = issue;
      put(stream, state.revision + 1, {
        id: eventId,
        type: 'MeasureRecorded',
        schemaVersion: 1,
        occurredAt: new Date().toISOString(),
        data: { completedBy, instrument, occasion, on, personId, value, variant },
        meta: { actor: actor.id, commandId, correlationId, fingerprint, role: actor.role, service },
      });
    }
  }).immediate;
  const value = await perSecond(measures.length, async () => {
    for (let first = 0; first < measures.length; first += AT_ONCE) group(first);
  });
  db.close();
  return { value };
}

function remarked({ personId, body, eventId, issue }, note) {
  return { id: eventId, type: 'MeasureRecorded', schemaVersion: 1, occurredAt: '', data: { personId, ...body, note }, meta: { ...issue } };
}

function from(log, folder) {
  cpSync(log, folder, { recursive: true });
  return folder;
}
