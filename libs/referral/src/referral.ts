/** The referral itself: received, added to, linked, withdrawn, entered in error, and the death of the person. */
import { defineEvents, personal, type EventOf } from '@waymark/kernel';
import { factsSchema, prioritySchema, suggestionSchema } from '@waymark/rules';
import { z } from 'zod';

export const SOURCES = ['self', 'family', 'carer', 'gp', 'mdt', 'case-finding'] as const;
export const CHANNELS = ['api', 'page', 'fhir', 'csv', 'cli'] as const;
export const AGREEMENT_BASES = ['agreed', 'does-not-know', 'cannot-decide', 'not-sure', 'refused', 'best-interests', 'not-stated'] as const;

const instant = z.iso.datetime();
const day = z.iso.date();

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

const person = personal(personDetailsSchema, { subjectField: 'personId', kind: 'identity' });
const referrer = personal(referrerDetailsSchema, { subjectField: 'referrerId', kind: 'identity' });
const words = personal(referralWordsSchema, { subjectField: 'personId', kind: 'clinical' });
/** The FHIR resources as they came, so that they can be given back as they came. */
const original = personal(z.record(z.string(), z.unknown()), { subjectField: 'personId', kind: 'clinical' });
/** A free remark on a command. Every event that carries one also carries `personId`. */
export const note = personal(z.string(), { subjectField: 'personId', kind: 'clinical' }).optional();
/** Other free text about the person's care. */
export const clinicalText = personal(z.string(), { subjectField: 'personId', kind: 'clinical' });

export const agreementSchema = z.strictObject({
  basis: z.enum(AGREEMENT_BASES),
  authority: z.enum(['lpa-health-welfare', 'deputy', 'parental', 'none']).optional(),
  on: day.optional(),
});

/** The coded part of what a sender says about the need. */
const needSchema = z.strictObject({
  difficulties: z.array(z.string()).optional(),
  types: z.array(z.string()).optional(),
});

export const referralEvents = defineEvents({
  ReferralReceived: z.strictObject({
    reference: z.string(),
    personId: z.uuid(),
    referrerId: z.uuid().optional(),
    source: z.enum(SOURCES),
    suggestedBy: z.string().optional(),
    channel: z.enum(CHANNELS),
    /** When the service received it: the clock starts on its London date. */
    receivedAt: instant,
    /** Age in whole years on the day of receipt, when the birth date tells it. */
    ageYears: z.number().int().optional(),
    birthDateGiven: z.enum(['full', 'year', 'about', 'missing']),
    nhsNumberGiven: z.enum(['valid', 'failing', 'none']),
    /** How the person was recognised. */
    matched: z.enum(['new', 'nhs-number', 'details']),
    practiceOds: z.string().optional(),
    agreement: agreementSchema,
    need: needSchema,
    facts: factsSchema,
    redFlags: z.array(z.string()),
    requestedPriority: prioritySchema.optional(),
    /** Somebody recorded a safeguarding concern. */
    safeguardingConcern: z.boolean(),
    riskToStaff: z.boolean(),
    separateNeed: z.boolean(),
    restricted: z.boolean(),
    flags: z.array(z.string()),
    equality: equalitySchema.optional(),
    person,
    referrer: referrer.optional(),
    words,
    original: original.optional(),
  }),
  /** The suggestion of the rules, in the same append as the fact that led to it. */
  ReferralStratified: suggestionSchema.extend({
    because: z.enum(['received', 'information-added', 'rules-changed']),
    /** Dates fixed now, so that nothing recomputes the past. */
    targets: z.strictObject({ read: instant, triage: instant, firstContact: instant.optional(), treatment: day }),
  }),
  InformationAdded: z.strictObject({
    personId: z.uuid(),
    from: z.string(),
    channel: z.enum(CHANNELS),
    facts: factsSchema,
    redFlags: z.array(z.string()),
    requestedPriority: prioritySchema.optional(),
    /** The referral whose receipt brought it, when a second one was linked to this. */
    linkedFrom: z.uuid().optional(),
    /** The sources that now speak for this referral, beyond the first. */
    source: z.enum(SOURCES).optional(),
    words: words.optional(),
    original: original.optional(),
    note,
  }),
  ReferralLinkedAsDuplicate: z.strictObject({ to: z.uuid(), toReference: z.string() }),
  ReferralWithdrawn: z.strictObject({ personId: z.uuid(), by: z.string(), reason: z.string(), note }),
  ReferralEnteredInError: z.strictObject({ personId: z.uuid(), reason: z.string(), note }),
  DeathRecorded: z.strictObject({ personId: z.uuid(), on: day.optional(), note }),
});
export type ReferralEvent = EventOf<typeof referralEvents>;
