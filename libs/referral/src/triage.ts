/** Triage: a named clinician reads it, decides, and says why. */
import { defineEvents, type EventOf } from '@waymark/kernel';
import { prioritySchema, stratumSchema, tierSchema } from '@waymark/rules';
import { z } from 'zod';
import { clinicalText, note } from './referral';

const instant = z.iso.datetime();

export const triageEvents = defineEvents({
  /** A short lease, so that two people do not read the same referral at once. */
  ReferralClaimed: z.strictObject({ personId: z.uuid(), practitionerId: z.uuid(), until: instant, note }),
  ReferralAccepted: z.strictObject({
    personId: z.uuid(),
    practitionerId: z.uuid(),
    stratum: stratumSchema,
    tier: tierSchema,
    priority: prioritySchema,
    reason: z.string(),
    /** The clinician decided what the rules had suggested. */
    asSuggested: z.boolean(),
    /** First contact by this moment. */
    contactDue: instant,
    /** Consultations that this referral may use, from the service's settings of the day. */
    allowance: z.number().int(),
    note,
  }),
  ReferralReturnedWithAdvice: z.strictObject({
    personId: z.uuid(),
    practitionerId: z.uuid(),
    reason: z.string(),
    advice: clinicalText,
    note,
  }),
  /** Closes only when the other service accepts. */
  ReferralRedirected: z.strictObject({
    personId: z.uuid(),
    practitionerId: z.uuid(),
    to: z.string(),
    reason: z.string(),
    advice: clinicalText.optional(),
    /** Acceptance is chased from here on. */
    acceptanceDue: instant,
    note,
  }),
  ReferralDeclined: z.strictObject({
    personId: z.uuid(),
    practitionerId: z.uuid(),
    reason: z.string(),
    criterion: z.string(),
    alternative: z.string(),
    note,
  }),
});
export type TriageEvent = EventOf<typeof triageEvents>;
