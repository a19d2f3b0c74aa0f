/** A clinician reads a referral and decides, in the proportions of a service that is believed: rules-and-defaults 1.22. */
import { addDays, type WorkingCalendar } from '@waymark/kernel';
import type { Priority, Suggestion, Tier } from '@waymark/rules';
import type { Acts } from './acts';
import type { Case, Clinician } from './case';
import { Proportions, type Chance } from './chance';

/** Days from receipt to the first contact, by which the service books. */
const FIRST_CONTACT_DAYS: Readonly<Record<Priority, number>> = { crisis: 1, urgent: 7, soon: 14, routine: 42 };
const RAISED: Readonly<Record<Priority, Priority>> = { crisis: 'crisis', urgent: 'urgent', soon: 'urgent', routine: 'soon' };
const ADVICE = [
  {
    reason: 'self-management',
    advice: 'The strength and balance programme of the leisure centre, for twelve weeks; send again if nothing changes.',
  },
  { reason: 'equipment-advice', advice: 'A bath board and a grab rail can be had from the equipment store without us.' },
  { reason: 'awaiting-other-care', advice: 'Please send again once the operation is over; the wait for it would use up the contacts.' },
];
const REDIRECTS = [
  { to: 'talking-therapies', reason: 'talking-therapies-fits' },
  { to: 'falls-service', reason: 'better-met-elsewhere' },
  { to: 'adult-social-care', reason: 'better-met-elsewhere' },
  { to: 'access-to-work', reason: 'better-met-elsewhere' },
];
const DECLINES = [
  { reason: 'spoke-with-referrer', criterion: 'outside-area', alternative: 'occupational-therapy-where-they-live' },
  {
    reason: 'confirmed-with-other-service',
    criterion: 'met-by-another-occupational-therapist',
    alternative: 'current-occupational-therapist',
  },
  { reason: 'spoke-with-person', criterion: 'nothing-therapy-would-do', alternative: 'social-prescribing' },
];

export class Triage {
  private readonly decisions = new Proportions({ accept: 76, advice: 8, redirect: 9, decline: 2, declines: 5 });
  /** Two times in three upwards. */
  private readonly judgements = new Proportions({ agree: 89, more: 7, less: 4 });

  constructor(
    private readonly acts: Acts,
    private readonly chance: Chance,
    private readonly calendar: WorkingCalendar,
  ) {}

  async decide(each: Case, clinician: Clinician, date: string): Promise<void> {
    switch (this.decisions.next()) {
      case 'accept':
        return this.accept(each, clinician);
      case 'redirect':
        await this.acts.about(each, 'redirect', this.chance.oneOf(REDIRECTS), clinician);
        each.state = 'handed-over';
        each.notBefore = this.calendar.addWorkingDays(date, this.chance.between(6, 10));
        return;
      case 'advice':
        await this.acts.about(each, 'return-with-advice', this.chance.oneOf(ADVICE), clinician);
        break;
      case 'decline':
        await this.acts.about(each, 'decline', this.chance.oneOf(DECLINES), clinician);
        break;
      case 'declines':
        await this.acts.about(each, 'withdraw', { by: 'person', reason: 'person-changed-mind' }, clinician);
        break;
    }
    each.state = 'ended';
  }

  /** The person was told of both ways, and went to the other service. */
  async settleHandOver(each: Case, clinician: Clinician): Promise<void> {
    await this.acts.about(each, 'withdraw', { by: 'person', reason: 'treated-elsewhere' }, clinician);
    each.state = 'ended';
  }

  async accept(each: Case, clinician: Clinician): Promise<void> {
    const suggestion = await this.acts.suggestionFor(each);
    const decided = this.judged(suggestion);
    await this.acts.about(each, 'accept', { stratum: suggestion.stratum, ...decided }, clinician);
    each.state = 'waiting';
    each.clinician = clinician;
    each.priority = decided.priority;
    each.due = addDays(each.notBefore, FIRST_CONTACT_DAYS[decided.priority]);
    if (decided.tier === 'universal') each.planned = 1;
  }

  private judged({ tier, priority }: Suggestion): { tier: Tier; priority: Priority; reason: string } {
    const judgement = this.judgements.next();
    if (judgement === 'agree') return { tier, priority, reason: 'agree-with-suggestion' };
    if (judgement === 'more') {
      const raised = RAISED[priority];
      if (raised === priority) return { tier: 'specialist', priority, reason: 'more-support' };
      return { tier, priority: raised, reason: 'more-urgent' };
    }
    if (priority === 'soon') return { tier, priority: 'routine', reason: 'less-urgent' };
    return { tier: 'universal', priority, reason: 'less-support' };
  }
}
