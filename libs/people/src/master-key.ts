/** The key of keys: taken from the environment or the data folder, made only where nothing can depend on an older one. */
import { hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** The data folder cannot be used as it is. The message says what to do; it holds no path and no key. */
export class DataFolderUnusable extends Error {
  override readonly name = 'DataFolderUnusable';
}

/** What is derived from the master key. Stored values depend on each: the labels never change. */
export interface DerivedKeys {
  /** Wraps the keys of people. */
  readonly wrapping: Uint8Array;
  /** Makes public references. */
  readonly reference: Uint8Array;
  /** Makes fingerprints of request bodies. */
  readonly fingerprint: Uint8Array;
  /** Makes the hashes of the identity index. */
  readonly blindIndex: Uint8Array;
  /** Tells one master key from another; of no other use. */
  readonly check: Uint8Array;
}

export const MASTER_KEY_FILE = 'master.key';
const BYTES = 32;
const NEXT = 'master.key.next';
const HOW_TO_MAKE_ONE = 'Make one with: openssl rand -base64 32';

/** The master key of a data folder. `given` is WAYMARK_MASTER_KEY; without it, the folder's file `master.key`. */
export function masterKey(folder: string, given?: string): Uint8Array {
  if (given !== undefined) return decoded(given, 'WAYMARK_MASTER_KEY', HOW_TO_MAKE_ONE);
  const file = join(folder, MASTER_KEY_FILE);
  // Looked at before the key file: a process that starts beside us makes its key first and its databases after.
  const dependedOn = existsSync(join(folder, 'log.db')) || existsSync(join(folder, 'keys.db'));
  if (!existsSync(file)) {
    if (dependedOn) {
      throw new DataFolderUnusable(
        'The data folder holds a log or keys, but its master.key is missing. Put master.key back from its backup, or set WAYMARK_MASTER_KEY to the key that was used.',
      );
    }
    makeMasterKey(folder, file);
  }
  return decoded(readFileSync(file, 'ascii'), 'The file master.key', 'Put the original back from its backup');
}

/**
 * The master keys under which keys.db may stand. Two while a rotation is under way: the new one is in `master.key.next`
 * before keys.db is under it, and becomes `master.key` after.
 */
export function masterKeys(folder: string, given?: string): readonly [Uint8Array, ...Uint8Array[]] {
  const next = join(folder, NEXT);
  if (given !== undefined || !existsSync(next)) return [masterKey(folder, given)];
  return [masterKey(folder), decoded(readFileSync(next, 'ascii'), `The file ${NEXT}`, 'Remove it if a rotation was never finished')];
}

/**
 * A new master key beside the old one, whole and durable before it has its name. One that an earlier rotation left there,
 * or half of one, was never used. Never two at once: a rotation holds the runner lock.
 */
export function makeNextMasterKey(folder: string): Uint8Array {
  const unfinished = join(folder, `${NEXT}.unfinished`);
  rmSync(unfinished, { force: true });
  const key = randomBytes(BYTES);
  writeKey(unfinished, key);
  renameSync(unfinished, join(folder, NEXT));
  makeEntryDurable(folder);
  return key;
}

/** keys.db is under the next one: it is the master key now, and the old one is gone. Whoever finds that first does it. */
export function adoptNextMasterKey(folder: string): void {
  try {
    renameSync(join(folder, NEXT), join(folder, 'master.key'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  makeEntryDurable(folder);
}

/** The master key comes from the environment from now on. */
export function removeMasterKeyFile(folder: string): void {
  rmSync(join(folder, 'master.key'), { force: true });
  makeEntryDurable(folder);
}

/** A master key as it is written: base64. `where` names it in the refusal. */
export function readMasterKey(text: string, where: string): Uint8Array {
  return decoded(text, where, HOW_TO_MAKE_ONE);
}

export function derivedKeys(master: Uint8Array): DerivedKeys {
  const derive = (label: string) => new Uint8Array(hkdfSync('sha256', master, new Uint8Array(0), `waymark ${label} v1`, BYTES));
  return {
    wrapping: derive('key wrapping'),
    reference: derive('public reference'),
    fingerprint: derive('request fingerprint'),
    blindIndex: derive('identity index'),
    check: derive('master key check'),
  };
}

function decoded(text: string, where: string, whatToDo: string): Uint8Array {
  const trimmed = text.trim();
  // Buffer.from skips what is not base64, so the form is checked first.
  const bytes = /^[A-Za-z0-9+/]{43}=?$/.test(trimmed) ? Buffer.from(trimmed, 'base64') : undefined;
  if (bytes?.length !== BYTES) throw new DataFolderUnusable(`${where} is not 32 bytes of base64. ${whatToDo}.`);
  return bytes;
}

/** Whole or not there at all, and never over another process's: written aside, made durable, then linked into place. */
function makeMasterKey(folder: string, file: string): void {
  mkdirSync(folder, { recursive: true });
  const aside = join(folder, `master.key.${randomUUID()}`);
  writeKey(aside, randomBytes(BYTES));
  try {
    linkSync(aside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(aside);
  }
  makeEntryDurable(folder);
}

function writeKey(file: string, key: Buffer): void {
  const handle = openSync(file, 'wx', 0o600);
  try {
    writeSync(handle, `${key.toString('base64')}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** A lost directory entry would lose every key wrapped under it. Windows has no handle on a folder; NTFS journals the entry. */
function makeEntryDurable(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
