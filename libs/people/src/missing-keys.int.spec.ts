/** An older keys.db beside a newer log: what it does not open is found, what was erased is not counted, and a start does not read the whole log again. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryEventStore, type EventStore } from '@waymark/event-store';
import { defineEvents, derivedId, ERASED, personal } from '@waymark/kernel';
import { z } from 'zod';
import { missingKeys, People } from './index';

const definitions = defineEvents({
  Told: z.strictObject({
    personId: z.uuid(),
    words: personal(z.string(), { subjectField: 'personId', kind: 'clinical' }),
  }),
  Counted: z.strictObject({}),
});
const NOW = '2026-11-24T09:00:00.000Z';
const [ada, bea] = ['ada', 'bea'].map((name) => derivedId('person', name)) as [string, string];

let folder: string;
let store: EventStore;
let people: People;
let told: number;
beforeEach(() => {
  told = 0;
  folder = mkdtempSync(join(tmpdir(), 'waymark-missing-keys-'));
  store = memoryEventStore({ clock: () => new Date(NOW) });
  people = People.open({ folder });
});
afterEach(async () => {
  people.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const streamOf = (personId: string) => `referral-northbank-${personId}`;

async function tell(personId: string, times = 1): Promise<void> {
  const stream = streamOf(personId);
  const history = await store.read(stream);
  const revision = history.at(-1)?.revision ?? 'none';
  const events = Array.from({ length: times }, () => {
    const commandId = derivedId('told', String(told++));
    const meta = { service: 'northbank', actor: 'system', role: 'system', commandId, correlationId: commandId };
    return { id: commandId, type: 'Told', schemaVersion: 1, occurredAt: NOW, data: { personId, words: 'Words' }, meta };
  });
  expect(await store.append(stream, revision, await people.seal(stream, events, definitions, history))).toMatchObject({
    outcome: 'appended',
  });
}

/** keys.db as it was before `meanwhile`. */
async function withOlderKeys(meanwhile: () => Promise<void>): Promise<void> {
  people.close();
  const [file, older] = [join(folder, 'keys.db'), join(folder, 'older')];
  copyFileSync(file, older);
  people = People.open({ folder });
  await meanwhile();
  people.close();
  for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true });
  copyFileSync(older, file);
  people = People.open({ folder });
}

const found = (since: 'mark' | 'beginning' = 'mark') => missingKeys(people, store, definitions, since);

it('finds who was sealed under a key that is not here, and how often; nobody else', async () => {
  await tell(ada);
  await withOlderKeys(async () => {
    await tell(ada);
    await tell(bea, 2);
  });
  expect(await found()).toEqual([{ subject: bea, stream: streamOf(bea), events: 2 }]);
  await people.erase([bea], NOW);
  expect(await found()).toEqual([]);
});

it('what is written where a key was lost can be opened; what was sealed under the lost one reads as erased, until it is put back', async () => {
  await tell(ada);
  let newest = '';
  await withOlderKeys(async () => {
    await tell(bea);
    newest = join(folder, 'newest');
    people.close();
    copyFileSync(join(folder, 'keys.db'), newest);
    people = People.open({ folder });
  });
  await tell(bea, 2);
  await tell(bea);
  const words = async () => (await store.read(streamOf(bea))).map((event) => people.open(event).data.words);
  expect(await words()).toEqual([ERASED, 'Words', 'Words', 'Words']);
  expect(await found()).toEqual([{ subject: bea, stream: streamOf(bea), events: 1 }]);
  expect(people.streamsOf(bea)).toEqual([streamOf(bea)]);

  people.close();
  copyFileSync(newest, join(folder, 'keys.db'));
  people = People.open({ folder });
  expect(await words()).toEqual(['Words', ERASED, ERASED, ERASED]);

  await people.erase([bea], NOW);
  expect(await words()).toEqual([ERASED, ERASED, ERASED, ERASED]);
});

it('reads on from where every key was there; an older keys.db takes its place back', async () => {
  await tell(ada, 1_000);
  await found();
  const mark = people.keysUpTo;
  expect(mark).toMatchObject({ logId: store.logId, position: await store.head() });
  await withOlderKeys(async () => {
    await tell(bea, 1_000);
    await found();
    expect(people.keysUpTo).toMatchObject({ position: await store.head() });
  });
  expect(people.keysUpTo).toEqual(mark);
  // As long as something is missing, every start says so.
  for (let start = 0; start < 2; start++) expect(await found()).toMatchObject([{ subject: bea, events: 1_000 }]);
  expect(await found('beginning')).toMatchObject([{ subject: bea, events: 1_000 }]);
});
