/** What is known of where a referral stands: the shape that the fold in place.ts gives. */
import type { Priority, Stratum, Tier } from '@waymark/rules';
import type { Attention } from './watchers';

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
  /** What happened at it is recorded by then. */
  readonly attendanceDue?: string;
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
  /** A person of the service has read what came last. */
  readonly read: boolean;
  /** Whether the person agrees is settled by then. */
  readonly agreementDue?: string;
  /** Something is booked by then. */
  readonly bookingDue?: string;
  readonly contactDue?: string;
  readonly treatmentDue: string;
  /** London dates on which the clock warns. */
  readonly warnings?: readonly string[];
  /** The practitioner who answers for it: who accepted it, else who claimed it. */
  readonly owner?: string;
  readonly claim?: { readonly by: string; readonly until: string };
  readonly appointments: readonly PlacedAppointment[];
  readonly contacts: { readonly used: number; readonly allowed: number };
  readonly nextStep: NextStep;
  readonly ended?: { readonly on: string; readonly how: string; readonly reason: string; readonly destination?: string };
  /** Linked to another referral as a duplicate. */
  readonly linkedTo?: { readonly referralId: string; readonly reference: string };
  /** Redirected; stays ours until the other service has accepted. */
  readonly handedOver?: { readonly to: string; readonly acceptanceDue: string };
  /** London date on which a clinician said that treatment started. */
  readonly treatmentStarted?: string;
  /** Calendar days that may pass in treatment without a contact. */
  readonly contactDays?: number;
  /** Since then nothing is booked for somebody who was accepted. */
  readonly unplannedSince?: string;
  /** What somebody was told of, and still has not happened. */
  readonly attention: readonly Attention[];
}

/** What an event changes; stage, hold and next step follow from it. */
export type Standing = Omit<Place, 'stage' | 'hold' | 'nextStep'>;
