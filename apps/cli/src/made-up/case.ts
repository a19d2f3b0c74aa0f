/** Who works in a made-up service, and one referral as far as it has got. */
import type { Priority, Stratum } from '@waymark/rules';

/** London dates, both included. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

export interface Clinician {
  readonly id: string;
  readonly clinic: string;
  readonly place: string;
  /** The first moment of each session, London time. */
  readonly start: string;
  readonly seesChildren: boolean;
  /** Illness: nothing is held, and what was booked is cancelled. */
  readonly away: readonly Period[];
}

export interface Case {
  readonly referralId: string;
  readonly reference: string;
  /** Of the last event that the service has seen. */
  revision: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly stratum: Stratum;
  readonly child: boolean;
  state: 'triage' | 'handed-over' | 'waiting' | 'treatment' | 'ended';
  /** Not before this London date is it looked at again: read, booked or closed, by its state. */
  notBefore: string;
  /** The first contact is due. */
  due: string;
  priority: Priority;
  clinician?: Clinician;
  booked?: { readonly appointment: string; readonly date: string; readonly start: string };
  /** Contacts planned in all, and had so far. */
  planned: number;
  had: number;
  missed: number;
  /** The first value of its measure. */
  baseline?: number;
  /** Left for the person who looks at it: a hold that only a conversation ends, or an agreement that nobody has settled. */
  readonly leftOpen?: 'hold' | 'agreement';
}
