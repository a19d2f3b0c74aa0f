/** What the rules suggest about a referral, and why. Stored word for word in `ReferralStratified`. */
import { z } from 'zod';

export const STRATA = ['frailty', 'mental-health', 'work', 'wider'] as const;
export const TIERS = ['universal', 'targeted', 'specialist'] as const;
/** From the least to the most urgent. */
export const PRIORITIES = ['routine', 'soon', 'urgent', 'crisis'] as const;

export const stratumSchema = z.enum(STRATA);
export const tierSchema = z.enum(TIERS);
export const prioritySchema = z.enum(PRIORITIES);
export type Stratum = z.output<typeof stratumSchema>;
export type Tier = z.output<typeof tierSchema>;
export type Priority = z.output<typeof prioritySchema>;

/** A coded value; `unknown` means asked and not known. Absent means not asked. */
export const factValueSchema = z.union([z.boolean(), z.number(), z.string(), z.array(z.string())]);
export type FactValue = z.output<typeof factValueSchema>;

/** A fact as the log keeps it. The free-text source of a fact is personal and is kept apart. */
export const storedFactSchema = z.strictObject({
  value: factValueSchema,
  /** London date on which it was true. */
  on: z.string().optional(),
  by: z.enum(['person', 'proxy', 'clinician', 'imported']).optional(),
});
export type StoredFact = z.output<typeof storedFactSchema>;
/** Fact id (kebab-case) to value. */
export const factsSchema = z.record(z.string(), storedFactSchema);
export type Facts = z.output<typeof factsSchema>;

export const suggestionSchema = z.strictObject({
  /** The primary group. */
  stratum: stratumSchema,
  /** Every group that a fired rule named, the primary first; `['wider']` when none did. */
  strata: z.array(stratumSchema),
  tier: tierSchema,
  priority: prioritySchema,
  /** Kebab-case, for example `safety-hold`. */
  flags: z.array(z.string()),
  /** Proposals beside the decision; never carried out by the engine. */
  routes: z.array(z.string()),
  reasons: z.array(
    z.strictObject({
      rule: z.string(),
      because: z.string(),
      evidence: z.array(z.strictObject({ fact: z.string(), value: factValueSchema, on: z.string().optional() })),
    }),
  ),
  /** Rules that could apply: what to ask. */
  nearly: z.array(z.strictObject({ rule: z.string(), because: z.string(), ask: z.array(z.string()) })),
  /** Fact ids, from `nearly`, once each. */
  missing: z.array(z.string()),
  /** The published rule set: its id is the content hash of the `RuleSetPublished` event. */
  ruleSet: z.string(),
  /** The rules could not be run: everything else is the safe default, and a person must look now. */
  fault: z.string().optional(),
});
export type Suggestion = z.output<typeof suggestionSchema>;
