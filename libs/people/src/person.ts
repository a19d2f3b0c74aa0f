/** One service's knowledge of a human: that there is one, and which referral is the open one. Holds no personal data. */
import { defineEvents, type EventOf } from '@waymark/kernel';
import { z } from 'zod';

export const personEvents = defineEvents({
  PersonIdentified: z.strictObject({ personId: z.uuid() }),
  /** One open referral a person and need: the winner of the claim. */
  NeedClaimed: z.strictObject({ referralId: z.uuid(), reference: z.string(), separateNeed: z.boolean() }),
  /** The referral that held the need has ended. */
  NeedReleased: z.strictObject({ referralId: z.uuid() }),
});
export type PersonEvent = EventOf<typeof personEvents>;
