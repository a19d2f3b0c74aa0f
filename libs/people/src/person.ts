/** One service's knowledge of a human: that there is one, and which referral is the open one. Holds no personal data. */
import { defineEvents, reject, type Decider, type EventOf } from '@waymark/kernel';
import { z } from 'zod';

export const personEvents = defineEvents({
  PersonIdentified: z.strictObject({ personId: z.uuid() }),
  /** One open referral a person and need: the winner of the claim. */
  NeedClaimed: z.strictObject({ referralId: z.uuid(), reference: z.string(), separateNeed: z.boolean() }),
  /** The referral that held the need has ended. */
  NeedReleased: z.strictObject({ referralId: z.uuid() }),
});
export type PersonEvent = EventOf<typeof personEvents>;

/** A referral that speaks for a need of this person, and is open as far as the person's stream knows. */
export interface NeedClaim {
  readonly referralId: string;
  readonly reference: string;
}

export interface Person {
  readonly identified: boolean;
  /** In the order of their claims: the first holds the need, the others were stated to be separate needs. */
  readonly open: readonly NeedClaim[];
}

export type PersonCommand =
  | { readonly kind: 'claim-need'; readonly referralId: string; readonly reference: string; readonly separateNeed: boolean }
  | { readonly kind: 'release-need'; readonly referralId: string }
  /** `from` has ended, but its release was not recorded: it is released, and the newcomer claims, in one append. */
  | { readonly kind: 'take-over-need'; readonly from: string; readonly referralId: string; readonly reference: string };

/** The referral to which another one for the same need is linked. */
export function holderOf(state: Person): NeedClaim | undefined {
  return state.open[0];
}

export const person: Decider<Person, PersonCommand, PersonEvent, PersonEvent, { readonly personId: string }> = {
  name: 'person',
  folds: { PersonIdentified: true, NeedClaimed: true, NeedReleased: true },
  initial: { identified: false, open: [] },

  evolve(state, event) {
    switch (event.type) {
      case 'PersonIdentified':
        return { ...state, identified: true };
      case 'NeedClaimed':
        return { ...state, open: [...state.open, { referralId: event.data.referralId, reference: event.data.reference }] };
      case 'NeedReleased':
        return { ...state, open: without(state.open, event.data.referralId) };
    }
  },

  decide(command, state, { personId }) {
    switch (command.kind) {
      case 'claim-need': {
        if (has(state.open, command.referralId)) return [];
        if (holderOf(state) && !command.separateNeed) return alreadyClaimed();
        return [...firstSeen(state, personId), claimed(command, command.separateNeed)];
      }
      case 'release-need':
        return has(state.open, command.referralId) ? [released(command.referralId)] : [];
      case 'take-over-need': {
        if (has(state.open, command.referralId)) return [];
        if (has(state.open, command.from)) return [released(command.from), claimed(command, false)];
        if (holderOf(state)) return alreadyClaimed();
        return [...firstSeen(state, personId), claimed(command, false)];
      }
    }
  },
};

function has(open: readonly NeedClaim[], referralId: string): boolean {
  return open.some((claim) => claim.referralId === referralId);
}

function without(open: readonly NeedClaim[], referralId: string): readonly NeedClaim[] {
  return open.filter((claim) => claim.referralId !== referralId);
}

function firstSeen(state: Person, personId: string): readonly PersonEvent[] {
  return state.identified ? [] : [{ type: 'PersonIdentified', data: { personId } }];
}

function claimed({ referralId, reference }: NeedClaim, separateNeed: boolean): PersonEvent {
  return { type: 'NeedClaimed', data: { referralId, reference, separateNeed } };
}

function released(referralId: string): PersonEvent {
  return { type: 'NeedReleased', data: { referralId } };
}

function alreadyClaimed() {
  return reject('need-already-claimed', 'This person already has an open referral for this need. What the new one says is added to it.');
}
