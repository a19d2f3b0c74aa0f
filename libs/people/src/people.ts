/** Who a referral is about: recognises people, keeps their keys, seals what is personal and opens it again. */
import { createHmac } from 'node:crypto';
import type { Sealer } from '@waymark/event-store';
import type { EventDefinition, EventDefinitions, NewEvent, RecordedEvent } from '@waymark/kernel';
import type Database from 'better-sqlite3';
import canonicalize from 'canonicalize';
import { IDENTITY_TABLES, IdentityIndex, type FindBy, type Match } from './identity-index';
import { IDENTITY, Keys, KEYS_TABLE, type KeyName } from './keys';
import { openKeyFile } from './key-file';
import { keptKeys, KEPT_KEYS_TABLE } from './kept-keys';
import { adoptNextMasterKey, derivedKeys, masterKeys, type DerivedKeys } from './master-key';
import { LogMark, markTable, type Mark } from './log-mark';
import { openEvent, sealEvents, unopenedIn } from './sealing';
import type { PersonDetailsLike } from './traits';
import { TurnCommit } from './turn-commit';

export interface PeopleOptions {
  /** The data folder. */
  readonly folder: string;
  /** WAYMARK_MASTER_KEY: 32 bytes, base64. Without it, the folder's `master.key`. */
  readonly masterKey?: string;
  /** `off` gives up durability: for filling a folder that nobody uses before it has been synced. */
  readonly synchronous?: 'full' | 'off';
}

/** What will be sealed next: the keys are made in the commit of the match, which saves one wait for the disk. */
export interface SealsNext {
  /** The stream whose clinical words about the person will be sealed. */
  readonly stream: string;
  /** Others whose identity will be sealed with it, for example the referrer. */
  readonly subjects?: readonly string[];
}

const FINGERPRINT_BYTES = 16;
/** Others read keys.db for moments. */
const TRUNCATE_TRIES = 100;
const TRUNCATE_AGAIN_MS = 10;

export class People implements Sealer {
  private readonly turn: TurnCommit;
  private readonly keys: Keys;
  private readonly index: IdentityIndex;
  private readonly upTo: LogMark;
  private readonly allKeys: LogMark;

  private constructor(
    private readonly db: Database.Database,
    private readonly derived: DerivedKeys,
  ) {
    this.turn = new TurnCommit(db);
    this.keys = new Keys(db, this.turn, derived.wrapping, derived.check);
    this.index = new IdentityIndex(db, derived.blindIndex);
    this.upTo = new LogMark(db, 'erased_up_to');
    this.allKeys = new LogMark(db, 'keys_up_to');
  }

  /** Throws DataFolderUnusable when the folder or its key cannot be used. Open it before the log: see `masterKey`. */
  static open(options: PeopleOptions): People {
    const { db, derived } = openUnderMasterKey(options);
    return new People(db, derived);
  }

  /** The key of public references: 32 bytes, for `referenceOf`. */
  get referenceKey(): Uint8Array {
    return this.derived.reference;
  }

  seal(
    stream: string,
    events: readonly NewEvent[],
    definitions: EventDefinitions,
    history?: readonly RecordedEvent[],
  ): Promise<NewEvent[]> {
    return sealEvents(this.keys, stream, events, definitions, history);
  }

  /** Sealed fields become the value, or ERASED. A value that was tampered with is a fault, never ERASED. */
  open<E extends RecordedEvent>(event: E, definition?: EventDefinition): E {
    return openEvent(this.keys, event, definition);
  }

  /** Whose sealed fields of this event the keys here do not open, although nobody erased them. */
  unopenedIn(event: RecordedEvent): string[] {
    return unopenedIn(this.keys, event);
  }

  /** The person of this service whom the details describe; the candidate when it knows none. On disk when it resolves. */
  async match(service: string, details: PersonDetailsLike, candidateId: string, next?: SealsNext): Promise<Match> {
    const { match, keys } = await this.turn.write(() => {
      const match = this.index.match(service, details, candidateId);
      return { match, keys: next && this.keys.ensure(keysFor(match.personId, next)) };
    });
    if (keys) this.keys.remember(keys);
    return match;
  }

  /** Ids of the people of one service, for search. */
  find(service: string, by: FindBy): string[] {
    return this.index.find(service, by);
  }

  /** The streams of the referrals that are or were about a person: a referral's key is on disk before its first event. */
  streamsOf(personId: string): string[] {
    return this.keys.streamsOf(personId);
  }

  /**
   * Destroys every key of these people and everything by which they are recognised, for good; `mark` is how far the log was
   * read for them. What was destroyed is in no file of the folder when this resolves true; false: another process is reading
   * keys.db, and its old pages go with the next call or the next start. Only for people whose erasure is in the log.
   */
  async erase(personIds: readonly string[], at: string, mark?: Mark): Promise<boolean> {
    const alive = personIds.filter((id) => this.keys.isAlive(id) || this.index.knows(id));
    if (alive.length > 0 || mark) {
      await this.turn.write(() => {
        for (const id of alive) {
          this.keys.destroy(id, at);
          this.index.forget(id);
        }
        if (mark) this.upTo.move(mark);
      });
    }
    return personIds.length === 0 || this.truncateWal();
  }

  /** How far the log was read for erasures. It stands beside the keys, so that an older keys.db knows less of them. */
  get erasedUpTo(): Mark | undefined {
    return this.upTo.mark;
  }

  /** Up to here every key that the log needs was here. */
  get keysUpTo(): Mark | undefined {
    return this.allKeys.mark;
  }

  async allKeysUpTo(mark: Mark): Promise<void> {
    await this.turn.write(() => this.allKeys.move(mark));
  }

  /** Tells one request body from another without telling what is in it. */
  fingerprint(body: unknown): string {
    const digest = createHmac('sha256', this.derived.fingerprint)
      .update(canonicalize(body) ?? '')
      .digest();
    return digest.subarray(0, FINGERPRINT_BYTES).toString('base64url');
  }

  private async truncateWal(): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      const [{ busy } = { busy: 1 }] = this.db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
      if (busy === 0 || tries === TRUNCATE_TRIES) return busy === 0;
      await new Promise((resolve) => setTimeout(resolve, TRUNCATE_AGAIN_MS));
    }
  }

  close(): void {
    this.turn.close();
    this.db.close();
  }
}

/** keys.db, and the keys that follow from the master key under which it stands. Ends a rotation that died before it said so. */
export function openUnderMasterKey({ folder, masterKey: given, synchronous }: PeopleOptions): {
  readonly db: Database.Database;
  readonly derived: DerivedKeys;
} {
  const derived = masterKeys(folder, given).map(derivedKeys);
  const tables = [KEYS_TABLE, KEPT_KEYS_TABLE, markTable('erased_up_to'), markTable('keys_up_to'), ...IDENTITY_TABLES];
  const { db, under } = openKeyFile(
    folder,
    derived.map(({ check }) => check),
    tables,
    synchronous,
  );
  try {
    if (under > 0) adoptNextMasterKey(folder);
    return { db, derived: { ...derived[under]!, ...keptKeys(db, derived[under]!.wrapping) } };
  } catch (fault) {
    db.close();
    throw fault;
  }
}

function keysFor(personId: string, { stream, subjects = [] }: SealsNext): readonly KeyName[] {
  const identities = [personId, ...subjects].map((subject) => ({ subject, name: IDENTITY }));
  return [...identities, { subject: personId, name: stream }];
}
