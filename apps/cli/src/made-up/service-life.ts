/** The life of a made-up service, day by day: referrals come, are read, booked, seen and discharged, each by its command. */
import { addDays, daysBetween, londonInstant, type WorkingCalendar } from '@waymark/kernel';
import type { Acts } from './acts';
import { Care } from './care';
import type { Case } from './case';
import type { Chance } from './chance';
import { Diary } from './diary';
import { again, somebody, somebodyInDistress, somebodyNotAsked, type Asked } from './people';
import type { Shape } from './shape';
import type { SimulatedClock } from './simulated-clock';
import { isAway, Team } from './team';
import { Triage } from './triage';

/** Something that happens at a time of the day. */
interface Moment {
  readonly at: string;
  happen(): Promise<void>;
}

/** Before the day begins, before decisions are taken, and after the day: what is due by itself happens, as far as it has come. */
const BY_ITSELF_AT = ['08:39', '16:14', '17:01'];

/**
 * Lives them all side by side, in the order of time; at one moment, in the order given. `byItself` does what nobody has to do: it
 * puts slots right, and tells people of what has not happened.
 */
export async function liveThrough(
  lives: readonly ServiceLife[],
  clock: SimulatedClock,
  dayIsOver: (date: string) => void,
  byItself?: () => Promise<void>,
): Promise<void> {
  for (const date of clock.days()) {
    const automatic = byItself ? BY_ITSELF_AT.map((time) => ({ at: londonInstant(date, time), happen: byItself })) : [];
    const moments = [...automatic, ...lives.flatMap((life) => life.momentsOf(date))].sort((a, b) =>
      a.at < b.at ? -1 : a.at > b.at ? 1 : 0,
    );
    for (const { at, happen } of moments) {
      if (!clock.reach(at)) return;
      await happen();
    }
    dayIsOver(date);
  }
}

export class ServiceLife {
  /** Referrals received so far. */
  referrals = 0;
  /** Those that have not ended, in the order of their receipt. */
  private cases: Case[] = [];
  private readonly team: Team;
  private readonly diary: Diary;
  private readonly triage: Triage;
  private readonly care: Care;
  /** The last working days before the last: what is left open on them is still to be seen then. */
  private readonly yesterday: string;
  private readonly dayBefore: string;

  constructor(
    private readonly acts: Acts,
    private readonly chance: Chance,
    private readonly calendar: WorkingCalendar,
    private readonly shape: Shape,
  ) {
    const { from, to } = shape.life;
    this.team = new Team(acts, shape);
    this.diary = new Diary(acts, calendar, this.team, from);
    this.triage = new Triage(acts, chance, calendar);
    this.care = new Care(acts, chance, this.diary);
    this.yesterday = calendar.addWorkingDays(to, -1);
    this.dayBefore = calendar.addWorkingDays(to, -2);
  }

  get waiting(): number {
    return this.count('waiting');
  }

  get inTreatment(): number {
    return this.count('treatment');
  }

  /** Of a working day; on other days nobody is there. */
  momentsOf(date: string): Moment[] {
    if (!this.calendar.isWorkingDay(date)) return [];
    this.cases = this.cases.filter(({ state }) => state !== 'ended');
    const at = (time: string, happen: () => Promise<void>): Moment => ({ at: londonInstant(date, time), happen });
    return [
      at('08:10', () => this.opening(date)),
      at('08:40', () => this.cancellations(date)),
      ...this.arrivals(date),
      ...this.appointmentsOn(date),
      at('16:15', () => this.decisions(date)),
      at('16:40', () => this.bookings(date)),
    ];
  }

  private async opening(date: string): Promise<void> {
    if (this.team.hasNewcomer(date)) await this.team.welcome(date);
    await this.diary.openFrom(date);
  }

  private arrivals(date: string): Moment[] {
    const count = this.chance.count(this.shape.arrivalsOn(date));
    const moments = Array.from({ length: count }, () => ({
      at: londonInstant(date, timeOf(this.chance.between(8 * 60 + 45, 15 * 60 + 50))),
      happen: () => this.receive(this.whoComes(date), date),
    }));
    const left = (time: string, asked: Asked, open: 'hold' | 'agreement'): Moment => ({
      at: londonInstant(date, time),
      happen: () => this.receive(asked, date, open),
    });
    if (date === this.yesterday) moments.push(left('15:40', somebodyInDistress, 'hold'));
    if (date === this.dayBefore) moments.push(left('10:30', somebodyNotAsked, 'agreement'));
    return moments;
  }

  /** Now and then it is about somebody whose referral is open already. */
  private whoComes(date: string): Asked {
    const open = this.cases.filter(({ state, leftOpen }) => state === 'waiting' && !leftOpen);
    if (open.length > 0 && this.chance.happens(0.02)) return again(this.chance.oneOf(open));
    const { chance, shape, team } = this;
    return somebody(
      chance,
      date,
      team.there(date).some((one) => one.seesChildren),
      shape.practice,
    );
  }

  private async receive({ stratum, child, body }: Asked, date: string, leftOpen?: Case['leftOpen']): Promise<void> {
    const { referralId, reference, revision, linkedTo } = await this.acts.receive(body);
    this.referrals++;
    if (linkedTo !== undefined) {
      for (const each of this.cases) if (each.reference === linkedTo) await this.acts.lookAgain(each);
      return;
    }
    const wait = Number(this.chance.weighted({ '0': 35, '1': 45, '2': 20 }));
    this.cases.push({
      referralId,
      reference,
      revision,
      body,
      stratum,
      child,
      state: 'triage',
      notBefore: wait === 0 ? date : this.calendar.addWorkingDays(date, wait),
      due: date,
      priority: 'routine',
      planned: Number(this.chance.weighted({ '1': 3, '2': 10, '3': 20, '4': 31, '5': 29, '6': 7 })),
      had: 0,
      missed: 0,
      ...(leftOpen ? { leftOpen } : {}),
    });
  }

  private appointmentsOn(date: string): Moment[] {
    return this.cases.flatMap((each) => {
      const { booked, clinician } = each;
      if (!booked || !clinician || booked.date !== date) return [];
      const at = new Date(Date.parse(booked.start) + 35 * 60_000).toISOString();
      return [{ at, happen: () => this.care.attend(each, clinician, this.lived(date)) }];
    });
  }

  /** On the morning of it: by the person, by the service, and of everybody whose clinician has fallen ill. */
  private async cancellations(date: string): Promise<void> {
    for (const clinician of this.team.clinicians) {
      for (const { from, to } of clinician.away) if (from <= date && date <= to) this.diary.close(clinician, to);
    }
    for (const each of this.cases) {
      const { booked, clinician } = each;
      if (!booked || !clinician) continue;
      if (isAway(clinician, date) && isAway(clinician, booked.date)) {
        await this.care.cancel(each, clinician, 'service', 'clinician-absent', date);
        continue;
      }
      if (booked.date !== date) continue;
      const soon = this.calendar.addWorkingDays(date, this.chance.between(1, 4));
      const reason = this.chance.weighted({ 'date-does-not-suit': 50, unwell: 35, 'cannot-get-there': 15 });
      if (this.chance.happens(0.07)) await this.care.cancel(each, clinician, 'person', reason, soon);
      else if (this.chance.happens(0.015)) await this.care.cancel(each, clinician, 'service', 'room-not-available', soon);
    }
  }

  private async decisions(date: string): Promise<void> {
    const there = this.team.there(date);
    if (there.length === 0) return;
    for (const each of this.cases) {
      if (each.leftOpen === 'hold' || each.notBefore > date) continue;
      const fitting = each.child ? this.team.clinicians.filter((one) => one.seesChildren) : there;
      const clinician = this.chance.oneOf(fitting);
      if (each.state === 'triage' && each.leftOpen) await this.triage.accept(each, clinician);
      else if (each.state === 'triage') await this.triage.decide(each, clinician, date);
      else if (each.state === 'handed-over') await this.triage.settleHandOver(each, clinician);
    }
  }

  /** Whoever is in treatment first; then the urgent and the soon; then so many of the others, longest due first, that the queue stays what it is. */
  private async bookings(date: string): Promise<void> {
    const unbooked = this.cases.filter(({ booked, notBefore, leftOpen }) => !booked && !leftOpen && notBefore <= date);
    for (const each of unbooked.filter(({ state }) => state === 'treatment')) await this.bookFor(each, date, 3, 14);
    const waiting = unbooked.filter(({ state }) => state === 'waiting').sort((a, b) => (a.due < b.due ? -1 : 1));
    for (const each of waiting.filter(({ priority }) => priority === 'urgent')) await this.bookFor(each, date, 1, 2);
    for (const each of waiting.filter(({ priority }) => priority === 'soon')) await this.bookFor(each, date, 3, 8);
    const routine = waiting.filter(({ priority }) => priority === 'routine');
    for (const each of routine.slice(0, Math.max(0, routine.length - Math.round(this.shape.mayStayUnbooked(date)))))
      await this.bookFor(each, date, 8, 12);
  }

  private async bookFor(each: Case, date: string, earliest: number, wanted: number): Promise<void> {
    if (each.clinician) await this.care.book(each, each.clinician, addDays(date, earliest), addDays(date, wanted));
  }

  /** From 0, the first day of the service, to 1, the last. */
  private lived(date: string): number {
    const { from, to } = this.shape.life;
    return daysBetween(from, date) / daysBetween(from, to);
  }

  private count(state: Case['state']): number {
    return this.cases.filter((each) => each.state === state && !each.leftOpen).length;
  }
}

function timeOf(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
