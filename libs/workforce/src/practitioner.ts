/** A practitioner: registration, capability level and scope, as a service has recorded them; and what these allow. */
import { defineEvents, fold, personal, reject, type Decider, type DomainEvent, type EventOf, type Rejection } from '@waymark/kernel';
import { stratumSchema, type Stratum } from '@waymark/rules';
import { z } from 'zod';
import type { RegisterPractitioner } from './practitioner.commands';

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

/** What is known of somebody registered, but for their name. */
export type Practitioner = Omit<PractitionerEvent['data'], 'name'>;

export const practitioner: Decider<
  Practitioner | undefined,
  RegisterPractitioner,
  PractitionerEvent,
  PractitionerEvent,
  { practitionerId: string }
> = {
  name: 'practitioner',
  folds: { PractitionerRegistered: true },
  initial: undefined,
  evolve(_, event) {
    switch (event.type) {
      case 'PractitionerRegistered': {
        const { name: _name, ...known } = event.data;
        return known;
      }
    }
  },
  decide({ name, profession, registration, level, scope }, known, { practitionerId }) {
    if (known) return [];
    if (scope.ages && scope.ages.from > scope.ages.to) return reject('invalid', 'The youngest age comes first', '/scope/ages');
    return [
      {
        type: 'PractitionerRegistered',
        data: {
          practitionerId,
          name,
          profession,
          registration: { body: registration.body, number: registration.number.toUpperCase(), expires: registration.expires },
          level,
          scope: { strata: [...new Set(scope.strata)], ...(scope.ages ? { ages: { from: scope.ages.from, to: scope.ages.to } } : {}) },
        },
      },
    ];
  },
};

export function practitionerOf(events: Iterable<DomainEvent>): Practitioner | undefined {
  return fold(practitioner, events);
}

/**
 * Whether a practitioner may take a clinical decision or hold an appointment about somebody on a London date.
 * What is not known about the person (no stratum yet, no birth date) bars nobody: it is for a clinician to find out.
 */
export function mayDecide(
  who: Practitioner | undefined,
  about: { readonly stratum?: Stratum; readonly ageYears?: number },
  onDate: string,
): Rejection | undefined {
  if (!who) return reject('not-registered', 'No practitioner of this service has this id; a registered practitioner has to do this');
  if (who.registration.expires < onDate) {
    return reject('not-registered', 'The stored registration has ended by that day; look at the public register and record what it says');
  }
  if (about.stratum !== undefined && !who.scope.strata.includes(about.stratum)) {
    return reject('out-of-scope', 'The recorded scope does not cover this group of people; ask a practitioner whose scope does');
  }
  const { ages } = who.scope;
  if (ages && about.ageYears !== undefined && (about.ageYears < ages.from || about.ageYears > ages.to)) {
    return reject('out-of-scope', 'The recorded scope does not cover people of this age; ask a practitioner whose scope does');
  }
  return undefined;
}

/** Only an occupational therapist's contacts count towards a referral's consultations (rules-and-defaults 1.9). */
export function isOccupationalTherapist(who: Practitioner): boolean {
  return /^(ot\b|occupational[- ]therap)/i.test(who.profession.trim());
}
