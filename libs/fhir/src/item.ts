/** What a file comes to: one item for every request in it, and what each one asks of the service. */
import type { Mistake } from '@waymark/kernel';

/** `wanted` is what the sender wants done; whether it is carried out, and on which referral, is for the intake door to say. */
export type ItemKind = 'refused' | 'not-this-service' | 'referral' | 'information' | 'withdraw' | 'enter-in-error';

export interface Item {
  /** `ServiceRequest/<id>` or its fullUrl, `row <line>`, `line <n>`; `null` = the file as a whole. */
  readonly item: string | null;
  readonly kind: ItemKind;
  /** Why it is refused or not for this service; empty for the rest. */
  readonly reasons: readonly Mistake[];
  /** Place of the request among the entries of a Bundle. */
  readonly entry?: number;
  /** Place of its person among the entries of a Bundle. */
  readonly personEntry?: number;
  /** What the sender calls this message; the same one again is the same message. */
  readonly messageId?: string;
  /** What the sender calls this referral, in every message about it. */
  readonly identifier?: { readonly system: string; readonly value: string };
  /** The body of ReceiveReferral: contract section 3. Also there for `other-service`, so that a referral already taken can still be added to. */
  readonly referral?: ReferralBody;
  /** `read-now`: a person must read what came, because a code does not say it all. */
  readonly flags: readonly string[];
  /** The FHIR resources as they came, without what a restriction removes. */
  readonly original?: Original;
}

export interface Original {
  readonly serviceRequest: Readonly<Record<string, unknown>>;
  readonly patient?: Readonly<Record<string, unknown>>;
  /** Everything else in the message that speaks of this request or its person. */
  readonly others?: readonly Readonly<Record<string, unknown>>[];
  /** Elements that a restriction removed, as FHIRPath. */
  readonly removed?: readonly string[];
}

/** Contract section 3, as far as a message or a row can say it. */
export interface ReferralBody {
  readonly service?: string;
  readonly source: 'self' | 'family' | 'carer' | 'gp' | 'mdt' | 'case-finding';
  readonly identifier?: readonly { readonly system: string; readonly value: string }[];
  readonly person: PersonBody;
  readonly referrer?: ReferrerBody;
  readonly agreement?: { readonly basis: string; readonly note?: string };
  readonly need: {
    readonly inOwnWords?: string;
    readonly reason?: string;
    readonly conditions?: readonly { readonly system?: string; readonly code?: string; readonly display?: string }[];
  };
  readonly facts?: Readonly<Record<string, FactBody>>;
  readonly requestedPriority?: 'routine' | 'soon' | 'urgent' | 'crisis';
  readonly priorityReason?: string;
  readonly equality?: { readonly ethnicity?: string };
}

export interface Telecom {
  readonly system: 'phone' | 'sms' | 'email';
  readonly value: string;
}

export interface PersonBody {
  /** Missing where a message names the person by an identifier alone. */
  readonly name?: { readonly family?: string; readonly given?: readonly string[]; readonly preferred?: string };
  readonly birthDate?: string | { readonly about: number };
  readonly nhsNumber?: string;
  readonly gender?: 'female' | 'male' | 'other' | 'unknown';
  readonly address?: { readonly line?: readonly string[]; readonly postalCode?: string };
  readonly telecom?: readonly Telecom[];
  readonly gpPractice?: { readonly ods?: string; readonly name?: string };
  readonly language?: string;
  readonly interpreter?: boolean;
  readonly formats?: readonly string[];
  readonly adjustments?: readonly string[];
  readonly restricted?: boolean;
}

export interface ReferrerBody {
  readonly name?: string;
  readonly relationship?: string;
  readonly role?: string;
  readonly telecom?: readonly Telecom[];
  readonly identifier?: { readonly system: string; readonly value: string };
  readonly organization?: { readonly ods?: string; readonly name?: string };
}

export type FactValue = boolean | number | string | readonly string[];
export type FactBody = FactValue | { readonly value: FactValue; readonly on?: string; readonly by?: 'imported' };

export interface CodeRef {
  readonly system: string;
  readonly code: string;
}

/** `config/referral-codes.yaml`. */
export interface ReferralCodes {
  /** Requests for occupational therapy. */
  readonly occupationalTherapy: readonly CodeRef[];
  /** Requests that say "referral" and not for what. */
  readonly generic: readonly CodeRef[];
  /** The reviewed list of what this service does not do. */
  readonly notOccupationalTherapy: readonly CodeRef[];
  /** UK Core SourceOfServiceRequest to our sources. */
  readonly sourceOfReferral: readonly (CodeRef & { readonly is: string })[];
}

/** What a file is read against. Everything the maps need to know and must not look up. */
export interface ReadContext {
  readonly referralCodes: ReferralCodes;
  readonly facts: FactReader;
  /** The service that reads, so that a request addressed to it is known to be. */
  readonly service?: { readonly ods?: string; readonly name?: string };
  /** Who handed the file in, when nothing in it says: part of the name of a referral without an identifier. */
  readonly sender?: string;
  /** London date. No birth date lies after it. */
  readonly today: string;
  /** Whether any safety or safeguarding rule fires on what was sent. They run before anything is sent away. */
  anySafetyRuleFires(referral: ReferralBody): boolean;
}

/** config/facts.yaml as far as a door needs it: `FactCatalogue` of @waymark/rules. */
export interface FactReader {
  get(
    id: string,
  ): { readonly type: 'boolean' | 'integer' | 'number' | 'code' | 'codes'; readonly takenFrom?: string | undefined } | undefined;
  /** A refusal when there is no such fact or it cannot have that value. */
  read(id: string, given: unknown, path?: string): object;
}

/** Limits of contract section 3. */
export const LIMITS = { list: 100, text: 10_000, name: 200 } as const;

export function refused(item: string | null, reasons: readonly Mistake[], more: Partial<Item> = {}): Item {
  return { ...more, item, kind: 'refused', reasons, flags: [] };
}
