/** The places of rules-and-defaults 1.6, and by what each of them is ordered. */
import { RAISED, STAGES, type Place, type Stage } from '@waymark/referral';

/** In the order in which a list of several places shows them. The clock runs in all but the last two. */
export const PLACES = ['triage', 'agreement', 'information', 'deferred', 'handed-over', 'waiting', 'treatment', 'monitoring'] as const;
export type PlaceName = (typeof PLACES)[number];

export const CLOCK_RUNS: readonly PlaceName[] = PLACES.slice(0, PLACES.indexOf('waiting') + 1);

export const OPEN_STAGES: readonly Stage[] = STAGES.filter((stage) => stage !== 'ended');

/** `offered` and `booked` are kinds of waiting. */
export function placeNameOf(stage: Stage): PlaceName {
  if (stage === 'offered' || stage === 'booked') return 'waiting';
  const found = PLACES.find((place) => place === stage);
  if (!found) throw new Error('Whoever has ended is in no place');
  return found;
}

export function rankOf(stage: Stage): number {
  return PLACES.indexOf(placeNameOf(stage));
}

export function stagesOf(place: PlaceName): Stage[] {
  return OPEN_STAGES.filter((stage) => placeNameOf(stage) === place);
}

/** Crisis not yet accepted by a service built for it, or a safety or safeguarding hold without a decision. */
export function isActNow({ priority, hold }: Place): boolean {
  return priority === 'crisis' || hold;
}

export function isRaised({ flags }: Place): boolean {
  return flags.includes(RAISED);
}

/** Something has not happened that should have, and somebody was told. */
export const ATTENTION = 'attention';

export function flagsOf({ flags, attention }: Place): readonly string[] {
  return attention.length === 0 ? flags : [...flags, ATTENTION];
}

/** Comes before every date: Act now, then urgent, then soon and routine together; elsewhere what nobody has been reassured about. */
export function bandOf(place: Place): number {
  if (isActNow(place)) return 0;
  if (placeNameOf(place.stage) === 'waiting') return place.priority === 'urgent' ? 1 : 2;
  return place.flags.includes('safety') || place.flags.includes('read-now') ? 0 : 1;
}

/** The next date that counts: what the place is ordered by. */
export function dueOf(place: Place): string {
  const at = placeNameOf(place.stage);
  if (at === 'triage') return place.triageDue;
  return at === 'waiting' && place.contactDue !== undefined ? place.contactDue : place.nextStep.by;
}
