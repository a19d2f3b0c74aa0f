/** Treatment: its start, which stops the clock, and the measures taken on the way. */
import { defineEvents, type EventOf } from '@waymark/kernel';
import { z } from 'zod';
import { note } from './referral';

const day = z.iso.date();

export const planEvents = defineEvents({
  /** Stated by the clinician, never inferred from attendance. Stops the clock on the London date of `occurredAt`. */
  TreatmentStarted: z.strictObject({
    personId: z.uuid(),
    practitionerId: z.uuid(),
    intervention: z.string(),
    appointment: z.uuid().optional(),
    note,
  }),
  MeasureRecorded: z.strictObject({
    personId: z.uuid(),
    instrument: z.string(),
    variant: z.string(),
    value: z.number(),
    on: day,
    completedBy: z.enum(['person', 'proxy', 'clinician']),
    occasion: z.enum(['baseline', 'review', 'final']),
    note,
  }),
});
export type PlanEvent = EventOf<typeof planEvents>;
