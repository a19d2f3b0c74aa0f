/**
 * Where a referral stands: the place of everybody who is waiting, who owns it, what happens next and by when.
 * One fold of the referral's stream, used by the deciders' answers, the referral page and the waiting list alike.
 */
import type { Priority, Stratum, Tier } from '@waymark/rules';

export const STAGES = [
  'triage',
  'agreement',
  'information',
  'deferred',
  'handed-over',
  'waiting',
  'offered',
  'booked',
  'treatment',
  'monitoring',
  'ended',
] as const;
export type Stage = (typeof STAGES)[number];

export interface NextStep {
  /** In words that the person can read. */
  readonly what: string;
  readonly who: 'service' | 'person' | 'referrer';
  /** London date. */
  readonly by: string;
}

export interface PlacedAppointment {
  readonly id: string;
  readonly clinicStream: string;
  readonly slot: string;
  readonly type: string;
  readonly place: string;
  readonly practitionerId: string;
  readonly start: string;
  readonly end: string;
  readonly status: 'booked' | 'cancelled' | 'attended' | 'missed' | 'released';
}

export interface Place {
  readonly reference: string;
  readonly personId: string;
  readonly source: string;
  readonly receivedAt: string;
  readonly ageYears?: number;
  readonly stage: Stage;
  readonly stratum: Stratum;
  readonly strata: readonly Stratum[];
  readonly tier: Tier;
  /** The effective priority: what the clinician decided, raised by later facts, never lowered by them. */
  readonly priority: Priority;
  /** A clinician has decided stratum, tier and priority; otherwise they are the suggestion. */
  readonly decided: boolean;
  readonly flags: readonly string[];
  readonly agreement: string;
  /** A safety or safeguarding hold is open. */
  readonly hold: boolean;
  readonly clock: { readonly start: string; readonly stop?: string; readonly state: 'running' | 'stopped' | 'nullified' };
  readonly readDue: string;
  readonly triageDue: string;
  readonly contactDue?: string;
  readonly treatmentDue: string;
  /** The practitioner who answers for it: who accepted it, else who claimed it. */
  readonly owner?: string;
  readonly claim?: { readonly by: string; readonly until: string };
  readonly appointments: readonly PlacedAppointment[];
  readonly contacts: { readonly used: number; readonly allowed: number };
  readonly nextStep: NextStep;
  readonly ended?: { readonly on: string; readonly how: string; readonly reason: string; readonly destination?: string };
  /** Linked to another referral as a duplicate. */
  readonly linkedTo?: { readonly referralId: string; readonly reference: string };
}
