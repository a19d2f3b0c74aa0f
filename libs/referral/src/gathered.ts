/** Everything coded that has been said about one referral, and by whom: what the rules are asked about, again with each new fact. */
import { PRIORITIES, type Facts, type Priority } from '@waymark/rules';
import type { ReferralStreamEvent } from './place';

export interface Gathered {
  /** What each telling said, in the order they came: two that differ are both kept. */
  readonly told: readonly Facts[];
  readonly redFlags: readonly string[];
  readonly requestedPriority?: Priority;
  readonly ageYears?: number;
  readonly needTypes: readonly string[];
  readonly difficulties: readonly string[];
  readonly agreement?: string;
  readonly safeguardingConcern: boolean;
  /** Who has spoken for the person. */
  readonly sources: readonly string[];
  readonly died: boolean;
}

export const nothingGathered: Gathered = {
  told: [],
  redFlags: [],
  needTypes: [],
  difficulties: [],
  safeguardingConcern: false,
  sources: [],
  died: false,
};

/** Only three kinds of event say something about the person; where the referral stands is for `place`. */
export function gather(gathered: Gathered, event: ReferralStreamEvent): Gathered {
  if (event.type === 'DeathRecorded') return { ...gathered, died: true };
  if (event.type === 'ReferralReceived') {
    const { ageYears, need, agreement, safeguardingConcern, source } = event.data;
    return {
      ...withTold(gathered, event.data),
      ...(ageYears === undefined ? {} : { ageYears }),
      needTypes: need.types ?? [],
      difficulties: need.difficulties ?? [],
      agreement: agreement.basis,
      safeguardingConcern,
      sources: [source],
    };
  }
  if (event.type === 'InformationAdded') {
    const { source } = event.data;
    const joined = source === undefined || gathered.sources.includes(source) ? gathered.sources : [...gathered.sources, source];
    return { ...withTold(gathered, event.data), sources: joined };
  }
  return gathered;
}

interface Said {
  readonly facts: Facts;
  readonly redFlags: readonly string[];
  readonly requestedPriority?: Priority;
}

function withTold(gathered: Gathered, said: Said): Gathered {
  const asked = PRIORITIES.findLast((priority) => priority === said.requestedPriority || priority === gathered.requestedPriority);
  return {
    ...gathered,
    told: [...gathered.told, said.facts],
    redFlags: [...new Set([...gathered.redFlags, ...said.redFlags])],
    ...(asked === undefined ? {} : { requestedPriority: asked }),
  };
}
