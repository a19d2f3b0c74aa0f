/** What the rules are asked about: the facts that were sent and what the rest of the referral says, in one set. */
import { mergeFacts, UNKNOWN, type FactCatalogue } from './facts';
import type { CodeLists } from './codes';
import type { Facts, FactValue, Priority, StoredFact } from './suggestion';

export interface ToldAboutPerson {
  readonly facts: Facts;
  readonly ageYears?: number;
  readonly redFlags?: readonly string[];
  readonly needTypes?: readonly string[];
  readonly difficulties?: readonly string[];
  /** The basis of agreement. */
  readonly agreement?: string;
  readonly requestedPriority?: Priority;
  readonly safeguardingConcern?: boolean;
}

/** The facts for `suggest`. Of a fact and a red flag that differ the more worrying one counts. Who sent it is not among them. */
export function triageFacts(told: ToldAboutPerson, catalogue: FactCatalogue, codes: CodeLists): Facts {
  const said: Record<string, StoredFact> = {};
  const say = (id: string, value: FactValue | undefined) => {
    if (value !== undefined) said[id] = { value };
  };
  const groups = (told.difficulties ?? []).flatMap((code) => codes.find('difficulties', code)?.stratum ?? []);
  say('age-years', told.ageYears);
  say('needs', some(told.needTypes));
  say('main-difficulty-group', some(groups));
  say('agreement', told.agreement);
  say('requested-priority', told.requestedPriority);
  // Nobody ticking the box is not an answer; only a concern is.
  say('safeguarding-concern', told.safeguardingConcern ? true : undefined);
  return mergeFacts(catalogue, told.facts, said, ...flagged(told.redFlags ?? [], catalogue));
}

/** A red flag is the fact of that name at yes; a sign is one of its set. */
function flagged(redFlags: readonly string[], catalogue: FactCatalogue): Facts[] {
  const known = new Map(catalogue.redFlags().map((flag) => [flag.code, flag.fact]));
  return redFlags.flatMap((code) => {
    const fact = known.get(code);
    return fact === undefined ? [] : [{ [fact]: { value: fact === code ? true : [code] } }];
  });
}

/** An empty list says nothing; it does not say "none". */
function some(codes: readonly string[] | undefined): string[] | undefined {
  const once = [...new Set(codes)].filter((code) => code !== UNKNOWN).sort();
  return once.length === 0 ? undefined : once;
}
