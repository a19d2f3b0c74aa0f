/** The facts that triage may know: their ids, the values they take, which of two answers worries more, and how a given one is checked. */
import { daysBetween, isDay, reject, type Rejection } from '@waymark/kernel';
import { z } from 'zod';
import type { Facts, FactValue, StoredFact } from './suggestion';

/** Asked, and the answer was not known. Neither this nor "never asked" ever reassures. */
export const UNKNOWN = 'unknown';

export const FACT_TYPES = ['boolean', 'integer', 'number', 'code', 'codes'] as const;

const factId = z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'an id is lower-case letters, digits and hyphens');

/** One entry of config/facts.yaml. */
export const factDefinitionSchema = z
  .strictObject({
    id: factId,
    label: z.string().min(1),
    type: z.enum(FACT_TYPES),
    /** Lowest and highest value of an integer or a number. */
    range: z.tuple([z.number(), z.number()]).optional(),
    unit: z.string().optional(),
    /** Code to label, of a code or a set of codes. */
    values: z.record(factId, z.string().min(1)).optional(),
    /** Which of two answers worries more. A yes, and anything of a set, always does. */
    worse: z.enum(['higher', 'lower', 'later']).optional(),
    staleAfterDays: z.number().int().positive().optional(),
    /** Worked out from this field of a referral; it cannot be sent as a fact. */
    takenFrom: z.string().optional(),
    /** The same as its name in a referral's `redFlags`; of a set, each of its values is one. */
    redFlag: z.literal(true).optional(),
    /** `false`: no rule may name it. */
    inRules: z.literal(false).optional(),
    source: z.string().min(1),
  })
  .superRefine(({ type, range, values }, context) => {
    const numeric = type === 'integer' || type === 'number';
    const coded = type === 'code' || type === 'codes';
    const wrong = (message: string, fix: string) => context.addIssue({ code: 'custom', path: ['type'], message, params: { fix } });
    if (numeric && !range) wrong('a number without a range', 'add range: [lowest, highest]');
    if (!numeric && range) wrong(`a ${type} has no range`, 'take out the range');
    if (coded && !values) wrong('a code without values', 'add values: { code: words }');
    if (!coded && values) wrong(`a ${type} has no values`, 'take out the values');
  });
export type FactDefinition = z.output<typeof factDefinitionSchema>;

/** A fact as somebody gave it, checked. `source` is free text and is kept apart from the rest. */
export interface GivenFact {
  readonly fact: StoredFact;
  readonly source?: string;
}

const BY = ['person', 'proxy', 'clinician', 'imported'] as const;

export class FactCatalogue {
  private readonly byId: ReadonlyMap<string, FactDefinition>;

  constructor(readonly definitions: readonly FactDefinition[]) {
    this.byId = new Map(definitions.map((definition) => [definition.id, definition]));
  }

  get(id: string): FactDefinition | undefined {
    return this.byId.get(id);
  }

  /** Everything that may stand in `redFlags`: a yes/no fact of safety, or a sign. */
  redFlags(): { readonly code: string; readonly label: string; readonly fact: string }[] {
    return this.definitions
      .filter(({ redFlag }) => redFlag)
      .flatMap(({ id, label, values }) =>
        values ? Object.entries(values).map(([code, words]) => ({ code, label: words, fact: id })) : [{ code: id, label, fact: id }],
      );
  }

  /** A fact as given, a bare value or `{ value, on?, source?, by? }`, checked against its definition. `path` is where it stood. */
  read(id: string, given: unknown, path = `/facts/${id}`): GivenFact | Rejection {
    const definition = this.get(id);
    if (!definition) return reject('unknown-fact', `There is no fact "${id}"; /api/v1/codes lists them`, path);
    if (definition.takenFrom !== undefined)
      return reject('unknown-fact', `"${id}" is taken from ${definition.takenFrom} and is not sent as a fact`, path);
    return this.readAs(definition, given, path);
  }

  /** As `read`, for examples of rules, which may also state what is otherwise taken from the referral. */
  readExample(id: string, given: unknown): GivenFact | Rejection {
    const definition = this.get(id);
    return definition ? this.readAs(definition, given, '') : reject('unknown-fact', `there is no fact "${id}"`);
  }

  /** Of two answers to one question the one that worries more; it counts until a clinician settles it. */
  moreWorrying(id: string, one: StoredFact, other: StoredFact): StoredFact {
    const definition = this.get(id);
    if (!definition) return other;
    if (one.value === UNKNOWN || other.value === UNKNOWN) return this.besideUnknown(definition, one, other);
    if (Array.isArray(one.value) && Array.isArray(other.value)) {
      return { ...dated(one, other), value: [...new Set([...one.value, ...other.value])].sort() };
    }
    // A score that was already stale when the other was taken no longer speaks against it.
    if (outdated(definition, one, other)) return other;
    if (outdated(definition, other, one)) return one;
    return this.worry(definition, one.value) > this.worry(definition, other.value) ? one : other;
  }

  private besideUnknown(definition: FactDefinition, one: StoredFact, other: StoredFact): StoredFact {
    if (one.value === other.value) return other;
    const known = one.value === UNKNOWN ? other : one;
    const unknown = one.value === UNKNOWN ? one : other;
    // A yes stays a yes. A no beside "not sure" is not sure. A score, a set or a code is worth more than no answer.
    return definition.type === 'boolean' && known.value === false ? unknown : known;
  }

  private worry(definition: FactDefinition, value: FactValue): number {
    if (typeof value === 'boolean') return value ? 1 : 0;
    if (typeof value === 'number') return definition.worse === 'lower' ? -value : definition.worse === 'higher' ? value : 0;
    return definition.worse === 'later' && typeof value === 'string' ? Object.keys(definition.values ?? {}).indexOf(value) : 0;
  }

  private readAs(definition: FactDefinition, given: unknown, path: string): GivenFact | Rejection {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return this.readValue(definition, given, {}, path);
    const { value, on, source, by, ...rest } = given as Record<string, unknown>;
    const [extra] = Object.keys(rest);
    if (extra !== undefined)
      return reject('unknown-field', `A fact has value, on, source and by; "${extra}" is none of them`, `${path}/${extra}`);
    if (on !== undefined && !isDay(on)) return reject('invalid', 'on is a date, YYYY-MM-DD', `${path}/on`);
    if (source !== undefined && typeof source !== 'string') return reject('invalid', 'source is text', `${path}/source`);
    if (by !== undefined && !isBy(by)) return reject('invalid', `by is one of ${BY.join(', ')}`, `${path}/by`);
    const read = this.readValue(definition, value, { ...(on === undefined ? {} : { on }), ...(by === undefined ? {} : { by }) }, path);
    return 'fact' in read && source !== undefined ? { ...read, source } : read;
  }

  private readValue(definition: FactDefinition, value: unknown, rest: Omit<StoredFact, 'value'>, path: string): GivenFact | Rejection {
    const problem = problemOf(definition, value);
    if (problem !== undefined) return reject('invalid', `${definition.id} is ${problem}, or "unknown"`, path);
    return { fact: { value: value as FactValue, ...rest } };
  }
}

/** What the value should have been, in words; `undefined` when it is. Never names what was given. */
export function problemOf(definition: FactDefinition, value: unknown): string | undefined {
  if (value === UNKNOWN) return undefined;
  const [lowest, highest] = definition.range ?? [-Infinity, Infinity];
  const known = (code: unknown) => typeof code === 'string' && Object.hasOwn(definition.values ?? {}, code);
  switch (definition.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'true or false';
    case 'integer':
      return Number.isInteger(value) && inside(value as number, lowest, highest)
        ? undefined
        : `a whole number from ${lowest} to ${highest}`;
    case 'number':
      return typeof value === 'number' && inside(value, lowest, highest) ? undefined : `a number from ${lowest} to ${highest}`;
    case 'code':
      return known(value) ? undefined : `one of ${Object.keys(definition.values ?? {}).join(', ')}`;
    case 'codes':
      return Array.isArray(value) && value.every(known) ? undefined : `a list of any of ${Object.keys(definition.values ?? {}).join(', ')}`;
  }
}

/** What several tellers said, together. */
export function mergeFacts(catalogue: FactCatalogue, ...told: readonly Facts[]): Facts {
  const merged: Record<string, StoredFact> = {};
  for (const facts of told) {
    for (const [id, fact] of Object.entries(facts)) {
      const before = merged[id];
      merged[id] = before ? catalogue.moreWorrying(id, before, fact) : fact;
    }
  }
  return merged;
}

function inside(value: number, lowest: number, highest: number): boolean {
  return value >= lowest && value <= highest;
}

function isBy(value: unknown): value is (typeof BY)[number] {
  return (BY as readonly unknown[]).includes(value);
}

/** `old` was already stale on the day that `newer` is from. */
function outdated({ staleAfterDays }: FactDefinition, old: StoredFact, newer: StoredFact): boolean {
  if (staleAfterDays === undefined || old.on === undefined || newer.on === undefined || typeof old.value !== 'number') return false;
  return daysBetween(old.on, newer.on) > staleAfterDays;
}

/** Of a set said by two: as recent as the more recent. */
function dated(one: StoredFact, other: StoredFact): Omit<StoredFact, 'value'> {
  const on = [one.on, other.on]
    .filter((date) => date !== undefined)
    .sort()
    .at(-1);
  return { ...(on === undefined ? {} : { on }), ...(other.by === undefined ? {} : { by: other.by }) };
}
