/** What changed over an episode: the first and the last value of one instrument, where the two may be compared (rules-and-defaults 1.17). */
import { addDays, daysBetween } from '@waymark/kernel';
import type { DischargeEvent } from './discharge';
import type { Instrument, PlanEvent } from './plan';

export type Measure = Extract<PlanEvent, { type: 'MeasureRecorded' }>['data'];
type Pair = DischargeEvent['data']['pairs'][number];

/** The last value comes this many days or more after the first … */
const APART_DAYS = 14;
/** … and at most this many before the discharge. */
const FRESH_DAYS = 28;

/**
 * `attended`: London dates of the contacts. The first value is from no later than the second of them. Only the same
 * instrument, variant and respondent make a pair; an instrument that describes somebody is no outcome.
 */
export function pairsOf(
  measures: readonly Measure[],
  attended: readonly string[],
  dischargedOn: string,
  instruments: readonly Instrument[],
): Pair[] {
  const second = [...attended].sort()[1];
  if (second === undefined) return [];
  const alike = new Map<string, Measure[]>();
  for (const measure of measures) {
    const key = JSON.stringify([measure.instrument, measure.variant, measure.completedBy]);
    alike.set(key, [...(alike.get(key) ?? []), measure]);
  }
  return [...alike.values()].flatMap((group) => {
    const instrument = instruments.find(({ code }) => code === group[0]?.instrument);
    return instrument ? pairOf(group, second, dischargedOn, instrument) : [];
  });
}

function pairOf(group: readonly Measure[], second: string, dischargedOn: string, { better, counts = Infinity }: Instrument): Pair[] {
  if (better === 'neither') return [];
  // Stable: of two on one day, the one recorded first comes first.
  const inOrder = group.filter(({ on }) => on <= dischargedOn).sort((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : 0));
  const [first, last] = [inOrder[0], inOrder.at(-1)];
  if (!first || !last || first.on > second) return [];
  if (daysBetween(first.on, last.on) < APART_DAYS || last.on < addDays(dischargedOn, -FRESH_DAYS)) return [];
  // Decimal fractions such as 0.3 - 0.1 leave crumbs that would miss a threshold.
  const change = Math.round((last.value - first.value) * 1e6) / 1e6;
  const gain = better === 'higher' ? change : -change;
  const important = Math.abs(gain) < counts ? 'no' : gain > 0 ? 'better' : 'worse';
  return [{ instrument: first.instrument, variant: first.variant, baseline: first.value, final: last.value, change, important }];
}
