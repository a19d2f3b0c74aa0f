/** The clinic diary: sessions are opened four weeks ahead, and their free slots given out. */
import { addDays, londonDate, type WorkingCalendar } from '@waymark/kernel';
import type { Acts } from './acts';
import type { Clinician } from './case';
import { isAway } from './team';

export interface Slot {
  readonly id: string;
  /** UTC. */
  readonly start: string;
  readonly clinician: Clinician;
  /** The first of its session is kept for first contacts. */
  readonly kept: boolean;
}

/** Nothing is booked further ahead. */
export const HORIZON_DAYS = 27;

export class Diary {
  /** In the order of their start. */
  private free: Slot[] = [];
  private openedUpTo: string;

  constructor(
    private readonly acts: Acts,
    private readonly calendar: WorkingCalendar,
    private readonly team: readonly Clinician[],
    start: string,
  ) {
    this.openedUpTo = addDays(start, -1);
  }

  /** Opens what is missing up to the horizon. Nobody knows of an absence before it begins. */
  async openFrom(today: string): Promise<void> {
    this.free = this.free.filter(({ start }) => londonDate(start) > today);
    while (this.openedUpTo < addDays(today, HORIZON_DAYS)) {
      this.openedUpTo = addDays(this.openedUpTo, 1);
      if (!this.calendar.isWorkingDay(this.openedUpTo)) continue;
      const weekday = new Date(`${this.openedUpTo}T12:00:00Z`).getUTCDay();
      for (const clinician of this.team) {
        if (!clinician.weekdays.includes(weekday) || (isAway(clinician, today) && isAway(clinician, this.openedUpTo))) continue;
        const { slots } = await this.acts.openSession(clinician, this.openedUpTo);
        this.free.push(...slots.map(({ id, start }, i) => ({ id, start, clinician, kept: i === 0 })));
      }
    }
    this.free.sort((a, b) => (a.start < b.start ? -1 : 1));
  }

  /** What somebody who is away would have given. */
  close(clinician: Clinician, upTo: string): void {
    this.free = this.free.filter((slot) => slot.clinician !== clinician || londonDate(slot.start) > upTo);
  }

  /** The first free slot from `wanted` on, else the last before it that is not before `earliest`; and it is free no longer. */
  take(clinician: Clinician, earliest: string, wanted: string, isFirst: boolean): Slot | undefined {
    const fitting = this.free.filter(
      (slot) => slot.clinician === clinician && (isFirst || !slot.kept) && londonDate(slot.start) >= earliest,
    );
    const found = fitting.find(({ start }) => londonDate(start) >= wanted) ?? fitting.at(-1);
    if (found) this.free.splice(this.free.indexOf(found), 1);
    return found;
  }
}
