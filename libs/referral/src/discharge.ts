/** Discharge: the end of an episode, with its reason, its destination, and what changed or why that is not known. */
import { defineEvents, personal, type EventOf } from '@waymark/kernel';
import { z } from 'zod';
import { note } from './referral';

export const dischargeEvents = defineEvents({
  Discharged: z.strictObject({
    personId: z.uuid(),
    practitionerId: z.uuid(),
    reason: z.string(),
    destination: z.string(),
    noOutcomeReason: z.string().optional(),
    /** Contacts that were attended, and first and last of each instrument, fixed at the end. */
    attended: z.number().int(),
    /** Two or more attended contacts and an ending that outcomes are counted for. */
    eligible: z.boolean(),
    pairs: z.array(
      z.strictObject({
        instrument: z.string(),
        variant: z.string(),
        baseline: z.number(),
        final: z.number(),
        /** final - baseline, in the instrument's own direction. */
        change: z.number(),
        /** The change reached the size that counts, and in which direction. */
        important: z.enum(['better', 'worse', 'no']),
      }),
    ),
    /** Appointments in the future that end with it; their slots are released. */
    released: z.array(z.uuid()),
    summary: personal(z.strictObject({ did: z.string(), gpToDo: z.string() }), { subjectField: 'personId', kind: 'clinical' }),
    note,
  }),
});
export type DischargeEvent = EventOf<typeof dischargeEvents>;
