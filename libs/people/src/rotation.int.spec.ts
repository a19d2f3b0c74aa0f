/** A new master key: everything opens under it alone, whatever moment a rotation dies at. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineEvents, derivedId, personal, type NewEvent, type RecordedEvent } from '@waymark/kernel';
import { z } from 'zod';
import { DataFolderUnusable, People, rotateMasterKey } from './index';

const { Told } = defineEvents({
  Told: z.strictObject({ personId: z.uuid(), words: personal(z.string(), { subjectField: 'personId', kind: 'clinical' }) }),
});
const ada = { name: { family: 'Testcase', given: ['Ada'] }, birthDate: '1941-02-03', nhsNumber: '999 000 0018' };
const STREAM = 'referral-northbank-1';

let folder: string;
let personId: string;
let sealed: RecordedEvent;
let reference: Uint8Array;
let fingerprint: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-rotation-'));
  const people = People.open({ folder });
  ({ personId } = await people.match('northbank', ada, derivedId('ada')));
  const event: NewEvent = {
    id: derivedId('event'),
    type: 'Told',
    schemaVersion: 1,
    occurredAt: '2026-11-24T09:00:00.000Z',
    data: { personId, words: 'Cannot bath safely' },
    meta: { service: 'northbank', actor: 'system', role: 'system', commandId: derivedId('c'), correlationId: 'c' },
  };
  sealed = (await people.seal(STREAM, [event], { Told }))[0] as unknown as RecordedEvent;
  reference = people.referenceKey;
  fingerprint = people.fingerprint({ a: 1 });
  people.close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const inFolder = (file: string) => join(folder, file);
const masterKey = () => readFileSync(inFolder('master.key'), 'ascii').trim();

/** What stored values depend on is as it was, and new keys can be made. */
async function expectWhole(given?: string): Promise<void> {
  const people = People.open({ folder, ...(given === undefined ? {} : { masterKey: given }) });
  expect(people.open(sealed).data['words']).toBe('Cannot bath safely');
  expect(Buffer.from(people.referenceKey)).toEqual(Buffer.from(reference));
  expect(people.fingerprint({ a: 1 })).toBe(fingerprint);
  expect(people.find('northbank', { nhsNumber: ada.nhsNumber })).toEqual([personId]);
  expect(await people.match('northbank', ada, derivedId('again'))).toMatchObject({ personId, matched: 'nhs-number' });
  people.close();
}

test('all keys are under the new one and the old one opens nothing, once and again', async () => {
  const first = masterKey();
  expect(rotateMasterKey({ folder })).toBe(1);
  expect(masterKey()).not.toBe(first);
  expect(existsSync(inFolder('master.key.next'))).toBe(false);
  await expectWhole();
  expect(() => People.open({ folder, masterKey: first })).toThrow(DataFolderUnusable);
  rotateMasterKey({ folder });
  await expectWhole();
});

test('from the file to the environment, and from one in the environment to the next', async () => {
  const [one, two] = [randomBytes(32), randomBytes(32)].map((key) => key.toString('base64')) as [string, string];
  rotateMasterKey({ folder, newMasterKey: one });
  expect(existsSync(inFolder('master.key'))).toBe(false);
  await expectWhole(one);
  expect(() => rotateMasterKey({ folder, masterKey: one })).toThrow('Set WAYMARK_NEW_MASTER_KEY');
  rotateMasterKey({ folder, masterKey: one, newMasterKey: two });
  await expectWhole(two);
  expect(() => People.open({ folder, masterKey: one })).toThrow(DataFolderUnusable);
});

test('died before its commit: the old key opens, and the next rotation is whole', async () => {
  const first = masterKey();
  writeFileSync(inFolder('master.key.next'), `${randomBytes(32).toString('base64')}\n`);
  await expectWhole();
  expect(masterKey()).toBe(first);
  rotateMasterKey({ folder });
  await expectWhole();
});

test('died after its commit: the next start takes the new key, and the old one is gone', async () => {
  copyFileSync(inFolder('master.key'), inFolder('old'));
  rotateMasterKey({ folder });
  const second = masterKey();
  copyFileSync(inFolder('master.key'), inFolder('master.key.next'));
  copyFileSync(inFolder('old'), inFolder('master.key'));
  await expectWhole();
  expect(masterKey()).toBe(second);
  expect(existsSync(inFolder('master.key.next'))).toBe(false);
});

test('a process that was open before makes no key that nobody could open, and is told to start again', async () => {
  const before = People.open({ folder });
  rotateMasterKey({ folder });
  await expect(
    before.match('northbank', { name: { given: ['Bea'] } }, derivedId('bea'), { stream: 'referral-northbank-2' }),
  ).rejects.toThrow('The master key was changed while this ran');
  expect(() => before.open(sealed)).toThrow('The master key was changed while this ran');
  before.close();
  await expectWhole();
});

test('a destroyed key stays destroyed', async () => {
  const people = People.open({ folder });
  await people.erase([personId], '2026-11-24T09:00:00.000Z');
  people.close();
  expect(rotateMasterKey({ folder })).toBe(0);
  const after = People.open({ folder });
  expect(after.open(sealed).data['words']).toEqual({ erased: true });
  after.close();
});
