/** Facts as a sender gives them, a bare value or a value with its origin, and as the log keeps them. */
import type { Facts, FactValue, StoredFact } from '@waymark/rules';
import type { GivenFact } from './referral.commands';

type Given = Readonly<Record<string, GivenFact>>;

/** The origin in free words is personal and is kept apart. */
export function storedFacts(given: Given): Facts {
  return Object.fromEntries(Object.entries(given).map(([id, fact]) => [id, stored(fact)]));
}

export function factSourcesOf(given: Given): Record<string, string> {
  const sources = Object.entries(given).map(([id, fact]) => [id, isBare(fact) ? undefined : fact.source] as const);
  return Object.fromEntries(sources.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

export function isBare(fact: GivenFact): fact is FactValue {
  return typeof fact !== 'object' || Array.isArray(fact);
}

function stored(fact: GivenFact): StoredFact {
  if (isBare(fact)) return { value: fact };
  const { value, on, by } = fact;
  return { value, ...(on === undefined ? {} : { on }), ...(by === undefined ? {} : { by }) };
}
