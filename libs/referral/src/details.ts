/** The details inside a receipt: who somebody is, who sent them, and what was written. Stored formats; each is sealed as one value but the last. */
import { z } from 'zod';

/** The contact point of anybody; `system` as in FHIR. */
export const telecomSchema = z.array(z.strictObject({ system: z.enum(['phone', 'sms', 'email']), value: z.string() }));

/** Who the person is. One sealed value under the person's identity key. Stored format. */
export const personDetailsSchema = z.strictObject({
  name: z
    .strictObject({ family: z.string().optional(), given: z.array(z.string()).optional(), preferred: z.string().optional() })
    .optional(),
  /** A full date, a year, or `{ about: age }`. */
  birthDate: z.union([z.string(), z.strictObject({ about: z.number() })]).optional(),
  /** As given, spaces and hyphens removed; kept even when it fails its check. */
  nhsNumber: z.string().optional(),
  gender: z.enum(['female', 'male', 'other', 'unknown']).optional(),
  address: z.strictObject({ line: z.array(z.string()).optional(), postalCode: z.string().optional() }).optional(),
  telecom: telecomSchema.optional(),
  gpPractice: z.strictObject({ ods: z.string().optional(), name: z.string().optional() }).optional(),
  language: z.string().optional(),
  interpreter: z.boolean().optional(),
  formats: z.array(z.string()).optional(),
  adjustments: z.array(z.string()).optional(),
  safeContact: z
    .strictObject({
      voicemail: z.boolean().optional(),
      sayWhoWeAre: z.boolean().optional(),
      telecom: telecomSchema.optional(),
      note: z.string().optional(),
    })
    .optional(),
  restricted: z.boolean().optional(),
});
export type PersonDetails = z.output<typeof personDetailsSchema>;

/** Who referred them, under that person's own key. */
export const referrerDetailsSchema = z.strictObject({
  name: z.string().optional(),
  relationship: z.string().optional(),
  role: z.string().optional(),
  telecom: telecomSchema.optional(),
  identifier: z.strictObject({ system: z.string(), value: z.string() }).optional(),
  organization: z.strictObject({ ods: z.string().optional(), name: z.string().optional() }).optional(),
});
export type ReferrerDetails = z.output<typeof referrerDetailsSchema>;

/** What was written about the person's care, under a key of this referral alone. */
export const referralWordsSchema = z.strictObject({
  inOwnWords: z.string().optional(),
  reason: z.string().optional(),
  priorityReason: z.string().optional(),
  agreementNote: z.string().optional(),
  riskToStaff: z.string().optional(),
  safeguardingNote: z.string().optional(),
  separateNeed: z.string().optional(),
  text: z.string().optional(),
  /** The sender's own. */
  identifier: z.array(z.strictObject({ system: z.string(), value: z.string() })).optional(),
  /** Fact id to where the sender says it is from. */
  factSources: z.record(z.string(), z.string()).optional(),
  /** Words of the conditions that came with a code. */
  conditions: z
    .array(z.strictObject({ system: z.string().optional(), code: z.string().optional(), display: z.string().optional() }))
    .optional(),
});
export type ReferralWords = z.output<typeof referralWordsSchema>;

/** Taken from the first day, never required, never read by a rule. Coded, in the clear. */
export const equalitySchema = z.strictObject({
  /** England's ethnic category code A to S, Z or 99. */
  ethnicity: z.string().optional(),
  language: z.string().optional(),
  disability: z.enum(['yes', 'no', 'prefer-not-to-say']).optional(),
  deprivation: z.strictObject({ decile: z.number().int().min(1).max(10), table: z.string() }).optional(),
});
