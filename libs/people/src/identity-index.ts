/** Recognises a human whom a service knows already, from hashes alone: nothing personal can be read out of it. */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { Database, Statement } from 'better-sqlite3';
import { contradicts, likeness, type Known } from './likeness';
import { familyNamesOf, givenNamesOf, traitsOf, type PersonDetailsLike, type Traits } from './traits';

/**
 * Stored format. `person`: what is known of each; every trait is a row of hashes that hold for this person alone, so that
 * nobody can count how often a name occurs. `place`: where to look for somebody. `matched`: who a candidate turned out to be;
 * a candidate that became a person has its answer in `person`.
 */
export const IDENTITY_TABLES = [
  `CREATE TABLE IF NOT EXISTS person (
    id TEXT PRIMARY KEY,
    service TEXT NOT NULL,
    possible INTEGER NOT NULL,
    nhs_number BLOB,
    given BLOB NOT NULL,
    family BLOB NOT NULL,
    preferred BLOB NOT NULL,
    birth_date BLOB NOT NULL,
    postcode BLOB NOT NULL
  ) STRICT, WITHOUT ROWID`,
  'CREATE UNIQUE INDEX IF NOT EXISTS person_by_nhs_number ON person (service, nhs_number) WHERE nhs_number IS NOT NULL',
  'CREATE TABLE IF NOT EXISTS place (hash BLOB NOT NULL, person TEXT NOT NULL, PRIMARY KEY (hash, person)) STRICT, WITHOUT ROWID',
  `CREATE TABLE IF NOT EXISTS matched (
    candidate TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    matched TEXT NOT NULL
  ) STRICT, WITHOUT ROWID`,
];

export interface Match {
  readonly personId: string;
  /** How they were recognised; `new`: nobody was, and the candidate became a person. */
  readonly matched: 'new' | 'nhs-number' | 'details';
  /** Somebody must look: this may be a person whom the service knows. */
  readonly possible: boolean;
}

export type FindBy = { readonly nhsNumber: string } | { readonly family: string; readonly birthDate: string };

interface PersonRow {
  readonly id: string;
  readonly service: string;
  readonly possible: number;
  readonly nhs_number: Buffer | null;
  readonly given: Buffer;
  readonly family: Buffer;
  readonly preferred: Buffer;
  readonly birth_date: Buffer;
  readonly postcode: Buffer;
}

type OwnTrait = 'given' | 'family' | 'preferred' | 'birth_date' | 'postcode';

const HASH_BYTES = 16;
const OWN_HASH_BYTES = 8;
const NOTHING = Buffer.alloc(0);

export class IdentityIndex {
  private readonly answered: Statement<[string], { person: string; matched: Match['matched'] }>;
  private readonly answer: Statement<[string, string, string]>;
  private readonly byId: Statement<[string], PersonRow>;
  private readonly byNhsNumber: Statement<[string, Buffer], PersonRow>;
  private readonly at: Statement<[Buffer], string>;
  private readonly put: Statement<[Buffer, string]>;
  private readonly keep: Statement<[PersonRow]>;
  private readonly forgetting: readonly Statement<[string]>[];
  private readonly key: KeyObject;

  constructor(db: Database, blindIndexKey: Uint8Array) {
    this.key = createSecretKey(blindIndexKey);
    this.answered = db.prepare('SELECT person, matched FROM matched WHERE candidate = ?');
    this.answer = db.prepare('INSERT INTO matched (candidate, person, matched) VALUES (?, ?, ?)');
    this.byId = db.prepare('SELECT * FROM person WHERE id = ?');
    this.byNhsNumber = db.prepare('SELECT * FROM person WHERE service = ? AND nhs_number = ?');
    this.at = db.prepare<[Buffer], string>('SELECT person FROM place WHERE hash = ?').pluck();
    this.put = db.prepare('INSERT INTO place (hash, person) VALUES (?, ?) ON CONFLICT DO NOTHING');
    this.keep = db.prepare(
      `INSERT INTO person VALUES (@id, @service, @possible, @nhs_number, @given, @family, @preferred, @birth_date, @postcode)
       ON CONFLICT (id) DO UPDATE SET nhs_number = excluded.nhs_number, given = excluded.given, family = excluded.family,
       preferred = excluded.preferred, birth_date = excluded.birth_date, postcode = excluded.postcode`,
    );
    this.forgetting = [
      db.prepare('DELETE FROM place WHERE person = ?'),
      db.prepare('DELETE FROM matched WHERE person = ?'),
      db.prepare('DELETE FROM person WHERE id = ?'),
    ];
  }

  /** Nobody is recognised as this person any more. Within a write transaction of the caller. */
  forget(personId: string): void {
    for (const statement of this.forgetting) statement.run(personId);
  }

  knows(personId: string): boolean {
    return this.byId.get(personId) !== undefined;
  }

  /** Insert or get, within a write transaction of the caller. The same candidate always gets the same answer. */
  match(service: string, details: PersonDetailsLike, candidateId: string): Match {
    const before = this.answerOf(candidateId);
    if (before) return before;
    const traits = traitsOf(details);
    const found = this.recognise(service, traits);
    if (!found.person) {
      const nobody = { id: candidateId, service, nhs_number: null, given: NOTHING, family: NOTHING, preferred: NOTHING };
      const possible = found.possible ? 1 : 0;
      this.learn(
        { ...nobody, birth_date: NOTHING, postcode: NOTHING, possible },
        found.numberIsAnothers ? { ...traits, nhsNumber: undefined } : traits,
      );
      return { personId: candidateId, matched: 'new', possible: found.possible };
    }
    // A move or a marriage is known from the first referral that tells of it.
    this.learn(found.person, traits);
    this.answer.run(candidateId, found.person.id, found.matched);
    return { personId: found.person.id, matched: found.matched, possible: false };
  }

  /** The people of one service with this NHS number, or with this family name and full birth date. */
  find(service: string, by: FindBy): string[] {
    if ('nhsNumber' in by) {
      const { nhsNumber } = traitsOf({ nhsNumber: by.nhsNumber });
      const found = nhsNumber === undefined ? undefined : this.byNhsNumber.get(service, this.numberHash(service, nhsNumber));
      return found ? [found.id] : [];
    }
    return this.familyPlaces(service, traitsOf({ name: { family: by.family }, birthDate: by.birthDate })).flatMap((place) =>
      this.at.all(place),
    );
  }

  private answerOf(candidateId: string): Match | undefined {
    const known = this.answered.get(candidateId);
    if (known) return { personId: known.person, matched: known.matched, possible: false };
    const became = this.byId.get(candidateId);
    return became && { personId: became.id, matched: 'new', possible: became.possible === 1 };
  }

  private recognise(service: string, traits: Traits): Recognised {
    const holder = traits.nhsNumber && this.byNhsNumber.get(service, this.numberHash(service, traits.nhsNumber));
    if (holder) {
      if (contradicts(traits, this.known(holder))) return { possible: true, numberIsAnothers: true };
      return { person: holder, matched: 'nhs-number' };
    }
    const alike: PersonRow[] = [];
    let doubtful = false;
    for (const person of this.candidates(service, traits)) {
      switch (likeness(traits, this.known(person))) {
        case 'alike':
          alike.push(person);
          break;
        case 'doubtful':
          doubtful = true;
          break;
        case 'unlike':
          break;
      }
    }
    const [only] = alike;
    // The number given is nobody's yet, so somebody who has one has another one.
    const another = traits.nhsNumber !== undefined && only !== undefined && only.nhs_number !== null;
    if (only && alike.length === 1 && !another) return { person: only, matched: 'details' };
    return { possible: alike.length > 0 || doubtful, numberIsAnothers: false };
  }

  /** Everybody who could be alike: whichever three of the four traits agree, one of the two pairs that places stand for is among them. */
  private candidates(service: string, traits: Traits): PersonRow[] {
    const ids = new Set(this.placesOf(service, traits).flatMap((place) => this.at.all(place)));
    return [...ids].map((id) => {
      const person = this.byId.get(id);
      if (!person) throw new Error('The identity index names a person whom it does not hold');
      return person;
    });
  }

  private learn(person: PersonRow, traits: Traits): void {
    const withTrait = (what: OwnTrait, value: string | undefined) =>
      value === undefined || this.holds(person, what, value)
        ? person[what]
        : Buffer.concat([person[what], this.ownHash(person, what, value)]);
    this.keep.run({
      ...person,
      nhs_number: person.nhs_number ?? (traits.nhsNumber === undefined ? null : this.numberHash(person.service, traits.nhsNumber)),
      given: withTrait('given', traits.given),
      family: withTrait('family', traits.family),
      preferred: withTrait('preferred', traits.preferred),
      birth_date: withTrait('birth_date', traits.birthDate),
      postcode: withTrait('postcode', traits.postcode),
    });
    for (const place of this.placesOf(person.service, traits)) this.put.run(place, person.id);
  }

  private known(person: PersonRow): Known {
    const column = (what: OwnTrait | 'birthDate') => (what === 'birthDate' ? 'birth_date' : what);
    return {
      has: (what) => person[column(what)].length > 0,
      is: (what, value) => this.holds(person, column(what), value),
    };
  }

  private holds(person: PersonRow, what: OwnTrait, value: string): boolean {
    if (person[what].length === 0) return false;
    const hash = this.ownHash(person, what, value);
    for (let at = 0; at < person[what].length; at += OWN_HASH_BYTES) {
      if (hash.equals(person[what].subarray(at, at + OWN_HASH_BYTES))) return true;
    }
    return false;
  }

  private placesOf(service: string, traits: Traits): Buffer[] {
    const { postcode } = traits;
    const given = postcode ? givenNamesOf(traits).map((name) => this.blind(service, 'given name and postcode', name, postcode)) : [];
    return [...this.familyPlaces(service, traits), ...given];
  }

  private familyPlaces(service: string, traits: Traits): Buffer[] {
    const { birthDate } = traits;
    return birthDate ? familyNamesOf(traits).map((name) => this.blind(service, 'family name and birth date', name, birthDate)) : [];
  }

  private numberHash(service: string, digits: string): Buffer {
    return this.blind(service, 'nhs number', digits);
  }

  private ownHash({ service, id }: PersonRow, what: OwnTrait, value: string): Buffer {
    return this.blind(service, 'own', id, what, value).subarray(0, OWN_HASH_BYTES);
  }

  /** The service is part of every hash, so no two services can be compared. */
  private blind(...parts: readonly string[]): Buffer {
    return createHmac('sha256', this.key).update(JSON.stringify(parts)).digest().subarray(0, HASH_BYTES);
  }
}

type Recognised =
  | { readonly person: PersonRow; readonly matched: 'nhs-number' | 'details' }
  | { readonly person?: undefined; readonly possible: boolean; readonly numberIsAnothers: boolean };
