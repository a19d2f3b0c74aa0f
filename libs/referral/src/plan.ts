/** Treatment: its start, which stops the clock, and the measures taken on the way. */
import { defineEvents, isRejection, londonDate, reject, type Decider, type Decision, type EventOf, type Rejection } from '@waymark/kernel';
import { z } from 'zod';
import { ended, happened, notAccepted, noted, unknownAppointment, unknownReferral } from './about-referral';
import { place, type ReferralStreamEvent } from './place';
import type { Place } from './standing';
import type { RecordMeasure, StartTreatment } from './plan.commands';
import { note } from './referral';

const day = z.iso.date();
export const COMPLETED_BY = ['person', 'proxy', 'clinician'] as const;
export const OCCASIONS = ['baseline', 'review', 'final'] as const;

export const planEvents = defineEvents({
  /** Stated by the clinician, never inferred from attendance. Stops the clock on the London date of `occurredAt`. */
  TreatmentStarted: z.strictObject({
    personId: z.uuid(),
    practitionerId: z.uuid(),
    intervention: z.string(),
    appointment: z.uuid().optional(),
    /** Somebody is told when there was no contact for so long; absent in events from before there were watchers. */
    contactDays: z.number().int().optional(),
    note,
  }),
  MeasureRecorded: z.strictObject({
    personId: z.uuid(),
    instrument: z.string(),
    variant: z.string(),
    value: z.number(),
    on: day,
    completedBy: z.enum(COMPLETED_BY),
    occasion: z.enum(OCCASIONS),
    note,
  }),
});
export type PlanEvent = EventOf<typeof planEvents>;

/** An instrument as the service's code lists describe it. */
export interface Instrument {
  readonly code: string;
  readonly variants: readonly string[];
  readonly min: number;
  readonly max: number;
  /** Which direction is better for the person; `neither`: it describes somebody and is no outcome. */
  readonly better: 'higher' | 'lower' | 'neither';
  /** A change of this size counts; absent where none is agreed. */
  readonly counts?: number;
}

export type PlanAsk =
  | { readonly kind: 'start-treatment'; readonly body: Omit<StartTreatment, 'referralId'> }
  | { readonly kind: 'record-measure'; readonly body: Omit<RecordMeasure, 'referralId'> };

export interface PlanContext {
  readonly now: string;
  readonly practitionerId: string;
  /** Why this practitioner may not take this decision now. */
  readonly permitted: Rejection | undefined;
  /** In treatment nobody is without a contact for longer. */
  readonly contactDays: number;
  /** The instruments of `/api/v1/codes`. */
  readonly instruments: readonly Instrument[];
  isIntervention(code: string): boolean;
}

export const plan: Decider<Place | undefined, PlanAsk, ReferralStreamEvent, PlanEvent, PlanContext> = {
  name: 'plan',
  ...place,
  decide(ask, place, context) {
    if (!place) return unknownReferral();
    switch (ask.kind) {
      case 'start-treatment':
        return startTreatment(ask.body, place, context);
      case 'record-measure':
        return recordMeasure(ask.body, place, context);
    }
  },
};

function startTreatment(
  { intervention, appointment: id, note, occurredAt }: Omit<StartTreatment, 'referralId'>,
  place: Place,
  { now, practitionerId, permitted, contactDays, isIntervention }: PlanContext,
): Decision<PlanEvent> {
  if (place.ended) return ended();
  if (!place.decided || place.handedOver) return notAccepted();
  if (place.treatmentStarted !== undefined) {
    return reject('treatment-started', 'Treatment has already started; record what was done as a contact or a measure');
  }
  if (permitted) return permitted;
  if (!isIntervention(intervention))
    return reject('unknown-code', 'There is no such intervention; /api/v1/codes lists them', '/intervention');
  const appointment = place.appointments.find((each) => each.id === id);
  if (id !== undefined && !appointment) return unknownAppointment();
  // Whoever names the contact has said when it was.
  const begun = appointment && Date.parse(appointment.start) <= Date.parse(now) ? appointment.start : undefined;
  const when = happened(occurredAt ?? begun, now);
  if (isRejection(when)) return when;
  if (when.occurredAt !== undefined && londonDate(when.occurredAt) < place.clock.start) {
    return reject('before-receipt', 'Treatment cannot have started before the referral was received', '/occurredAt');
  }
  return [
    {
      type: 'TreatmentStarted',
      data: {
        personId: place.personId,
        practitionerId,
        intervention,
        ...(id === undefined ? {} : { appointment: id }),
        contactDays,
        ...noted(note),
      },
      ...when,
    },
  ];
}

/** A fact: recorded whoever took it, also after the end. */
function recordMeasure(
  { instrument: code, variant, value, on, completedBy, occasion, note, occurredAt }: Omit<RecordMeasure, 'referralId'>,
  place: Place,
  { now, instruments }: PlanContext,
): Decision<PlanEvent> {
  const instrument = instruments.find((each) => each.code === code);
  if (!instrument)
    return reject('unknown-code', 'This service does not use that instrument; /api/v1/codes lists those it uses', '/instrument');
  if (!instrument.variants.includes(variant)) {
    return reject('unknown-code', `This instrument comes as ${instrument.variants.join(', ')}`, '/variant');
  }
  const { min, max } = instrument;
  if (value < min || value > max) return reject('out-of-range', `A value of this instrument is from ${min} to ${max}`, '/value');
  if (on > londonDate(now)) return reject('in-the-future', 'A measure is recorded once it has been taken', '/on');
  const when = happened(occurredAt, now);
  if (isRejection(when)) return when;
  const measure = { instrument: code, variant, value, on, completedBy, occasion };
  return [{ type: 'MeasureRecorded', data: { personId: place.personId, ...measure, ...noted(note) }, ...when }];
}
