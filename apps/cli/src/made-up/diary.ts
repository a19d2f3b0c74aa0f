/** The clinic diary: sessions are opened four weeks ahead, and their free slots given out. */
import { addDays, londonDate, type WorkingCalendar } from '@waymark/kernel';
import type { Acts } from './acts';
import type { Clinician } from './case';
import { sessionEnd } from './shape';
import { isAway, type Team } from './team';

export interface Slot {
  readonly id: string;
  /** UTC. */
  readonly start: string;
  /** London date. */
  readonly date: string;
  /** The first of its session is kept for first contacts. */
  readonly kept: boolean;
}

/** Nothing is booked further ahead. */
export const HORIZON_DAYS = 27;

export class Diary {
  /** Of each clinician, in the order of their start. */
  private readonly free = new Map<Clinician, Slot[]>();
  private openedUpTo: string;

  constructor(
    private readonly acts: Acts,
    private readonly calendar: WorkingCalendar,
    private readonly team: Team,
    start: string,
  ) {
    this.openedUpTo = addDays(start, -1);
  }

  /** Opens what is missing up to the horizon. Nobody knows of an absence before it begins. */
  async openFrom(today: string): Promise<void> {
    for (const [clinician, slots] of this.free) this.free.set(clinician, after(slots, today));
    while (this.openedUpTo < addDays(today, HORIZON_DAYS)) {
      this.openedUpTo = addDays(this.openedUpTo, 1);
      const date = this.openedUpTo;
      if (!this.calendar.isWorkingDay(date)) continue;
      for (const { clinician, start } of this.team.holding(date)) {
        if (isAway(clinician, today) && isAway(clinician, date)) continue;
        const slots = await this.acts.openSession(clinician, date, start, sessionEnd(start));
        this.freeOf(clinician).push(
          ...slots.map((slot, i) => ({ id: slot.id, start: slot.start, date: londonDate(slot.start), kept: i === 0 })),
        );
      }
    }
  }

  /** What somebody who is away would have given. */
  close(clinician: Clinician, upTo: string): void {
    this.free.set(clinician, after(this.freeOf(clinician), upTo));
  }

  /** The first free slot from `wanted` on, else the last before it that is not before `earliest`; and it is free no longer. */
  take(clinician: Clinician, earliest: string, wanted: string, isFirst: boolean): Slot | undefined {
    const slots = this.freeOf(clinician);
    const fits = ({ kept, date }: Slot): boolean => (isFirst || !kept) && date >= earliest;
    const soon = slots.findIndex((slot) => slot.date >= wanted && fits(slot));
    const at = soon >= 0 ? soon : slots.findLastIndex(fits);
    return at < 0 ? undefined : slots.splice(at, 1)[0];
  }

  private freeOf(clinician: Clinician): Slot[] {
    const slots = this.free.get(clinician) ?? [];
    this.free.set(clinician, slots);
    return slots;
  }
}

function after(slots: readonly Slot[], date: string): Slot[] {
  return slots.filter((slot) => slot.date > date);
}
