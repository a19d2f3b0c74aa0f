/** Appointments, contacts, measures and discharges of the made-up service. */
import { addDays } from '@waymark/kernel';
import type { Stratum } from '@waymark/rules';
import type { Acts } from './acts';
import type { Case, Clinician } from './case';
import { Proportions, type Chance } from './chance';
import type { Diary } from './diary';

interface Measured {
  readonly instrument: string;
  readonly variant: string;
  /** First values, far enough from both ends of the scale that a change counts. */
  readonly baseline: readonly [number, number];
  readonly betterIs: 1 | -1;
  readonly change: readonly [number, number];
}

const MEASURES: Readonly<Record<Stratum, Measured>> = {
  frailty: { instrument: 'patient-specific', variant: 'goal-1', baseline: [5, 8], betterIs: -1, change: [2, 4] },
  'mental-health': { instrument: 'wsas', variant: 'standard', baseline: [16, 29], betterIs: -1, change: [8, 11] },
  work: { instrument: 'work-ability', variant: 'standard', baseline: [2, 5], betterIs: 1, change: [2, 4] },
  wider: { instrument: 'patient-specific', variant: 'goal-1', baseline: [5, 8], betterIs: -1, change: [2, 4] },
};
const INTERVENTIONS: Readonly<Record<Stratum, readonly string[]>> = {
  frailty: ['strength-and-endurance', 'falls-and-function', 'adaptive-equipment'],
  'mental-health': ['routine-and-activity-plan', 'activation', 'self-management-plan'],
  work: ['return-to-work-plan', 'workplace-advice', 'vocational-goals'],
  wider: ['fatigue-and-pace', 'compensatory-techniques', 'self-care-skills'],
};
const DESTINATIONS: Readonly<Record<Stratum, Readonly<Record<string, number>>>> = {
  frailty: { 'self-management': 50, 'family-or-carer': 20, 'voluntary-sector': 15, 'adult-social-care': 15 },
  'mental-health': { 'self-management': 55, 'voluntary-sector': 25, 'talking-therapies': 20 },
  work: { 'self-management': 50, 'employer-or-occupational-health': 50 },
  wider: { 'self-management': 65, 'gp-practice': 20, 'voluntary-sector': 15 },
};
/** Pairs that are complete, in the first weeks and now. */
const COMPLETE = { first: 0.58, now: 0.74 } as const;

export class Care {
  private readonly changes = new Proportions({ better: 71, same: 17, worse: 12 });
  /** Of every pair that could be complete, the part that is carried over to the next. */
  private completeSoFar = 0;

  constructor(
    private readonly acts: Acts,
    private readonly chance: Chance,
    private readonly diary: Diary,
  ) {}

  /** `false` = nothing is free in time. */
  async book(each: Case, clinician: Clinician, earliest: string, wanted: string): Promise<boolean> {
    const slot = this.diary.take(clinician, earliest, wanted, each.had === 0);
    if (!slot) return false;
    const type = each.had === 0 ? 'first' : this.chance.happens(0.2) ? 'telephone' : 'follow-up';
    each.booked = { appointment: await this.acts.book(each, slot.id, type, clinician), date: slot.date, start: slot.start };
    return true;
  }

  async cancel(each: Case, clinician: Clinician, by: 'person' | 'service', reason: string, again: string): Promise<void> {
    if (!each.booked) return;
    await this.acts.about(each, 'cancel', { appointment: each.booked.appointment, by, reason }, clinician);
    delete each.booked;
    each.notBefore = again;
  }

  /** The time of the appointment has come. `progress`: from 0, the first day of the service, to 1, today. */
  async attend(each: Case, clinician: Clinician, progress: number): Promise<void> {
    if (!each.booked) return;
    const { appointment, date } = each.booked;
    const missed = each.child ? 'was-not-brought' : 'did-not-attend';
    const outcome = this.chance.weighted({ attended: 84, 'attended-late': 6, [missed]: each.missed > 0 ? 1 : 8, 'late-not-seen': 1 });
    await this.acts.about(each, 'record-attendance', { appointment, outcome }, clinician);
    delete each.booked;
    if (outcome === 'attended' || outcome === 'attended-late') return this.contact(each, clinician, appointment, date, progress);
    each.missed++;
    each.notBefore = addDays(date, this.chance.between(1, 5));
  }

  private async contact(each: Case, clinician: Clinician, appointment: string, date: string, progress: number): Promise<void> {
    each.had++;
    if (each.had === 1) {
      const intervention = this.chance.oneOf(INTERVENTIONS[each.stratum]);
      await this.acts.about(each, 'start-treatment', { intervention, appointment }, clinician);
      each.state = 'treatment';
      await this.measureFirst(each, clinician, date);
    }
    if (each.had >= each.planned) return this.discharge(each, clinician, date, progress);
    each.notBefore = addDays(date, this.chance.between(1, 4));
    await this.book(each, clinician, addDays(date, 14), addDays(date, this.chance.between(24, 27)));
  }

  private async measureFirst(each: Case, clinician: Clinician, on: string): Promise<void> {
    const { instrument, variant, baseline } = MEASURES[each.stratum];
    each.baseline = this.chance.between(...baseline);
    const body = { instrument, variant, value: each.baseline, on, completedBy: 'person', occasion: 'baseline' };
    await this.acts.about(each, 'record-measure', body, clinician);
  }

  private async measureLast(each: Case, clinician: Clinician, on: string, from: number): Promise<void> {
    const { instrument, variant, betterIs, change } = MEASURES[each.stratum];
    const size = this.chance.between(...change);
    const by = { better: betterIs * size, same: this.chance.between(-1, 1), worse: -betterIs * change[0] };
    const value = from + by[this.changes.next()];
    await this.acts.about(each, 'record-measure', { instrument, variant, value, on, completedBy: 'person', occasion: 'final' }, clinician);
  }

  private isComplete(progress: number): boolean {
    this.completeSoFar += COMPLETE.first + (COMPLETE.now - COMPLETE.first) * progress;
    if (this.completeSoFar < 1) return false;
    this.completeSoFar--;
    return true;
  }

  private async discharge(each: Case, clinician: Clinician, date: string, progress: number): Promise<void> {
    const complete = each.had > 1 && this.isComplete(progress);
    if (complete && each.baseline !== undefined) await this.measureLast(each, clinician, date, each.baseline);
    const reasons = { 'goals-met': 56, 'goals-partly-met': 24, 'self-managing': 14, 'no-further-gain': 6 };
    const body = {
      reason: this.chance.weighted(reasons),
      destination: this.chance.weighted(DESTINATIONS[each.stratum]),
      summary: { did: 'An assessment, a plan that was carried out together, and a review.', gpToDo: 'Nothing.' },
      ...(complete
        ? {}
        : { noOutcomeReason: this.chance.weighted({ 'not-asked': 50, declined: 20, 'missed-ending': 20, 'too-unwell': 10 }) }),
    };
    await this.acts.about(each, 'discharge', body, clinician);
    each.state = 'ended';
  }
}
