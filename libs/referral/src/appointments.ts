/** Appointments: booked on a held slot, cancelled, and what happened on the day. */
import { defineEvents, type EventOf } from '@waymark/kernel';
import { z } from 'zod';
import { note } from './referral';

const instant = z.iso.datetime();
export const APPOINTMENT_TYPES = ['first', 'follow-up', 'home-visit', 'telephone', 'video'] as const;

export const appointmentEvents = defineEvents({
  AppointmentBooked: z.strictObject({
    personId: z.uuid(),
    /** Also the appointment's id. */
    bookingId: z.uuid(),
    clinicStream: z.string(),
    slot: z.string(),
    type: z.enum(APPOINTMENT_TYPES),
    place: z.string(),
    practitionerId: z.uuid(),
    start: instant,
    end: instant,
    note,
  }),
  /** The hold ran out before the booking was made; this booking can no longer be made. */
  BookingAbandoned: z.strictObject({ bookingId: z.uuid() }),
  AppointmentCancelledByPerson: z.strictObject({ personId: z.uuid(), bookingId: z.uuid(), reason: z.string(), note }),
  AppointmentCancelledByService: z.strictObject({ personId: z.uuid(), bookingId: z.uuid(), reason: z.string(), note }),
  /** Seen. `counts`: towards the consultations that the referral may use. */
  Attended: z.strictObject({ personId: z.uuid(), bookingId: z.uuid(), late: z.boolean(), counts: z.boolean(), note }),
  CouldNotComplete: z.strictObject({ personId: z.uuid(), bookingId: z.uuid(), counts: z.boolean(), note }),
  LateNotSeen: z.strictObject({ personId: z.uuid(), bookingId: z.uuid(), note }),
  DidNotAttend: z.strictObject({ personId: z.uuid(), bookingId: z.uuid(), welfareCheck: z.boolean(), note }),
  WasNotBrought: z.strictObject({ personId: z.uuid(), bookingId: z.uuid(), welfareCheck: z.boolean(), note }),
  NoReplyAtHome: z.strictObject({ personId: z.uuid(), bookingId: z.uuid(), welfareCheck: z.boolean(), note }),
});
export type AppointmentEvent = EventOf<typeof appointmentEvents>;
