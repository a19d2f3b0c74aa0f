/** A practitioner: registration, capability level and scope, as a service has recorded them. */
import { defineEvents, personal, type EventOf } from '@waymark/kernel';
import { stratumSchema } from '@waymark/rules';
import { z } from 'zod';

export const LEVELS = ['ot', 'trainee-fcp', 'fcp', 'ap', 'consultant'] as const;

export const practitionerEvents = defineEvents({
  PractitionerRegistered: z.strictObject({
    practitionerId: z.uuid(),
    name: personal(z.string(), { subjectField: 'practitionerId', kind: 'identity' }),
    profession: z.string(),
    /** HCPC number: letters and digits of the public register. */
    registration: z.strictObject({ body: z.literal('HCPC'), number: z.string(), expires: z.iso.date() }),
    level: z.enum(LEVELS),
    scope: z.strictObject({
      strata: z.array(stratumSchema),
      /** Whole years, inclusive. Absent = all ages. */
      ages: z.strictObject({ from: z.number().int(), to: z.number().int() }).optional(),
    }),
  }),
});
export type PractitionerEvent = EventOf<typeof practitionerEvents>;
