/** The life of a made-up service, day by day: referrals come, are read, booked, seen and discharged, each by its command. */
import type { INestApplicationContext } from '@nestjs/common';
import { addDays, daysBetween, londonDate, londonInstant, type WorkingCalendar } from '@waymark/kernel';
import { Acts } from './acts';
import { Care } from './care';
import type { Case, Clinician } from './case';
import { Chance } from './chance';
import { Diary } from './diary';
import { again, somebody, somebodyInDistress, somebodyNotAsked, type Asked } from './people';
import type { SimulatedClock } from './simulated-clock';
import { appointTeam, isAway } from './team';
import { Triage } from './triage';

export interface Lived {
  readonly referrals: number;
  readonly waiting: number;
  readonly inTreatment: number;
}

/** Something that happens at a time of the day. */
interface Moment {
  readonly at: string;
  happen(): Promise<void>;
}

/** Referrals a working day; in the last ten weeks 15 % more, so that the queue visibly grows. */
const ARRIVALS = { usual: 2.7, busier: 3.1 } as const;
const BUSIER_DAYS = 70;
/** Routine people not booked yet, at most: steady first, growing in the busier weeks. */
const UNBOOKED = { steady: 16, now: 40 } as const;

export async function liveThrough(
  app: INestApplicationContext,
  clock: SimulatedClock,
  seed: number,
  progress: (line: string) => void,
): Promise<Lived> {
  const acts = new Acts(app);
  const first = clock.date;
  const calendar = await acts.workingDays();
  const year = new ServiceYear(acts, clock, new Chance(seed), calendar, first, await appointTeam(acts, first));
  for (const date of clock.days()) {
    await year.day(date);
    if (daysBetween(first, date) % 28 === 0) progress(`  ${date}`);
  }
  return year.lived();
}

class ServiceYear {
  private readonly cases: Case[] = [];
  private readonly diary: Diary;
  private readonly triage: Triage;
  private readonly care: Care;
  /** The last working days before today: what is left open on them is still to be seen today. */
  private readonly yesterday: string;
  private readonly dayBefore: string;

  constructor(
    private readonly acts: Acts,
    private readonly clock: SimulatedClock,
    private readonly chance: Chance,
    private readonly calendar: WorkingCalendar,
    private readonly first: string,
    private readonly team: readonly [Clinician, Clinician],
  ) {
    this.diary = new Diary(acts, calendar, team, first);
    this.triage = new Triage(acts, chance, calendar);
    this.care = new Care(acts, chance, this.diary);
    this.yesterday = this.workingDayBefore(clock.today);
    this.dayBefore = this.workingDayBefore(this.yesterday);
  }

  /** A working day, as far as it has come; on other days nobody is there. */
  async day(date: string): Promise<void> {
    if (!this.calendar.isWorkingDay(date)) return;
    await this.diary.openFrom(date);
    for (const { at, happen } of this.momentsOf(date)) {
      if (!this.clock.reach(at)) return;
      await happen();
    }
  }

  lived(): Lived {
    const count = (state: Case['state']) => this.cases.filter((each) => each.state === state && !each.leftOpen).length;
    return { referrals: this.cases.length, waiting: count('waiting'), inTreatment: count('treatment') };
  }

  private momentsOf(date: string): Moment[] {
    const at = (time: string, happen: () => Promise<void>): Moment => ({ at: londonInstant(date, time), happen });
    const moments = [
      at('08:40', () => this.cancellations(date)),
      ...this.arrivals(date),
      ...this.appointmentsOn(date),
      at('16:15', () => this.decisions(date)),
      at('16:40', () => this.bookings(date)),
    ];
    return moments.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  }

  private arrivals(date: string): Moment[] {
    const count = this.chance.count(this.daysLeft(date) < BUSIER_DAYS ? ARRIVALS.busier : ARRIVALS.usual);
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
    return somebody(this.chance, date, !this.team.some((one) => one.seesChildren && isAway(one, date)));
  }

  private async receive({ stratum, child, body }: Asked, date: string, leftOpen?: Case['leftOpen']): Promise<void> {
    const { referralId, revision, linked } = await this.acts.receive(body);
    if (linked) {
      for (const each of this.cases) if (each.body['person'] === body['person']) await this.acts.lookAgain(each);
      return;
    }
    const wait = Number(this.chance.weighted({ '0': 35, '1': 45, '2': 20 }));
    this.cases.push({
      referralId,
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
      if (!booked || !clinician || londonDate(booked.start) !== date) return [];
      const at = new Date(Date.parse(booked.start) + 35 * 60_000).toISOString();
      return [{ at, happen: () => this.care.attend(each, clinician, daysBetween(this.first, date) / this.days) }];
    });
  }

  /** On the morning of it: by the person, by the service, and of everybody whose clinician has fallen ill. */
  private async cancellations(date: string): Promise<void> {
    for (const clinician of this.team.filter(({ away }) => away?.from === date)) {
      this.diary.close(clinician, clinician.away?.to ?? date);
    }
    for (const each of this.cases) {
      const { booked, clinician } = each;
      if (!booked || !clinician) continue;
      const on = londonDate(booked.start);
      if (isAway(clinician, date) && isAway(clinician, on)) {
        await this.care.cancel(each, clinician, 'service', 'clinician-absent', date);
        continue;
      }
      if (on !== date) continue;
      const soon = this.calendar.addWorkingDays(date, this.chance.between(1, 4));
      const reason = this.chance.weighted({ 'date-does-not-suit': 50, unwell: 35, 'cannot-get-there': 15 });
      if (this.chance.happens(0.07)) await this.care.cancel(each, clinician, 'person', reason, soon);
      else if (this.chance.happens(0.015)) await this.care.cancel(each, clinician, 'service', 'room-not-available', soon);
    }
  }

  private async decisions(date: string): Promise<void> {
    const there = this.team.filter((clinician) => !isAway(clinician, date));
    for (const each of this.cases) {
      if (each.leftOpen === 'hold' || each.notBefore > date) continue;
      const clinician = each.child ? this.team[1] : this.chance.oneOf(there);
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
    for (const each of routine.slice(0, Math.max(0, routine.length - this.mayStayUnbooked(date)))) await this.bookFor(each, date, 8, 12);
  }

  private async bookFor(each: Case, date: string, earliest: number, wanted: number): Promise<void> {
    if (each.clinician) await this.care.book(each, each.clinician, addDays(date, earliest), addDays(date, wanted));
  }

  private mayStayUnbooked(date: string): number {
    const grown = Math.max(0, 1 - this.daysLeft(date) / BUSIER_DAYS);
    return Math.round(UNBOOKED.steady + (UNBOOKED.now - UNBOOKED.steady) * grown);
  }

  private get days(): number {
    return daysBetween(this.first, this.clock.today);
  }

  private daysLeft(date: string): number {
    return daysBetween(date, this.clock.today);
  }

  private workingDayBefore(date: string): string {
    let before = addDays(date, -1);
    while (!this.calendar.isWorkingDay(before)) before = addDays(before, -1);
    return before;
  }
}

function timeOf(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
