/** Keys of people who are erased in the log are gone: from the files, from memory, and again after an older keys.db came back. */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryEventStore, type EventStore } from '@waymark/event-store';
import { derivedId, eventIdOf, isErased, personal, streamName, type NewEvent, type RecordedEvent } from '@waymark/kernel';
import { defineEvents } from '@waymark/kernel';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { eraseAgain, KeyDestroyed, openPeople, People } from './index';

const { Told } = defineEvents({
  Told: z.strictObject({
    personId: z.uuid(),
    person: personal(z.unknown(), { subjectField: 'personId', kind: 'identity' }),
    words: personal(z.string(), { subjectField: 'personId', kind: 'clinical' }),
  }),
});
const NOW = new Date('2026-11-24T09:00:00.000Z');
const ada = { name: { family: 'Testcase', given: ['Ada'] }, birthDate: '1941-02-03', nhsNumber: '999 000 0018' };
const bea = { name: { family: 'Fictional', given: ['Bea'] }, birthDate: '1970-05-05', nhsNumber: '999 000 0026' };

let folder: string;
let store: EventStore;
let people: People;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-erased-'));
  store = memoryEventStore({ clock: () => NOW });
  people = People.open({ folder });
});
afterEach(async () => {
  people.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const metaOf = (commandId: string) => ({ service: 'northbank', actor: 'system', role: 'system', commandId, correlationId: commandId });

/** A referral of somebody, sealed and stored. */
async function told(details: typeof ada, name: string): Promise<RecordedEvent> {
  const candidate = derivedId('person', name);
  const stream = streamName('referral', 'northbank', derivedId('referral', name));
  const { personId } = await people.match('northbank', details, candidate, { stream });
  const event: NewEvent = {
    id: eventIdOf(candidate, stream, 0),
    type: 'Told',
    schemaVersion: 1,
    occurredAt: NOW.toISOString(),
    data: { personId, person: details, words: `Words of ${name}` },
    meta: metaOf(candidate),
  };
  const appended = await store.append(stream, 'none', await people.seal(stream, [event], { Told }));
  if (appended.outcome !== 'appended') throw new Error('Not stored');
  return appended.events[0]!;
}

async function recordErased(personId: string): Promise<void> {
  const stream = streamName('person', 'northbank', personId);
  const data = { requestId: derivedId('request'), personId, lost: { referrals: 1, events: 1, fields: 2 }, demo: false };
  const event = { id: derivedId('erased', personId), type: 'PersonErased', schemaVersion: 1, occurredAt: NOW.toISOString(), data };
  await store.append(stream, 'none', [{ ...event, meta: metaOf(derivedId('command', personId)) }]);
}

const personOf = ({ data }: RecordedEvent) => String(data['personId']);
const isGone = (event: RecordedEvent) => {
  const { person, words } = people.open(event).data;
  return isErased(person) && isErased(words);
};

function wrappedKeys(personId: string): Buffer[] {
  const db = new Database(join(folder, 'keys.db'), { readonly: true });
  const keys = db.prepare<[string], Buffer>('SELECT wrapped FROM keys WHERE subject = ?').pluck().all(personId);
  db.close();
  return keys;
}

const filesWith = (bytes: Buffer) => readdirSync(folder).filter((file) => readFileSync(join(folder, file)).includes(bytes));

test('erased: the wrapped keys are in no file, nothing opens, nobody is recognised, and the next person is somebody new', async () => {
  const event = await told(ada, 'ada');
  const other = await told(bea, 'bea');
  const keys = wrappedKeys(personOf(event));
  expect(keys).toHaveLength(2);
  for (const key of keys) expect(filesWith(key)).not.toEqual([]);
  expect(isGone(event)).toBe(false);

  expect(await people.erase([personOf(event)], NOW.toISOString())).toBe(true);

  for (const key of keys) expect(filesWith(key)).toEqual([]);
  expect(isGone(event)).toBe(true);
  expect(isGone(other)).toBe(false);
  expect(people.find('northbank', { nhsNumber: ada.nhsNumber })).toEqual([]);
  expect(people.streamsOf(personOf(event))).toEqual([event.stream]);
  const again = await told(ada, 'ada again');
  expect(personOf(again)).not.toBe(personOf(event));
  const db = new Database(join(folder, 'keys.db'), { readonly: true });
  const rows = ['person', 'place', 'matched'].map((table) =>
    db
      .prepare(`SELECT count(*) FROM ${table} WHERE ${table === 'person' ? 'id' : 'person'} = ?`)
      .pluck()
      .get(personOf(event)),
  );
  db.close();
  expect(rows).toEqual([0, 0, 0]);
});

test('nothing is sealed for somebody who was erased after they were recognised, in this process or another', async () => {
  const event = await told(ada, 'ada');
  const other = People.open({ folder });
  expect(other.open(event).data['words']).toBe('Words of ada');
  const next: NewEvent = { ...event, id: derivedId('next'), data: { personId: personOf(event), words: 'More' } };
  const racing = people.seal(event.stream, [next], { Told });
  await people.erase([personOf(event)], NOW.toISOString());
  await racing;
  await expect(people.seal(event.stream, [next], { Told })).rejects.toBeInstanceOf(KeyDestroyed);
  await expect(other.seal(event.stream, [next], { Told })).rejects.toBeInstanceOf(KeyDestroyed);
  const elsewhere: NewEvent = { ...next, data: { personId: personOf(event), person: ada } };
  await expect(people.seal('referral-northbank-other', [elsewhere], { Told })).rejects.toBeInstanceOf(KeyDestroyed);
  expect(isErased(other.open(event).data['words'])).toBe(true);
  other.close();
});

test('a process that dies between the event and the keys: the next start destroys them before anybody is served', async () => {
  const event = await told(ada, 'ada');
  await recordErased(personOf(event));
  people.close();
  people = await openPeople({ folder }, store, NOW);
  expect(isGone(event)).toBe(true);
});

test('an older keys.db beside the newer log is erased again, for it knows less of the log', async () => {
  const event = await told(ada, 'ada');
  const other = await told(bea, 'bea');
  people.close();
  copyFileSync(join(folder, 'keys.db'), join(folder, 'older.db'));
  people = People.open({ folder });
  await recordErased(personOf(event));
  await eraseAgain(people, store, NOW);
  expect(people.erasedUpTo?.position).toBe(await store.head());
  people.close();
  copyFileSync(join(folder, 'older.db'), join(folder, 'keys.db'));
  rmSync(join(folder, 'older.db'));
  people = await openPeople({ folder }, store, NOW);
  expect(isGone(event)).toBe(true);
  expect(isGone(other)).toBe(false);
});

test('a log that is not the one that was read is read from its beginning', async () => {
  const event = await told(ada, 'ada');
  await recordErased(personOf(event));
  await people.erase([], NOW.toISOString(), { logId: store.logId, position: (await store.head()) ?? '', hash: 'of another log' });
  await eraseAgain(people, store, NOW);
  expect(isGone(event)).toBe(true);
});
