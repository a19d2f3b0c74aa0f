/** The keys under which personal data is sealed: one identity key a subject, one clinical key a subject and stream. */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { RecentlyUsed } from '@waymark/kernel';
import type { Database, Statement } from 'better-sqlite3';
import { freshBytes } from './fresh-bytes';
import { DataFolderUnusable } from './master-key';
import type { TurnCommit } from './turn-commit';

/**
 * Stored format. A destroyed key keeps its row, without the key, so that it is never made again:
 * wrapped is NULL if and only if destroyed_at is not.
 */
export const KEYS_TABLE = `CREATE TABLE IF NOT EXISTS keys (
  subject TEXT NOT NULL,
  name TEXT NOT NULL,
  wrapped BLOB,
  destroyed_at TEXT,
  PRIMARY KEY (subject, name),
  CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
) STRICT, WITHOUT ROWID`;

/** The name of the key under which it is kept who a subject is. */
export const IDENTITY = 'identity';
/** Between the name of a key that was lost and the number of the one made in its place. Stored format. */
const LATER = '~';

export interface KeyName {
  /** The id of a person, a referrer or a practitioner. */
  readonly subject: string;
  /** `identity`, or the stream whose clinical words it protects; with `~2`, `~3` where an earlier one was lost. */
  readonly name: string;
}

/** Somebody tries to write about a subject whose keys were destroyed: nothing can be sealed for them any more. */
export class KeyDestroyed extends Error {
  override readonly name = 'KeyDestroyed';
  constructor({ subject, name }: KeyName) {
    super(`The key '${name}' of subject ${subject} has been destroyed. Nothing can be recorded about them under it.`);
  }
}

/** A wrapped key that the right master key does not open: keys.db is damaged or was tampered with. */
export class KeyUnreadable extends Error {
  override readonly name = 'KeyUnreadable';
  constructor({ subject, name }: KeyName) {
    super(`The stored key '${name}' of subject ${subject} cannot be unwrapped. Put keys.db back from its backup.`);
  }
}

/** A key, and the name that it is kept by. */
export interface NamedKey extends KeyName {
  readonly key: Uint8Array;
}

/** Whether something that is stored was sealed under this name. */
export type WasUsed = (name: KeyName) => boolean;

interface Cached {
  readonly key: NamedKey;
  /** keys.db as the key was seen in it; a commit of another process, for example an erasure, makes this out of date. */
  readonly seenIn: number;
}

interface KeyRow {
  readonly wrapped: Buffer | null;
}

/** Keys as a transaction sees them; they may be remembered when it is committed, not before. */
export interface Ensured {
  readonly keys: readonly NamedKey[];
  readonly seenIn: number;
}

type Found = Uint8Array | 'missing' | 'destroyed';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const CACHED_KEYS = 20_000;

export class Keys {
  private cache = new RecentlyUsed<string, Cached>(CACHED_KEYS);
  private destructions = 0;
  private seenThisTurn: number | undefined;
  private readonly select: Statement<[string, string], KeyRow>;
  private readonly insert: Statement<[string, string, Buffer]>;
  private readonly namesOf: Statement<[string], string>;
  private readonly living: Statement<[string], number>;
  private readonly destroyAll: Statement<[string, string]>;
  private readonly bury: Statement<[string, string, string]>;
  private readonly storedCheck: Statement<[], Buffer>;
  private readonly dataVersion: Statement<[], number>;

  constructor(
    db: Database,
    private readonly turn: TurnCommit,
    private readonly wrapping: Uint8Array,
    /** Tells whether keys.db is still under the master key of this process. */
    private readonly check: Uint8Array,
  ) {
    this.select = db.prepare('SELECT wrapped FROM keys WHERE subject = ? AND name = ?');
    this.insert = db.prepare('INSERT INTO keys (subject, name, wrapped) VALUES (?, ?, ?)');
    this.namesOf = db.prepare<[string], string>('SELECT name FROM keys WHERE subject = ? ORDER BY name').pluck();
    this.living = db.prepare<[string], number>('SELECT 1 FROM keys WHERE subject = ? AND wrapped IS NOT NULL').pluck();
    this.destroyAll = db.prepare('UPDATE keys SET wrapped = NULL, destroyed_at = ? WHERE subject = ? AND wrapped IS NOT NULL');
    this.bury = db.prepare('INSERT INTO keys (subject, name, destroyed_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING');
    this.storedCheck = db.prepare<[], Buffer>('SELECT check_value FROM master_key').pluck();
    this.dataVersion = db.prepare<[], number>('PRAGMA data_version').pluck();
  }

  /**
   * The keys asked for, in that order. Those that were missing are on disk when this resolves. One that is missing although it
   * was used has been lost: another is made under a later name, so that nobody takes it for the one that was lost.
   */
  async provide(needed: readonly KeyName[], wasUsed: WasUsed = () => false): Promise<readonly NamedKey[]> {
    const seenIn = this.versionOfThisTurn();
    const cached = needed.flatMap((name) => this.cached(name, seenIn) ?? []);
    if (cached.length === needed.length) return cached;
    // A turn that finds them all stored writes nothing and waits for no disk.
    const ensured = await this.turn.write(() => this.ensure(needed, wasUsed));
    this.remember(ensured);
    return ensured.keys;
  }

  /** As `provide`, inside a write transaction of the caller, who has them remembered once it is committed. */
  ensure(needed: readonly KeyName[], wasUsed: WasUsed = () => false): Ensured {
    return { keys: needed.map((name) => this.storedOrMade(name, wasUsed)), seenIn: this.version() };
  }

  remember({ keys, seenIn }: Ensured): void {
    for (const key of keys) this.cache.set(keyId(key), { key, seenIn });
  }

  /** The keys to read with, in that order; `undefined` for one that was destroyed or is not here. */
  find(names: readonly KeyName[]): readonly (Uint8Array | undefined)[] {
    const seenIn = this.version();
    return names.map((name) => {
      const cached = this.cached(name, seenIn);
      if (cached) return cached.key;
      const key = this.stored(name);
      if (typeof key === 'string') return undefined;
      this.cache.set(keyId(name), { key: { ...name, key }, seenIn });
      return key;
    });
  }

  /** Neither here nor destroyed. Of somebody who was erased nothing is missing, also where a key had been lost before. */
  isMissing({ subject, name }: KeyName): boolean {
    return this.select.get(subject, name) === undefined && this.isAlive(subject);
  }

  /** The streams that hold clinical words about a subject, whether or not they can still be opened. */
  streamsOf(subject: string): string[] {
    const names = this.namesOf.all(subject).map((name) => name.split(LATER)[0]!);
    return [...new Set(names)].filter((name) => name !== IDENTITY);
  }

  /** Some key of the subject can still open something, or their identity key could still be made. */
  isAlive(subject: string): boolean {
    return this.living.get(subject) !== undefined || this.select.get(subject, IDENTITY) === undefined;
  }

  /** Every key of the subject, for good, inside a write transaction of the caller. `at`: UTC instant. */
  destroy(subject: string, at: string): void {
    this.destroyAll.run(at, subject);
    // Also where there was none: nobody makes one for them afterwards.
    this.bury.run(subject, IDENTITY, at);
    this.cache = new RecentlyUsed(CACHED_KEYS);
    this.destructions++;
  }

  private cached(name: KeyName, seenIn: number): NamedKey | undefined {
    const cached = this.cache.get(keyId(name));
    return cached?.seenIn === seenIn ? cached.key : undefined;
  }

  private stored(name: KeyName): Found {
    const row = this.select.get(name.subject, name.name);
    if (!row) return 'missing';
    return row.wrapped ? this.unwrapped(name, row.wrapped) : 'destroyed';
  }

  private storedOrMade({ subject, name }: KeyName, wasUsed: WasUsed): NamedKey {
    for (let generation = 1; ; generation++) {
      const named = { subject, name: generation === 1 ? name : `${name}${LATER}${generation}` };
      const key = usable(named, this.stored(named)) ?? (wasUsed(named) ? undefined : this.made(named));
      if (key) return { ...named, key };
    }
  }

  private made(name: KeyName): Uint8Array {
    const key = freshBytes(KEY_BYTES);
    // A key wrapped under a master key that has been replaced meanwhile could never be opened again.
    this.mustBeOurs();
    this.insert.run(name.subject, name.name, wrapKey(this.wrapping, name, key));
    return key;
  }

  private unwrapped(name: KeyName, wrapped: Buffer): Uint8Array {
    try {
      return unwrapKey(this.wrapping, name, wrapped);
    } catch (fault) {
      this.mustBeOurs();
      throw fault;
    }
  }

  private mustBeOurs(): void {
    if (this.storedCheck.get()?.equals(this.check)) return;
    throw new DataFolderUnusable('The master key was changed while this ran. Start it again, under the new one.');
  }

  /** As `version`, asked once a turn: what is sealed in a turn is stored at its end, whatever happened meanwhile. */
  private versionOfThisTurn(): number {
    if (this.seenThisTurn === undefined) {
      this.seenThisTurn = this.dataVersion.get()!;
      setImmediate(() => (this.seenThisTurn = undefined));
    }
    return this.seenThisTurn + this.destructions;
  }

  /** Grows when another connection has committed to keys.db, and when this one has destroyed keys. */
  private version(): number {
    return this.dataVersion.get()! + this.destructions;
  }
}

/** One text for a key, whatever its parts hold. It is bound to the wrapped key: stored format. */
export function keyId({ subject, name }: KeyName): string {
  return JSON.stringify([subject, name]);
}

/** Under the name that it is kept by: a wrapped key cannot be moved to another. Stored format. */
export function wrapKey(wrapping: Uint8Array, name: KeyName, key: Uint8Array): Buffer {
  const iv = freshBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, wrapping, iv).setAAD(Buffer.from(keyId(name)));
  return Buffer.concat([iv, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
}

/** Throws KeyUnreadable. */
export function unwrapKey(wrapping: Uint8Array, name: KeyName, wrapped: Buffer): Buffer {
  try {
    const decipher = createDecipheriv(CIPHER, wrapping, wrapped.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(keyId(name)))
      .setAuthTag(wrapped.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(wrapped.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    throw new KeyUnreadable(name);
  }
}

function usable(name: KeyName, found: Found): Uint8Array | undefined {
  if (found === 'destroyed') throw new KeyDestroyed(name);
  return found === 'missing' ? undefined : found;
}
