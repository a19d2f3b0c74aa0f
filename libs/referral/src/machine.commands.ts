/** What the program asks of itself about referrals, by reactions and timers: ids and codes alone. */
import { idOf, type DomainEvent, type RecordedEvent } from '@waymark/kernel';
import type { AttentionAsk } from './attention';

/** A booking, as its slot and its referral know it. */
export interface BookingNamed {
  readonly service: string;
  readonly referralId: string;
  readonly bookingId: string;
  readonly clinicStream: string;
  readonly slot: string;
}

export type ReferralMachineCommand =
  /** The appointment is made: its slot is no longer only held. */
  | ({ readonly kind: 'confirm-slot'; readonly start: string } & BookingNamed)
  /** The hold ran out: the booking is given up and its slot freed, or it was made after all. */
  | ({ readonly kind: 'settle-hold' } & BookingNamed)
  /** Slots of appointments that will not take place are free again. */
  | { readonly kind: 'release-slots'; readonly service: string; readonly referralId: string }
  /** Something should have happened and has not. */
  | ({ readonly kind: 'tell'; readonly service: string; readonly referralId: string } & AttentionAsk)
  /** Received, and neither holds the person's need nor is linked to the referral that does. */
  | { readonly kind: 'finish-reception'; readonly service: string; readonly referralId: string };

/** The referral that an event of its stream is about. */
export function referralOf({ stream, meta }: RecordedEvent<DomainEvent>): { readonly service: string; readonly referralId: string } {
  return { service: meta.service, referralId: idOf(stream) };
}
