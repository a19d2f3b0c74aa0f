/** The waiting list: every referral that has not ended, in its place, in the order of that place. What is asked of it is in waitlist-page.ts. */
import type { Projection } from '@waymark/projections';
import { ENDS, place, type Place, type ReferralStreamEvent, type Stage } from '@waymark/referral';
import type { Priority, Stratum, Tier } from '@waymark/rules';
import { UNALLOCATED } from './list';
import { NEVER_WAS, onEvents, type Recorded } from './on-events';
import { bandOf, dueOf, flagsOf, isActNow, isRaised, rankOf } from './places';

export interface WaitlistRow {
  readonly service: string;
  readonly reference: string;
  readonly stage: Stage;
  /** Index in `PLACES`. */
  readonly placeRank: number;
  /** Before every date: 0 is Act now. */
  readonly orderBand: number;
  /** What the place is ordered by, and the next date that counts there. */
  readonly due: string;
  readonly receivedAt: string;
  readonly source: string;
  readonly stratum: Stratum;
  readonly tier: Tier;
  readonly priority: Priority;
  readonly clock: Place['clock']['state'];
  readonly owner: string;
  readonly flags: readonly string[];
  readonly actNow: 0 | 1;
  readonly raised: 0 | 1;
  /** The fold itself, so that the next event finds it as it was. */
  readonly place: Place;
}

export const waitlist: Projection<WaitlistRow> = {
  name: 'waitlist',
  version: 3,
  table: {
    columns: {
      service: { type: 'text' },
      reference: { type: 'text' },
      stage: { type: 'text' },
      placeRank: { type: 'integer' },
      orderBand: { type: 'integer' },
      due: { type: 'text' },
      receivedAt: { type: 'text' },
      source: { type: 'text' },
      stratum: { type: 'text' },
      tier: { type: 'text' },
      priority: { type: 'text' },
      clock: { type: 'text' },
      owner: { type: 'text' },
      flags: { type: 'json' },
      actNow: { type: 'integer' },
      raised: { type: 'integer' },
      place: { type: 'json' },
    },
    indexes: [
      // Order, position, and every filter, without opening a row.
      {
        columns: [
          ...(['service', 'placeRank', 'orderBand', 'due', 'receivedAt', 'reference'] as const),
          ...(['stage', 'source', 'stratum', 'tier', 'priority', 'clock', 'owner', 'flags', 'actNow'] as const),
        ],
      },
      // How many stand in each place. Small, since it is walked along for every page after which something was written.
      { columns: ['service', 'placeRank'] },
      // How many of them a filter leaves: half of the first to walk along.
      {
        columns: [
          ...(['service', 'placeRank', 'priority', 'tier', 'stratum', 'source', 'clock', 'stage', 'actNow', 'owner', 'flags'] as const),
        ],
      },
      { columns: ['service'], where: 'actNow = 1' },
      { columns: ['service'], where: 'raised = 1' },
    ],
  },
  key: (event) => event.stream,
  on: onEvents(place.folds, moved),
  ends: ENDS,
  neverWas: NEVER_WAS,
};

/** An ended referral leaves, so that the list costs nothing for the past. */
function moved(row: WaitlistRow | undefined, event: Recorded<ReferralStreamEvent>): WaitlistRow | undefined {
  const now = place.evolve(row?.place, event);
  if (now === undefined || now.stage === 'ended') return undefined;
  return {
    service: event.meta.service,
    reference: now.reference,
    stage: now.stage,
    placeRank: rankOf(now.stage),
    orderBand: bandOf(now),
    due: dueOf(now),
    receivedAt: now.receivedAt,
    source: now.source,
    stratum: now.stratum,
    tier: now.tier,
    priority: now.priority,
    clock: now.clock.state,
    owner: now.owner ?? UNALLOCATED,
    flags: flagsOf(now),
    actNow: isActNow(now) ? 1 : 0,
    raised: isRaised(now) ? 1 : 0,
    place: now,
  };
}
