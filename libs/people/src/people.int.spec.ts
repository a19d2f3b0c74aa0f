import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import { EventStoreModule, SEALER } from '@waymark/event-store';
import { defineEvents, personal, referenceOf, type NewEvent } from '@waymark/kernel';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { People, PeopleModule } from './index';

let folder: string;
let people: People;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-people-'));
  people = People.open({ folder });
});
afterEach(() => {
  people.close();
  rmSync(folder, { recursive: true, force: true });
});

const { Told } = defineEvents({
  Told: z.strictObject({
    personId: z.uuid(),
    person: personal(z.unknown(), { subjectField: 'personId', kind: 'identity' }),
    words: personal(z.string(), { subjectField: 'personId', kind: 'clinical' }),
  }),
});
const told = (personId: string, person: unknown, words: string): NewEvent => ({
  id: randomUUID(),
  type: 'Told',
  schemaVersion: 1,
  occurredAt: '2026-11-24T09:00:00.000Z',
  data: { personId, person, words },
  meta: { service: 'northbank', actor: 'public', role: 'self', commandId: randomUUID(), correlationId: 'c' },
});

describe('nothing personal', () => {
  it('is in any file of the data folder or in a sealed event, while it is written or afterwards', async () => {
    const details = {
      name: { family: 'Markerfamily', given: ['Markergiven'], preferred: 'Markerpreferred' },
      birthDate: '1941-02-03',
      nhsNumber: '999 000 0018',
      address: { line: ['1 Markerstreet'], postalCode: 'ZZ99 3WZ' },
    };
    const { personId } = await people.match('northbank', details, randomUUID());
    await people.match('northbank', { ...details, nhsNumber: '999 000 0026', name: { family: 'Markerfamily' } }, randomUUID());
    const sealed = await people.seal('referral-northbank-1', [told(personId, details, 'Markerwords in my own words')], { Told });
    const markers = [
      'markerfamily',
      'markergiven',
      'markerpreferred',
      'markerstreet',
      'markerwords',
      '1941-02-03',
      '9990000018',
      '999 000 0018',
    ];
    markers.push('9990000026', 'zz99 3wz', 'zz993wz');
    const places = () => [
      ['the sealed event', JSON.stringify(sealed)],
      ...readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'latin1')]),
    ];
    const found = () =>
      places().flatMap(([place, text]) => markers.filter((marker) => text!.toLowerCase().includes(marker)).map((m) => `${m} in ${place}`));

    expect(
      places()
        .map(([place]) => place)
        .sort(),
    ).toEqual(['keys.db', 'keys.db-shm', 'keys.db-wal', 'master.key', 'the sealed event']);
    expect(places().find(([place]) => place === 'keys.db-wal')?.[1]).toContain(personId);
    expect(found()).toEqual([]);
    people.close();
    expect(places().find(([place]) => place === 'keys.db')?.[1]).toContain(personId);
    expect(found()).toEqual([]);
    people = People.open({ folder });
  });
});

describe('the keys of a new person’s referral', () => {
  it('are made in the commit of the match when it says what will be sealed', async () => {
    const referrer = randomUUID();
    const id = randomUUID();
    const { personId } = await people.match('northbank', { name: { family: 'Testcase' } }, id, {
      stream: 'referral-northbank-1',
      subjects: [referrer],
    });
    const kept = keyRows();
    expect(kept.sort()).toEqual([`${personId} identity`, `${personId} referral-northbank-1`, `${referrer} identity`].sort());
    await people.seal('referral-northbank-1', [told(personId, { family: 'Testcase' }, 'x')], { Told });
    expect(keyRows().sort()).toEqual(kept.sort());
  });

  function keyRows(): string[] {
    const db = new Database(join(folder, 'keys.db'), { readonly: true });
    const rows = db.prepare<[], string>("SELECT subject || ' ' || name FROM keys").pluck().all();
    db.close();
    return rows;
  }
});

describe('the fingerprint of a request', () => {
  it('is the same for the same body, however its fields are ordered', () => {
    expect(people.fingerprint({ a: 1, b: { c: [1, 2], d: 'x' } })).toBe(people.fingerprint({ b: { d: 'x', c: [1, 2] }, a: 1 }));
    expect(people.fingerprint({ a: 1 })).toMatch(/^[A-Za-z0-9_-]{22}$/);
  });

  it.each([
    [{ a: 1 }, { a: 2 }],
    [{ a: [1, 2] }, { a: [2, 1] }],
    [{ a: '1' }, { a: 1 }],
    [{}, { a: null }],
  ])('%j is not that of %j', (one, other) => {
    expect(people.fingerprint(one)).not.toBe(people.fingerprint(other));
  });

  it('takes whatever a request may hold', () => {
    for (const body of [undefined, null, '', 'text', 0, [], '\ud800']) expect(people.fingerprint(body)).toHaveLength(22);
  });

  it('needs the key: another data folder gives another one', () => {
    const other = People.open({ folder: join(folder, 'other') });
    expect(other.fingerprint({ birthDate: '1941-02-03' })).not.toBe(people.fingerprint({ birthDate: '1941-02-03' }));
    other.close();
  });
});

describe('the key of public references', () => {
  it('is 32 bytes and stays the same', () => {
    expect(people.referenceKey).toHaveLength(32);
    const reference = referenceOf('some-referral', people.referenceKey);
    people.close();
    people = People.open({ folder });
    expect(referenceOf('some-referral', people.referenceKey)).toBe(reference);
  });
});

describe('the module', () => {
  it('gives everybody the same people, as sealer too, and closes them at the end', async () => {
    const elsewhere = join(folder, 'app');
    const app = await Test.createTestingModule({
      imports: [
        PeopleModule.register({ folder: elsewhere }),
        EventStoreModule.register({ folder: elsewhere, definitions: {}, words: ({ type }) => type }),
      ],
    }).compile();
    const given = app.get(People);
    expect(app.get(SEALER)).toBe(given);
    await app.init();
    await app.close();
    await expect(given.match('northbank', {}, randomUUID())).rejects.toThrow('not open');
  });

  it('settles the master key before anybody can have opened the log', () => {
    const elsewhere = join(folder, 'app');
    PeopleModule.register({ folder: elsewhere });
    expect(readdirSync(elsewhere)).toEqual(['master.key']);
  });
});
