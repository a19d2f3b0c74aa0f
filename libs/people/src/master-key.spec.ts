import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataFolderUnusable, derivedKeys, masterKey } from './master-key';
import { People } from './people';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'waymark-key-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const modeOf = (file: string) => statSync(join(folder, file)).mode & 0o777;
const someKey = () => randomBytes(32).toString('base64');

describe('the master key', () => {
  it('is made in a folder that holds nothing, readable by its owner alone, and is the same the next time', () => {
    const made = masterKey(folder);
    expect(made).toHaveLength(32);
    expect(modeOf('master.key')).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['master.key']);
    expect(masterKey(folder)).toEqual(made);
  });

  it('is made in a folder that does not exist yet', () => {
    expect(masterKey(join(folder, 'new/data'))).toEqual(masterKey(join(folder, 'new/data')));
  });

  it.each(['log.db', 'keys.db'])('is never made beside a %s: what is sealed there was sealed under another key', (file) => {
    writeFileSync(join(folder, file), '');
    expect(() => masterKey(folder)).toThrow(DataFolderUnusable);
    expect(() => masterKey(folder)).toThrow(/Put master.key back .* or set WAYMARK_MASTER_KEY/);
    expect(existsSync(join(folder, 'master.key'))).toBe(false);
  });

  it('comes from the environment when it is given there, and then no file is made', () => {
    const given = someKey();
    expect(Buffer.from(masterKey(folder, `${given}\n`)).toString('base64')).toBe(given);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['nothing', ''],
    ['too short', randomBytes(31).toString('base64')],
    ['too long', randomBytes(33).toString('base64')],
    ['hexadecimal', randomBytes(32).toString('hex')],
    ['base64 with something else in it', someKey().replace(/^./, '*')],
  ])('that is %s is refused, and the message does not repeat it', (_what, given) => {
    const refusal = (() => {
      try {
        return masterKey(folder, given);
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toBeInstanceOf(DataFolderUnusable);
    expect((refusal as Error).message).toContain('WAYMARK_MASTER_KEY is not 32 bytes of base64. Make one with: openssl rand -base64 32');
    if (given) expect((refusal as Error).message).not.toContain(given);
  });

  it('in a damaged file is refused', () => {
    writeFileSync(join(folder, 'master.key'), 'half a ke');
    expect(() => masterKey(folder)).toThrow('The file master.key is not 32 bytes of base64');
  });

  it('gives a different key for each purpose', () => {
    const derived = Object.values(derivedKeys(randomBytes(32))).map((key: Uint8Array) => Buffer.from(key).toString('hex'));
    expect(new Set(derived).size).toBe(5);
  });

  it('always gives the same keys: stored references, hashes and wrapped keys depend on them', () => {
    const { wrapping, reference, fingerprint, blindIndex, check } = derivedKeys(new Uint8Array(32));
    const starts = [wrapping, reference, fingerprint, blindIndex, check].map((key) => Buffer.from(key).toString('hex').slice(0, 8));
    expect(starts).toEqual(['f7e9d112', 'd22ce2b4', '7885716e', 'ae9f16bb', 'a8ab45f6']);
  });
});

describe('keys.db', () => {
  it('notices at once that the master key is not the one it was written with', () => {
    People.open({ folder, masterKey: someKey() }).close();
    expect(() => People.open({ folder, masterKey: someKey() })).toThrow(DataFolderUnusable);
    expect(() => People.open({ folder, masterKey: someKey() })).toThrow(/not the master key that keys.db was written with/);
  });

  it('opens again under its key, from the environment as from the file', () => {
    People.open({ folder }).close();
    const kept = readFileSync(join(folder, 'master.key'), 'ascii');
    People.open({ folder, masterKey: kept }).close();
    People.open({ folder }).close();
  });

  it('is readable by its owner alone, with its WAL, whatever a restore made of it', () => {
    People.open({ folder }).close();
    chmodSync(join(folder, 'keys.db'), 0o644);
    const people = People.open({ folder });
    expect(['keys.db', 'keys.db-wal'].map(modeOf)).toEqual([0o600, 0o600]);
    people.close();
  });

  it('that is not a database is refused in words', () => {
    masterKey(folder);
    writeFileSync(join(folder, 'keys.db'), 'x'.repeat(4096));
    expect(() => People.open({ folder })).toThrow(DataFolderUnusable);
    expect(() => People.open({ folder })).toThrow('keys.db cannot be read (SQLITE_NOTADB). Put it back from its backup.');
  });
});
