/** Facts and rules to a suggestion. Pure; says why, and what it would ask. It may raise and never decides. */
import { londonDate } from '@waymark/kernel';
import { askedOf } from './condition';
import type { Rule } from './rule';
import type { RuleSet } from './rule-set';
import type { Asked } from './truth';
import { PRIORITIES, STRATA, TIERS, type Facts, type Priority, type Stratum, type Suggestion, type Tier } from './suggestion';

interface Tried {
  readonly fired: readonly Rule[];
  readonly nearly: readonly { readonly rule: Rule; readonly ask: readonly string[] }[];
  /** Rules that could not be run. */
  readonly broken: readonly string[];
}

/** Never throws for data. A rule that breaks is a fault: a person looks now, and what the other rules say still stands. */
export function suggest(facts: Facts, ruleSet: RuleSet, now: string): Suggestion {
  try {
    const asked = askedOf(facts, ruleSet.facts, londonDate(now));
    return combine(tryAll(ruleSet, asked), asked, ruleSet);
  } catch {
    // Nothing about the facts goes into the words: they are somebody's.
    return withFault(nothingKnown(ruleSet), 'The rules could not be run');
  }
}

function tryAll(ruleSet: RuleSet, asked: Asked): Tried {
  const fired: Rule[] = [];
  const nearly: { rule: Rule; ask: readonly string[] }[] = [];
  const broken: string[] = [];
  for (const rule of ruleSet.rules) {
    if (!rule.inForce(asked.today)) continue;
    try {
      const truth = rule.condition.truth(asked);
      if (truth === true) fired.push(rule);
      else if (truth === 'unknown') nearly.push({ rule, ask: once(rule.condition.ask(asked)) });
      else {
        // Silent only because something is out of date: it is asked again.
        const stale = rule.condition.outOfDate(asked);
        const renewed: Asked = { ...asked, asIfFresh: true };
        if (stale.length > 0 && rule.condition.truth(renewed) !== false)
          nearly.push({ rule, ask: once([...stale, ...rule.condition.ask(renewed)]) });
      }
    } catch {
      broken.push(rule.id);
    }
  }
  return { fired, nearly, broken };
}

function combine({ fired, nearly, broken }: Tried, asked: Asked, ruleSet: RuleSet): Suggestion {
  const strata = groups(fired, hardest(asked));
  const suggestion: Suggestion = {
    stratum: strata[0] ?? 'wider',
    strata,
    tier: tierOver(strata, fired),
    priority:
      highest(
        PRIORITIES,
        fired.map((rule) => rule.priority),
      ) ?? 'routine',
    flags: once(fired.flatMap((rule) => rule.flags)),
    routes: once(fired.flatMap((rule) => rule.routes)),
    reasons: fired.map((rule) => ({ rule: rule.id, because: rule.because, evidence: evidence(rule, asked) })),
    nearly: nearly.map(({ rule, ask }) => ({ rule: rule.id, because: rule.because, ask: [...ask] })),
    missing: once(nearly.flatMap(({ ask }) => ask)),
    ruleSet: ruleSet.id,
  };
  return broken.length === 0 ? suggestion : withFault(suggestion, `These rules could not be run: ${broken.join(', ')}`);
}

/** Every group that a fired rule names, the primary first: by the highest priority its own rules name, then what is hardest, then the usual order. */
function groups(fired: readonly Rule[], hardest: ReadonlySet<string>): Stratum[] {
  const named = STRATA.filter((stratum) => fired.some((rule) => rule.stratum === stratum));
  if (named.length === 0) return ['wider'];
  const urgency = (stratum: Stratum) =>
    Math.max(...fired.filter((rule) => rule.stratum === stratum).map((rule) => PRIORITIES.indexOf(rule.priority ?? 'routine')));
  const standing = (stratum: Stratum) => urgency(stratum) * 2 + (hardest.has(stratum) ? 1 : 0);
  const [first, ...rest] = named;
  const primary = rest.reduce((best, stratum) => (standing(stratum) > standing(best) ? stratum : best), first as Stratum);
  return [primary, ...named.filter((stratum) => stratum !== primary)];
}

function hardest(asked: Asked): ReadonlySet<string> {
  const groups = asked.values['main_difficulty_group'];
  return new Set(Array.isArray(groups) ? (groups as string[]) : []);
}

/**
 * Within a group the highest named, targeted where its rules name none; then the highest over the groups. So universal needs positive
 * evidence, and never stands for someone with another need. A rule without a group lifts whatever the groups give.
 */
function tierOver(strata: readonly Stratum[], fired: readonly Rule[]): Tier {
  const ofGroup = (stratum: Stratum) =>
    highest(
      TIERS,
      fired.filter((rule) => rule.stratum === stratum).map((rule) => rule.tier),
    ) ?? 'targeted';
  const beside = fired.filter((rule) => rule.stratum === undefined).map((rule) => rule.tier);
  return highest(TIERS, [...strata.map(ofGroup), ...beside]) ?? 'targeted';
}

function evidence(rule: Rule, asked: Asked): Suggestion['reasons'][number]['evidence'] {
  return once(rule.condition.evidence(asked)).flatMap((fact) => {
    const known = asked.facts[fact];
    return known ? [{ fact, value: known.value, ...(known.on === undefined ? {} : { on: known.on }) }] : [];
  });
}

function withFault(suggestion: Suggestion, fault: string): Suggestion {
  return {
    ...suggestion,
    priority: highest(PRIORITIES, [suggestion.priority, 'urgent']) ?? 'urgent',
    flags: once([...suggestion.flags, 'read-now']),
    fault,
  };
}

function nothingKnown(ruleSet: RuleSet): Suggestion {
  return {
    stratum: 'wider',
    strata: ['wider'],
    tier: 'targeted',
    priority: 'routine',
    flags: [],
    routes: [],
    reasons: [],
    nearly: [],
    missing: [],
    ruleSet: ruleSet.id,
  };
}

function highest<T extends Priority | Tier>(order: readonly T[], named: readonly (T | undefined)[]): T | undefined {
  return order.findLast((value) => named.includes(value));
}

function once(values: readonly string[]): string[] {
  return [...new Set(values)];
}
