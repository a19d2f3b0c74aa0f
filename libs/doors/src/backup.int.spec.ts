import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { LogUnusable, openEventStore, verifyLog } from '@waymark/event-store';
import { DataFolderUnusable, People } from '@waymark/people';
import { FolderHasRunner, openStateFile, takeRunnerLock } from '@waymark/projections';
import { backUp } from './backup';
import { fillDataFolder, readyDataFolder } from './data-folder';
import { BackupUnusable } from './manifest';
import { restore, type Restored } from './restore';

const AT = new Date('2026-03-02T10:00:00.000Z');
const SUBJECTS = ['first', 'second'];

let top: string;
let folder: string;
beforeEach(async () => {
  top = mkdtempSync(join(tmpdir(), 'waymark-backup-'));
  folder = join(top, 'data');
  await live(folder, SUBJECTS);
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const place = (name: string): string => join(top, name);

/** A person becomes known and something is recorded about them, each. */
async function live(where: string, names: readonly string[]): Promise<void> {
  const people = People.open({ folder: where });
  const store = openEventStore({ folder: where, synchronous: 'off' });
  openStateFile(where, ['CREATE TABLE IF NOT EXISTS seen (n INTEGER) STRICT']).close();
  for (const name of names) {
    await people.match('northbank', { name: { family: name }, birthDate: '1950-01-01' }, name, { stream: `referral-northbank-${name}` });
    const meta = { service: 'northbank', actor: 'system', role: 'system', commandId: name, correlationId: name };
    await store.append(`referral-northbank-${name}`, 'none', [
      { id: name, type: 'A', schemaVersion: 1, occurredAt: AT.toISOString(), data: { text: 'x'.repeat(5_000) }, meta },
    ]);
  }
  await store.close();
  people.close();
}

const backed = (name = '') => backUp({ folder, to: place(`log${name}`), keysTo: place(`keys${name}`), at: AT });

async function restored(to: string, from = place('log'), keysFrom = place('keys'), masterKey?: string): Promise<Restored> {
  const filling = fillDataFolder(to, 'restore');
  try {
    return await restore({ folder: to, filling, from, keysFrom, now: AT, ...(masterKey === undefined ? {} : { masterKey }) });
  } finally {
    filling.end();
  }
}

function subjectsIn(where: string): string[] {
  const db = new Database(join(where, 'keys.db'), { readonly: true });
  const subjects = db.prepare<[], string>('SELECT DISTINCT subject FROM keys ORDER BY subject').pluck().all();
  db.close();
  return subjects;
}

describe('a backup', () => {
  it('holds log and state in one place, keys in another, for their owner alone, each complete in itself', async () => {
    const { witness, files, keys } = await backed();
    expect({ files, keys }).toEqual({ files: ['state.db', 'log.db'], keys: ['keys.db', 'master.key'] });
    expect(witness).toMatchObject({ events: 2, at: AT.toISOString(), position: '00000000000000000002' });
    for (const [at, held] of Object.entries({
      log: ['log.db', 'manifest.json', 'state.db'],
      keys: ['keys.db', 'manifest.json', 'master.key'],
    })) {
      expect(readdirSync(place(at)).sort()).toEqual(held);
      for (const file of held) expect([file, statSync(join(place(at), file)).mode & 0o777]).toEqual([file, 0o600]);
    }
  });

  it('is of one moment although others go on writing, and leaves them and the log alone', async () => {
    const store = openEventStore({ folder });
    let going = true;
    const writing = (async () => {
      for (let n = 0; going; n++) {
        const meta = { service: 'northbank', actor: 'system', role: 'system', commandId: `${n}`, correlationId: `${n}` };
        await store.append('bell-northbank-1', n === 0 ? 'none' : n - 1, [
          { id: `bell-${n}`, type: 'BellRung', schemaVersion: 1, occurredAt: AT.toISOString(), data: {}, meta },
        ]);
      }
      return store.read('bell-northbank-1');
    })();
    const { witness } = await backed();
    going = false;
    const written = await writing;
    await store.close();
    expect(await verifyLog(place('log'), [witness])).toMatchObject({ ok: true, witness: 'matched' });
    expect(await verifyLog(folder, [witness])).toMatchObject({ ok: true, witness: 'matched', events: 2 + written.length });
  });

  it('has nothing of what was deleted from the keys', async () => {
    const db = new Database(join(folder, 'keys.db'));
    db.exec("PRAGMA secure_delete = OFF; CREATE TABLE gone (text); INSERT INTO gone VALUES ('MARKER-OF-THE-ERASED'); DROP TABLE gone");
    db.close();
    expect(readFileSync(join(folder, 'keys.db')).includes('MARKER')).toBe(true);
    await backed();
    expect(readFileSync(join(place('keys'), 'keys.db')).includes('MARKER')).toBe(false);
  });

  it('is not written over anything, nor keys beside the log', async () => {
    await backed();
    await expect(backed()).rejects.toThrow(/^--to: that folder is not empty/);
    await expect(backUp({ folder, to: place('one'), keysTo: place('one'), at: AT })).rejects.toThrow('another folder than --to');
    writeFileSync(place('file'), '');
    await expect(backUp({ folder, to: place('file'), at: AT })).rejects.toThrow(BackupUnusable);
  });

  it('of a log that does not verify is none: it has no manifest', async () => {
    const db = new Database(join(folder, 'log.db'));
    db.exec("DROP TRIGGER events_never_change; UPDATE events SET type = 'B' WHERE position = 1");
    db.close();
    await expect(backed()).rejects.toThrow(LogUnusable);
    expect(existsSync(join(place('log'), 'manifest.json'))).toBe(false);
    await expect(restored(place('to'))).rejects.toThrow('no backup that was finished');
  });

  it('of a file with a damaged page is none either', async () => {
    const bytes = readFileSync(join(folder, 'log.db'));
    bytes.fill(0xee, 4_096, 8_192);
    writeFileSync(join(folder, 'log.db'), bytes);
    await expect(backed()).rejects.toThrow(LogUnusable);
  });
});

describe('a restored data folder', () => {
  it('holds what the backup held, and is served from then on', async () => {
    await backed();
    expect(await restored(place('to'))).toMatchObject({ witness: { events: 2 }, newerThanKeys: 0 });
    expect(() => readyDataFolder(place('to'))).not.toThrow();
    const [now, then] = [place('to'), folder].map((where) => openEventStore({ folder: where, readOnly: true }));
    expect(now!.logId).toBe(then!.logId);
    for (const name of SUBJECTS)
      expect(await now!.read(`referral-northbank-${name}`)).toEqual(await then!.read(`referral-northbank-${name}`));
    for (const store of [now!, then!]) await store.close();
    expect(subjectsIn(place('to'))).toEqual(SUBJECTS);
    expect(existsSync(join(place('to'), 'state.db'))).toBe(true);
  });

  it('says by how much its log is ahead of its keys when they are of different backups', async () => {
    await backed();
    await live(folder, ['third']);
    await backed('-later');
    expect(await restored(place('to'), place('log-later'), place('keys'))).toMatchObject({ newerThanKeys: 1 });
    expect(await restored(place('to2'), place('log'), place('keys-later'))).toMatchObject({ newerThanKeys: 0 });
    expect(subjectsIn(place('to2'))).toEqual([...SUBJECTS, 'third']);
  });

  it('has nobody in it who was erased after the keys were copied', async () => {
    await backed();
    const meta = { service: 'northbank', actor: 'system', role: 'system', commandId: 'erase', correlationId: 'erase' };
    const store = openEventStore({ folder, synchronous: 'off' });
    await store.append('person-northbank-first', 'none', [
      { id: 'erased', type: 'PersonErased', schemaVersion: 1, occurredAt: AT.toISOString(), data: { personId: 'first' }, meta },
    ]);
    await store.close();
    await backed('-later');
    await restored(place('to'), place('log-later'), place('keys'));
    const db = new Database(join(place('to'), 'keys.db'), { readonly: true });
    expect(db.prepare('SELECT DISTINCT subject FROM keys WHERE wrapped IS NOT NULL').pluck().all()).toEqual(['second']);
    db.close();
  });

  it.each<[string, (folder: string) => void, RegExp]>([
    ['without a manifest', (at) => rmSync(join(at, 'manifest.json')), /^--from: there is no manifest\.json/],
    ['with a damaged manifest', (at) => writeFileSync(join(at, 'manifest.json'), '{'), /^--from: manifest\.json is damaged/],
    ['of a newer Waymark', (at) => writeFileSync(join(at, 'manifest.json'), '{"format":2}'), /newer version/],
    ['with another manifest', (at) => writeFileSync(join(at, 'manifest.json'), '{"format":1}'), /no manifest of a backup/],
    ['without its log', (at) => rmSync(join(at, 'log.db')), /^--from: log\.db is missing/],
    ['with a log that is longer by a byte', (at) => appendFileSync(join(at, 'log.db'), 'x'), /^--from: log\.db is not the file/],
    ['with a byte of its state changed', (at) => changeByte(join(at, 'state.db')), /^--from: state\.db is not the file/],
  ])('is not made of a backup %s', async (_, damage, says) => {
    await backed();
    damage(place('log'));
    await expect(restored(place('to'))).rejects.toThrow(says);
    expect(existsSync(join(place('to'), 'log.db'))).toBe(false);
  });

  it('is not made of a log and the keys of another', async () => {
    await backed();
    await live(place('other'), ['x']);
    await backUp({ folder: place('other'), to: place('other-log'), keysTo: place('other-keys'), at: AT });
    await expect(restored(place('to'), place('log'), place('other-keys'))).rejects.toThrow('keys of another log');
    await expect(restored(place('to'), place('keys'), place('keys'))).rejects.toThrow('no log in that backup');
  });

  it('is not made where something stands, nor where somebody runs', async () => {
    await backed();
    mkdirSync(place('to'));
    writeFileSync(join(place('to'), 'letter.txt'), 'Dear');
    await expect(restored(place('to'))).rejects.toThrow(/not empty/);
    expect(readFileSync(join(place('to'), 'letter.txt'), 'utf8')).toBe('Dear');
    const lock = takeRunnerLock(place('to'), { address: 'a server' });
    await expect(restored(place('to'))).rejects.toThrow(FolderHasRunner);
    lock.release();
  });

  it('is served to nobody before it is whole, and a restore that was killed starts over', async () => {
    await backed();
    mkdirSync(place('to'));
    const killed = fillDataFolder(place('to'), 'restore');
    killed.mark();
    killed.end();
    writeFileSync(join(place('to'), 'log.db'), 'half of a log');
    expect(() => readyDataFolder(place('to'))).toThrow('half filled: waymark restore');
    expect(() => fillDataFolder(place('to'), 'events import')).toThrow(DataFolderUnusable);
    await restored(place('to'));
    expect(await verifyLog(place('to'))).toMatchObject({ ok: true });
    expect(() => readyDataFolder(place('to'))).not.toThrow();
  });

  it('waits for the right master key', async () => {
    await backed();
    await expect(restored(place('to'), place('log'), place('keys'), Buffer.alloc(32, 7).toString('base64'))).rejects.toThrow(
      'not the master key',
    );
    expect(() => readyDataFolder(place('to'))).toThrow('half filled');
    await restored(place('to'));
    expect(() => readyDataFolder(place('to'))).not.toThrow();
  });

  it('whose log was cut after the backup was made, and its manifest made to fit, is refused', async () => {
    await backed();
    const forged = place('forged');
    cpSync(place('log'), forged, { recursive: true });
    const db = new Database(join(forged, 'log.db'));
    db.exec(
      "DROP TRIGGER events_never_go; DELETE FROM events WHERE position = 2; UPDATE sqlite_sequence SET seq = 1 WHERE name = 'events'",
    );
    db.close();
    const manifest = JSON.parse(readFileSync(join(forged, 'manifest.json'), 'utf8')) as { files: Record<string, unknown> };
    delete manifest.files['log.db'];
    writeFileSync(
      join(forged, 'manifest.json'),
      JSON.stringify({ ...manifest, files: { ...manifest.files, 'log.db': await described(join(forged, 'log.db')) } }),
    );
    await expect(restored(place('to'), forged)).rejects.toThrow('does not verify (witness: broken)');
    expect(() => readyDataFolder(place('to'))).toThrow('half filled');
  });
});

async function described(file: string): Promise<object> {
  const { createHash } = await import('node:crypto');
  return { bytes: statSync(file).size, sha256: createHash('sha256').update(readFileSync(file)).digest('hex') };
}

function changeByte(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(file, bytes);
}
