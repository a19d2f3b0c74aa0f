import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineEvents, ERASED, isSealed, personal, type NewEvent, type RecordedEvent } from '@waymark/kernel';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { z } from 'zod';
import { KeyDestroyed, KeyUnreadable, People, SealBroken } from './index';

const definitions = defineEvents({
  Written: z.strictObject({
    personId: z.uuid(),
    referrerId: z.uuid().optional(),
    age: z.number().optional(),
    person: personal(z.unknown(), { subjectField: 'personId', kind: 'identity' }).optional(),
    referrer: personal(z.unknown(), { subjectField: 'referrerId', kind: 'identity' }).optional(),
    words: personal(z.unknown(), { subjectField: 'personId', kind: 'clinical' }).optional(),
  }),
  Counted: z.strictObject({ count: z.number() }),
});
const stream = 'referral-northbank-1';
const ada = '0b3c1f7e-0000-5000-8000-000000000001';
const bea = '0b3c1f7e-0000-5000-8000-000000000002';

const masterKey = randomBytes(32).toString('base64');
let folder: string;
let people: People;
let raw: Database.Database;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-seal-'));
  people = People.open({ folder, masterKey });
  raw = new Database(join(folder, 'keys.db'));
});
afterEach(() => {
  raw.close();
  people.close();
  rmSync(folder, { recursive: true, force: true });
});

function event(data: Record<string, unknown>, type = 'Written'): NewEvent {
  const meta = { service: 'northbank', actor: 'public', role: 'self', commandId: randomUUID(), correlationId: 'c' };
  return { id: randomUUID(), type, schemaVersion: 1, occurredAt: '2026-11-24T09:00:00.000Z', data, meta };
}
function recorded(stored: NewEvent): RecordedEvent {
  const place = { stream, revision: 0, position: '1'.padStart(20, '0'), recordedAt: stored.occurredAt };
  // Through JSON, as a log gives it back.
  return JSON.parse(JSON.stringify({ ...stored, ...place, previousHash: '0'.repeat(64), hash: 'f'.repeat(64) })) as RecordedEvent;
}
async function sealed(data: Record<string, unknown>, on = stream): Promise<NewEvent> {
  const [one] = await people.seal(on, [event(data)], definitions);
  return one!;
}
const opened = (stored: NewEvent) => people.open(recorded(stored)).data;
const keyNames = () => raw.prepare('SELECT subject, name FROM keys ORDER BY subject, name').raw().all();
const destroy = (subject: string, name: string) =>
  raw
    .prepare("UPDATE keys SET wrapped = NULL, destroyed_at = '2026-11-25T00:00:00.000Z' WHERE subject = ? AND name = ?")
    .run(subject, name);

describe('a personal field', () => {
  it('comes back as it was, whatever is in it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ stringUnit: 'binary', maxDepth: 2 }), async (value) => {
        const before: unknown = JSON.parse(JSON.stringify(value));
        fc.pre(!isSealed(before) && !(typeof before === 'object' && before !== null && 'erased' in before));
        const stored = await sealed({ personId: ada, words: before });
        expect(isSealed(stored.data['words'])).toBe(true);
        expect(opened(stored)['words']).toEqual(before);
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    ['ten thousand characters', 'Łong wörds — '.repeat(800)],
    ['every plane of Unicode', 'Zoë 李 अदिति 👩🏽‍🦽 \u0000 \u2028 \ud800'],
    ['nothing', ''],
    ['false', false],
    ['nought', 0],
    ['null', null],
  ])('of %s comes back', async (_what, value) => {
    expect(opened(await sealed({ personId: ada, words: value }))['words']).toEqual(value);
  });

  it('is the only thing that changes, and the event that was given stays as it was', async () => {
    const given = event({ personId: ada, age: 84, words: 'I want to bath safely' });
    const copy = structuredClone(given);
    const [stored] = await people.seal(stream, [given], definitions);
    expect(given).toEqual(copy);
    expect({ ...stored, data: { ...stored!.data, words: undefined } }).toEqual({ ...given, data: { ...given.data, words: undefined } });
  });

  it('says whose it is and under which of their keys, and nothing else', async () => {
    const { data } = await sealed({
      personId: ada,
      referrerId: bea,
      person: { family: 'Testcase' },
      referrer: { name: 'Bea' },
      words: 'x',
    });
    expect(data['person']).toEqual({ $enc: 1, subject: ada, key: 'identity', iv: expect.any(String), ct: expect.any(String) });
    expect(data['referrer']).toMatchObject({ subject: bea, key: 'identity' });
    expect(data['words']).toMatchObject({ subject: ada, key: stream });
    expect(Buffer.from((data['words'] as { iv: string }).iv, 'base64')).toHaveLength(12);
  });

  it('never seals alike twice', async () => {
    const given = event({ personId: ada, words: 'the same' });
    const [one] = await people.seal(stream, [given], definitions);
    const [two] = await people.seal(stream, [given], definitions);
    expect(one!.data['words']).not.toEqual(two!.data['words']);
  });

  it('never takes an IV a second time, however many values are sealed', async () => {
    const many = Array.from({ length: 3_000 }, () => event({ personId: ada, words: 'the same' }));
    const ivs = (await people.seal(stream, many, definitions)).map(({ data }) => (data['words'] as { iv: string }).iv);
    expect(new Set(ivs).size).toBe(many.length);
  });

  it('that is absent, sealed or erased already stays so', async () => {
    const once = await sealed({ personId: ada, words: 'x' });
    const data = { personId: ada, words: once.data['words'], person: ERASED, referrer: undefined };
    const [again] = await people.seal(stream, [event(data)], definitions);
    expect(again!.data).toEqual(data);
  });

  it('needs somebody whom it is about', async () => {
    await expect(sealed({ personId: ada, referrer: { name: 'Secret' } })).rejects.toThrow(
      "has the personal field 'referrer' but no 'referrerId'",
    );
    await expect(sealed({ personId: ada, referrer: { name: 'Secret' } })).rejects.not.toThrow('Secret');
  });

  it('of an event type that nobody declared is never stored in the clear', async () => {
    await expect(people.seal(stream, [event({}, 'Unheard')], definitions)).rejects.toThrow('no definition of the event type Unheard');
    await expect(people.seal(stream, [event({}, 'toString')], definitions)).rejects.toThrow('no definition of the event type toString');
  });
});

describe('opening', () => {
  it('gives an event without personal fields as it is', async () => {
    const [counted] = await people.seal(stream, [event({ count: 3 }, 'Counted')], definitions);
    expect(people.open(recorded(counted!)).data).toEqual({ count: 3 });
  });

  it('opens only what the definition declares, when it is given', async () => {
    const stored = recorded(await sealed({ personId: ada, words: 'x' }));
    expect(people.open(stored, definitions.Written).data['words']).toBe('x');
    expect(people.open(stored, definitions.Counted).data['words']).toEqual(stored.data['words']);
  });

  it('gives ERASED where the key was destroyed or is gone, and the rest of the event', async () => {
    const stored = await sealed({ personId: ada, referrerId: bea, age: 84, person: { family: 'Testcase' }, referrer: 'Bea', words: 'x' });
    destroy(ada, 'identity');
    raw.prepare('DELETE FROM keys WHERE name = ?').run(stream);
    expect(opened(stored)).toEqual({ personId: ada, referrerId: bea, age: 84, person: ERASED, referrer: 'Bea', words: ERASED });
  });

  it.each(['ct', 'iv', 'subject', 'key'])('a value whose %s was changed is a fault, never an erasure', async (part) => {
    await sealed({ personId: bea, person: 'so that both have keys', words: 'x' });
    await sealed({ personId: ada, person: 'x' });
    const stored = recorded(await sealed({ personId: ada, words: 'x' }));
    const seal = stored.data['words'] as Record<string, string>;
    const flipped = (text: string) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
    const changed = { ct: flipped(seal['ct']!), iv: flipped(seal['iv']!), subject: bea, key: 'identity' }[part];
    const tampered = { ...stored, data: { ...stored.data, words: { ...seal, [part]: changed } } };
    expect(() => people.open(tampered)).toThrow(SealBroken);
    expect(() => people.open(tampered)).toThrow(`The sealed field 'words' of event ${stored.id} was changed`);
  });

  it.each([
    { $enc: 1, subject: ada, key: stream },
    { $enc: 1, subject: ada, key: stream, iv: '', ct: '' },
  ])('a seal with parts missing is a fault', async (seal) => {
    const stored = recorded(await sealed({ personId: ada, words: 'x' }));
    expect(() => people.open({ ...stored, data: { ...stored.data, words: seal } })).toThrow(SealBroken);
  });

  it('refuses a value that was moved to another field or to another event', async () => {
    const one = recorded(await sealed({ personId: ada, referrerId: ada, person: 'one', referrer: 'other' }));
    const two = recorded(await sealed({ personId: ada, person: 'two' }));
    expect(() => people.open({ ...one, data: { ...one.data, person: one.data['referrer'] } })).toThrow(SealBroken);
    expect(() => people.open({ ...one, data: { ...one.data, person: two.data['person'] } })).toThrow(SealBroken);
  });

  it('notices a stored key that was tampered with', async () => {
    const stored = await sealed({ personId: ada, words: 'x' });
    raw.prepare('UPDATE keys SET wrapped = zeroblob(60)').run();
    expect(() => opened(stored)).toThrow(KeyUnreadable);
  });

  it('notices that two stored keys changed places', async () => {
    const stored = await sealed({ personId: ada, person: 'a', words: 'x' });
    raw.exec('UPDATE keys SET wrapped = (SELECT other.wrapped FROM keys AS other WHERE other.name <> keys.name)');
    expect(() => opened(stored)).toThrow(KeyUnreadable);
  });
});

describe('the keys', () => {
  it('are one for each identity, and one for the words of each referral', async () => {
    await sealed({ personId: ada, referrerId: bea, person: 'a', referrer: 'b', words: 'x' });
    await sealed({ personId: ada, words: 'y' }, 'referral-northbank-2');
    expect(keyNames()).toEqual([
      [ada, 'identity'],
      [ada, 'referral-northbank-1'],
      [ada, 'referral-northbank-2'],
      [bea, 'identity'],
    ]);
  });

  it('are on disk before the sealed events are given out, for a reader of another process', async () => {
    const sealing = sealed({ personId: ada, person: 'a', words: 'x' });
    expect(keyNames()).toEqual([]);
    const seen = await sealing.then((stored) => ({ names: keyNames(), stored }));
    expect(seen.names).toHaveLength(2);
    const other = People.open({ folder, masterKey });
    expect(other.open(recorded(seen.stored)).data['person']).toBe('a');
    other.close();
  });

  it('are not made for a caller whose events cannot be sealed', async () => {
    await expect(people.seal(stream, [event({ personId: ada, words: 'x' }), event({ words: 'y' })], definitions)).rejects.toThrow();
    expect(keyNames()).toEqual([]);
  });

  it('are one when two processes need the same one at once', async () => {
    const other = People.open({ folder, masterKey });
    const stored = await Promise.all([people, other].map((one) => one.seal(stream, [event({ personId: ada, words: 'x' })], definitions)));
    expect(keyNames()).toHaveLength(1);
    for (const reader of [people, other]) for (const [one] of stored) expect(reader.open(recorded(one!)).data['words']).toBe('x');
    other.close();
  });

  it('survive a restart', async () => {
    const stored = await sealed({ personId: ada, words: 'x' });
    people.close();
    people = People.open({ folder, masterKey });
    expect(opened(stored)['words']).toBe('x');
  });

  it('that were destroyed, here or by another process, are never made again', async () => {
    await sealed({ personId: ada, words: 'x' });
    destroy(ada, stream);
    await expect(sealed({ personId: ada, words: 'y' })).rejects.toThrow(KeyDestroyed);
    await expect(sealed({ personId: ada, words: 'y' })).rejects.toThrow(`The key '${stream}' of subject ${ada} has been destroyed`);
    expect(raw.prepare('SELECT wrapped FROM keys').pluck().all()).toEqual([null]);
  });

  it('that were destroyed do not stop others who write in the same turn', async () => {
    await sealed({ personId: ada, words: 'x' });
    destroy(ada, stream);
    const results = await Promise.allSettled([sealed({ personId: ada, words: 'y' }), sealed({ personId: bea, words: 'z' })]);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'fulfilled']);
  });

  it('are never stored as they are', async () => {
    await sealed({ personId: ada, words: 'x' });
    const [wrapped] = raw.prepare<[], Buffer>('SELECT wrapped FROM keys').pluck().all();
    expect(wrapped).toHaveLength(12 + 32 + 16);
    expect(() => raw.exec('UPDATE keys SET wrapped = NULL')).toThrow('CHECK constraint failed');
  });
});
