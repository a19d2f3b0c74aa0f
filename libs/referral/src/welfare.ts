/** Whether somebody who was missed has to be looked for on the same day, and whether they depend on others to come (rules-and-defaults 1.11). */
import type { FactValue } from '@waymark/rules';
import type { Gathered } from './gathered';
import type { Place } from './standing';

/** Every answer counts that was ever given: what is worrying is not taken back by what somebody else says later. */
function answersTo(fact: string, { told }: Gathered): readonly FactValue[] {
  return told.flatMap((facts) => facts[fact]?.value ?? []);
}

/** Somebody has to bring them, or nobody is sure. */
export function needsAnotherToAttend(gathered: Gathered): boolean {
  return answersTo('needs-another-to-attend', gathered).some((answer) => answer === true || answer === 'unknown');
}

const WORRYING_FLAGS = ['safety', 'safeguarding', 'palliative', 'adjustments'];
const WORRYING_NEEDS = ['frailty-dementia', 'life-limiting', 'child-developmental-delay'];

/** Not knowing is no reassurance: somebody frail of whom nobody said that they live with others counts as alone. */
export function needsWelfareCheck(place: Place, gathered: Gathered, appointmentType: string): boolean {
  const frailty = Math.max(0, ...answersTo('cfs', gathered).filter((answer) => typeof answer === 'number'));
  const alone = answersTo('lives-alone', gathered);
  const livesWithOthers = alone.length > 0 && alone.every((answer) => answer === false);
  return (
    appointmentType === 'home-visit' ||
    place.flags.some((flag) => WORRYING_FLAGS.includes(flag)) ||
    (place.ageYears !== undefined && place.ageYears < 18) ||
    frailty >= 6 ||
    (frailty >= 5 && !livesWithOthers) ||
    answersTo('life-limiting-illness', gathered).includes(true) ||
    [...gathered.needTypes, ...answersTo('needs', gathered)].some((need) => WORRYING_NEEDS.includes(String(need)))
  );
}
