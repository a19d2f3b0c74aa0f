/** One triage rule as a clinician writes it, and the same rule ready to be tried. */
import { z } from 'zod';
import type { CompiledCondition, ConditionCompiler } from './condition';
import { prioritySchema, stratumSchema, tierSchema, type Priority, type Stratum, type Tier } from './suggestion';

const code = z.string().regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'lower-case letters, digits and hyphens');
const words = z.string().min(1);
const exampleSchema = z.record(z.string(), z.unknown());

const effectSchema = z.strictObject({
  stratum: stratumSchema.optional(),
  tier: tierSchema.optional(),
  priority: prioritySchema.optional(),
  flag: code.optional(),
  flags: z.array(code).optional(),
  route: code.optional(),
  routes: z.array(code).optional(),
});

/** A rule file, `config/rules/<id>.rule.yaml`. Published whole in `RuleSetPublished`. */
export const ruleSchema = z
  .strictObject({
    /** Never reused: stored suggestions name it. */
    id: code,
    title: words.optional(),
    /** CEL over the declared facts. */
    when: words,
    /** What the rule names: a group, a tier, a priority, flags, routes. */
    then: effectSchema,
    /** The reason in plain words, as a clinician and the person may read it. */
    because: words,
    source: words,
    /** The hazards of the hazard log that it touches. */
    hazard: z.union([words, z.array(words).min(1)]),
    /** Who answers for it. */
    owner: words,
    /** In force from this London date, and until (and on) that one. */
    from: z.iso.date(),
    until: z.iso.date().optional(),
    /** `false`: it reassures or redirects, so everything must be known and fresh. */
    monotone: z.boolean().optional(),
    whyNot: words.optional(),
    /** Facts with which it fires, and with which it stays silent; tried on the day it takes effect. */
    examples: z.strictObject({ fires: z.array(exampleSchema).min(1), silent: z.array(exampleSchema).min(1) }),
  })
  .superRefine(({ then, monotone, whyNot, from, until }, context) => {
    const wrong = (field: string, message: string, fix: string) =>
      context.addIssue({ code: 'custom', path: [field], message, params: { fix } });
    if (Object.keys(then).length === 0) wrong('then', 'the rule names nothing', 'name a stratum, a tier, a priority, a flag or a route');
    if (monotone === false && whyNot === undefined) wrong('monotone', 'the rule reassures and does not say why it may', 'add whyNot');
    if (monotone !== false && whyNot !== undefined)
      wrong('whyNot', 'only a rule with monotone: false says whyNot', 'take it out, or add monotone: false');
    if (until !== undefined && until < from) wrong('until', 'the rule ends before it begins', 'give a date after from');
  });
export type RuleDefinition = z.output<typeof ruleSchema>;

export interface Rule {
  readonly definition: RuleDefinition;
  readonly id: string;
  readonly because: string;
  readonly stratum?: Stratum;
  readonly tier?: Tier;
  readonly priority?: Priority;
  readonly flags: readonly string[];
  readonly routes: readonly string[];
  readonly condition: CompiledCondition;
  inForce(today: string): boolean;
}

/** Throws ConditionMistake when the condition cannot be used. */
export function compileRule(definition: RuleDefinition, compiler: ConditionCompiler): Rule {
  const { id, because, then, from, until } = definition;
  return {
    definition,
    id,
    because,
    ...(then.stratum === undefined ? {} : { stratum: then.stratum }),
    ...(then.tier === undefined ? {} : { tier: then.tier }),
    ...(then.priority === undefined ? {} : { priority: then.priority }),
    flags: once(then.flag, then.flags),
    routes: once(then.route, then.routes),
    condition: compiler.compile(definition.when, { reassuring: definition.monotone === false }),
    inForce: (today) => from <= today && (until === undefined || today <= until),
  };
}

function once(one: string | undefined, more: readonly string[] | undefined): readonly string[] {
  return [...new Set([...(one === undefined ? [] : [one]), ...(more ?? [])])];
}
