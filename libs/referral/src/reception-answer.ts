/** The answer to a submission. Made of stored events alone, so that a repeat gives it again. */
import type { Ran } from '@waymark/event-store';
import type { Receipt, RecordedEvent } from '@waymark/kernel';
import { placeOf } from './place';
import type { Referral, ReferralEvent } from './referral';
import type { NextStep, Place } from './standing';

export interface ReceptionAnswer {
  readonly outcome: 'accepted' | 'linked';
  readonly reference: string;
  /** The reference of the open referral that this one was added to. */
  readonly linkedTo?: string;
  readonly receivedAt: string;
  readonly flags: readonly string[];
  readonly nextStep: NextStep;
  readonly receipt: Receipt;
  readonly position: string;
  readonly replayed: boolean;
}

export type Received = Extract<ReferralEvent, { type: 'ReferralReceived' }>;

export function dataOf({ history: [first] }: Ran<Referral>): Received['data'] {
  if (first?.type !== 'ReferralReceived') throw new Error('A referral that does not begin with its receipt');
  return (first as RecordedEvent<Received>).data;
}

/** Says of the referral what was so when it was answered the first time: a sender learns nothing by asking again. */
export function answer(ran: Ran<Referral>, linked?: { readonly reference: string; readonly receipt: Receipt }): ReceptionAnswer {
  const then: Place | undefined = placeOf(ran.history.filter(({ revision }) => revision <= ran.revision));
  if (!then) throw new Error('A referral was received and is nowhere');
  const { logId, position, stream, revision, events, replayed } = linked?.receipt ?? ran;
  return {
    outcome: linked ? 'linked' : 'accepted',
    reference: then.reference,
    ...(linked ? { linkedTo: linked.reference } : {}),
    receivedAt: then.receivedAt,
    flags: then.flags,
    nextStep: then.nextStep,
    receipt: { logId, position, stream, revision, events, replayed },
    position,
    replayed: ran.replayed,
  };
}
