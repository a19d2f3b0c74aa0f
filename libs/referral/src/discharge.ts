/** Discharge: the end of an episode, with its reason, its destination, and what changed or why that is not known. */
import { defineEvents, isRejection, londonDate, personal, reject, type Decider, type EventOf, type Rejection } from '@waymark/kernel';
import { z } from 'zod';
import { ended, happened, notAccepted, noted, unknownReferral } from './about-referral';
import type { Discharge } from './discharge.commands';
import { pairsOf, type Measure } from './outcome-pairs';
import { place, type ReferralStreamEvent } from './place';
import type { Place } from './standing';
import type { Instrument } from './plan';
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

export interface Episode {
  readonly place: Place | undefined;
  readonly measures: readonly Measure[];
}

export interface DischargeAsk {
  readonly kind: 'discharge';
  readonly body: Omit<Discharge, 'referralId'>;
}

export interface DischargeContext {
  readonly now: string;
  readonly practitionerId: string;
  /** Why this practitioner may not take this decision now. */
  readonly permitted: Rejection | undefined;
  readonly instruments: readonly Instrument[];
  isCode(list: 'discharge' | 'discharge-destinations' | 'no-outcome-reasons', code: string): boolean;
}

/** Endings that say nothing about the care given (rules-and-defaults 1.17) … */
const NOT_COUNTED: ReadonlySet<string> = new Set(['died', 'moved-away']);
/** … and those that say nothing when treatment had not started. */
const NOT_COUNTED_UNTREATED: ReadonlySet<string> = new Set(['transferred', 'treated-elsewhere']);

export const discharge: Decider<Episode, DischargeAsk, ReferralStreamEvent, DischargeEvent, DischargeContext> = {
  name: 'discharge',
  folds: place.folds,
  initial: { place: undefined, measures: [] },
  evolve: (episode, event) => ({
    place: place.evolve(episode.place, event),
    measures: event.type === 'MeasureRecorded' ? [...episode.measures, event.data] : episode.measures,
  }),
  decide({ body }, { place, measures }, context) {
    if (!place) return unknownReferral();
    const { now, practitionerId, permitted, instruments } = context;
    const refused = notYet(place) ?? permitted ?? unknownCodeIn(body, context);
    if (refused) return refused;
    const { reason, destination, noOutcomeReason, summary, note, occurredAt } = body;
    const when = happened(occurredAt, now);
    if (isRejection(when)) return when;

    const attended = place.appointments.filter(({ status }) => status === 'attended').map(({ start }) => londonDate(start));
    const eligible = attended.length >= 2 && isCounted(reason, place);
    const pairs = eligible ? pairsOf(measures, attended, londonDate(when.occurredAt ?? now), instruments) : [];
    if (eligible && pairs.length === 0 && noOutcomeReason === undefined) {
      return reject(
        'outcome-or-reason-needed',
        'Nothing was measured both at the start and at the end; record a last measure, or say why there is none',
        '/noOutcomeReason',
      );
    }
    const discharged: DischargeEvent['data'] = {
      personId: place.personId,
      practitionerId,
      reason,
      destination,
      ...(noOutcomeReason === undefined ? {} : { noOutcomeReason }),
      attended: attended.length,
      eligible,
      pairs,
      released: ahead(place, now),
      summary: { did: summary.did, gpToDo: summary.gpToDo },
      ...noted(note),
    };
    return [{ type: 'Discharged', data: discharged, ...when }];
  },
};

function notYet(place: Place): Rejection | undefined {
  if (place.ended) return ended();
  if (place.hold)
    return reject('hold-open', 'A safety or safeguarding hold is open; a clinician records the conversation that ends it first');
  if (!place.decided || place.handedOver) return notAccepted();
  return undefined;
}

function isCounted(reason: string, { treatmentStarted }: Place): boolean {
  return !NOT_COUNTED.has(reason) && (treatmentStarted !== undefined || !NOT_COUNTED_UNTREATED.has(reason));
}

function ahead(place: Place, now: string): string[] {
  return place.appointments.filter(({ status, start }) => status === 'booked' && Date.parse(start) > Date.parse(now)).map(({ id }) => id);
}

function unknownCodeIn(
  { reason, destination, noOutcomeReason }: DischargeAsk['body'],
  { isCode }: DischargeContext,
): Rejection | undefined {
  if (!isCode('discharge', reason)) return reject('unknown-code', 'There is no such reason; /api/v1/codes lists them', '/reason');
  if (!isCode('discharge-destinations', destination)) {
    return reject('unknown-code', 'There is no such destination; /api/v1/codes lists them', '/destination');
  }
  if (noOutcomeReason !== undefined && !isCode('no-outcome-reasons', noOutcomeReason)) {
    return reject('unknown-code', 'There is no such reason; /api/v1/codes lists them', '/noOutcomeReason');
  }
  return undefined;
}
