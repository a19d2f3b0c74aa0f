/** One clinic on one day: its sessions, and each slot free, held or taken. The only place where a slot can be lost or won. */
import { defineEvents, type EventOf } from '@waymark/kernel';
import { z } from 'zod';

const instant = z.iso.datetime();

export const clinicEvents = defineEvents({
  ClinicSessionOpened: z.strictObject({
    /** Of the command that opened it. */
    sessionId: z.uuid(),
    clinic: z.string(),
    place: z.string(),
    date: z.iso.date(),
    practitionerId: z.uuid(),
    types: z.array(z.string()),
    slots: z.array(z.strictObject({ id: z.uuid(), start: instant, end: instant })),
  }),
  /** Reserved for a booking that is being made; at `until` the booking is abandoned and the slot freed. */
  SlotHeld: z.strictObject({ slot: z.uuid(), bookingId: z.uuid(), referralId: z.uuid(), until: instant }),
  SlotConfirmed: z.strictObject({ slot: z.uuid(), bookingId: z.uuid() }),
  SlotReleased: z.strictObject({ slot: z.uuid(), bookingId: z.uuid(), because: z.enum(['refused', 'abandoned', 'cancelled', 'ended']) }),
});
export type ClinicEvent = EventOf<typeof clinicEvents>;
