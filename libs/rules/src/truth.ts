/** Three-valued pieces of a condition: true, false, or unknown because a fact is. Each also says what made it true and what would settle it. */
import { UNKNOWN } from './facts';
import type { Facts } from './suggestion';

export type Truth = boolean | 'unknown';

/** What a condition is asked about. */
export interface Asked {
  readonly facts: Facts;
  /** London date. */
  readonly today: string;
  /** Known facts under their CEL names, an int as BigInt. */
  readonly values: Readonly<Record<string, unknown>>;
  /** As if every score had just been taken: tells whether a rule is silent only because something is out of date. */
  readonly asIfFresh?: true;
}

/** A piece of a condition. */
export interface Condition {
  truth(asked: Asked): Truth;
  /** The facts that made it true, when it is true. */
  evidence(asked: Asked): readonly string[];
  /** The facts that would settle it, when it is unknown. */
  ask(asked: Asked): readonly string[];
}

export function and(left: Condition, right: Condition): Condition {
  return {
    truth(asked) {
      const one = left.truth(asked);
      if (one === false) return false;
      const other = right.truth(asked);
      return other === false ? false : one === 'unknown' ? one : other;
    },
    evidence: (asked) => [...left.evidence(asked), ...right.evidence(asked)],
    ask: (asked) => [...askIfUnknown(left, asked), ...askIfUnknown(right, asked)],
  };
}

export function or(left: Condition, right: Condition): Condition {
  return {
    truth(asked) {
      const one = left.truth(asked);
      if (one === true) return true;
      const other = right.truth(asked);
      return other === true ? true : one === 'unknown' ? one : other;
    },
    evidence: (asked) => [left, right].flatMap((side) => (side.truth(asked) === true ? side.evidence(asked) : [])),
    ask: (asked) => [...askIfUnknown(left, asked), ...askIfUnknown(right, asked)],
  };
}

export function not(inner: Condition): Condition {
  return {
    truth(asked) {
      const truth = inner.truth(asked);
      return truth === 'unknown' ? truth : !truth;
    },
    evidence: (asked) => inner.evidence(asked),
    ask: (asked) => inner.ask(asked),
  };
}

function askIfUnknown(side: Condition, asked: Asked): readonly string[] {
  return side.truth(asked) === 'unknown' ? side.ask(asked) : [];
}

/** Asked, and the answer was not known. */
export function unsure(fact: string): Condition {
  return { truth: (asked) => asked.facts[fact]?.value === UNKNOWN, evidence: () => [fact], ask: () => [] };
}

/** Not out of date. Of a fact that is not known there is nothing to be out of date: its own comparison is what is unknown. */
export function fresh(fact: string, days: number, reassuring: boolean): Condition {
  return {
    truth(asked) {
      const known = asked.facts[fact];
      if (asked.asIfFresh || known === undefined || known.value === UNKNOWN) return true;
      const age = known.on === undefined ? undefined : ageInDays(known.on, asked.today);
      return age === undefined ? !reassuring : age <= days;
    },
    evidence: () => [fact],
    ask: () => [],
  };
}

/** `undefined` for what is no date: as good as undated. */
function ageInDays(on: string, today: string): number | undefined {
  return /^\d{4}-\d{2}-\d{2}$/.test(on) && !Number.isNaN(Date.parse(on)) ? (Date.parse(today) - Date.parse(on)) / 86_400_000 : undefined;
}

/** Not known to be younger. */
export function notUnder(years: number): Condition {
  return {
    truth(asked) {
      const age = asked.values['age_years'];
      return typeof age !== 'bigint' || Number(age) >= years;
    },
    evidence: (asked) => (asked.values['age_years'] === undefined ? [] : ['age-years']),
    ask: () => [],
  };
}
