/** Attention: something that should have happened with a referral has not, and somebody is told. The watchers say what and when. */
import { defineEvents, type Decider, type EventOf } from '@waymark/kernel';
import { z } from 'zod';
import { place, type ReferralStreamEvent } from './place';
import type { Place } from './standing';
import { TOLD, WATCHERS, watchesOf, type Told, type Watcher } from './watchers';

const instant = z.iso.datetime();

export const attentionEvents = defineEvents({
  AttentionNeeded: z.strictObject({
    watcher: z.enum(WATCHERS),
    told: z.enum(TOLD),
    /** When it should have happened; with the watcher and who is told, the occasion. */
    since: instant,
    /** When the lead is told, if it still has not happened. */
    leadFrom: instant.optional(),
  }),
});
export type AttentionEvent = EventOf<typeof attentionEvents>;

export interface AttentionAsk {
  readonly watcher: Watcher;
  readonly told: Told;
  readonly since: string;
}

export interface AttentionContext {
  /** When the lead is told of what should have happened then. */
  leadFrom(since: string): string;
}

/** Ends nothing and decides nothing: it says that a person must. */
export const attention: Decider<Place | undefined, AttentionAsk, ReferralStreamEvent, AttentionEvent, AttentionContext> = {
  name: 'attention',
  ...place,
  decide({ watcher, told, since }, place, { leadFrom }) {
    const watch = place && watchesOf(place).find((each) => each.watcher === watcher && each.since === since);
    // It has happened meanwhile, or whoever is to be told knows.
    if (!watch || place.attention.some((known) => known.watcher === watcher && (known.told === told || known.told === 'lead'))) return [];
    const lead = watch.thenLead && told !== 'lead' ? { leadFrom: leadFrom(since) } : {};
    return [{ type: 'AttentionNeeded', data: { watcher, told, since, ...lead } }];
  },
};
