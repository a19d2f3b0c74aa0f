/** The working calendar of one service: which days count, when a day's service ends, and the dates that targets lead to. */
import { addDays, londonDate, londonInstant, londonTime, weekday } from './london';

/** The shape in which gov.uk publishes bank holidays. */
export interface BankHolidays {
  readonly [division: string]: {
    readonly division: string;
    readonly events: readonly { readonly title: string; readonly date: string; readonly notes: string; readonly bunting: boolean }[];
  };
}

export const NATIONS = ['england', 'wales', 'scotland', 'northern-ireland'] as const;
export type Nation = (typeof NATIONS)[number];

const DIVISION: Record<Nation, string> = {
  england: 'england-and-wales',
  wales: 'england-and-wales',
  scotland: 'scotland',
  'northern-ireland': 'northern-ireland',
};

/** The name under which gov.uk lists the bank holidays of a nation. */
export function divisionOf(nation: Nation): string {
  return DIVISION[nation];
}

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

export interface OpenHours {
  readonly opens: string;
  readonly closes: string;
}

/** Weekday (Monday = 1) to opening hours, from `{ "mon-fri": "09:00-17:00" }`; `undefined` when that cannot be read. */
export function readHours(hours: Readonly<Record<string, string>>): ReadonlyMap<number, OpenHours> | undefined {
  const week = new Map<number, OpenHours>();
  for (const [days, times] of Object.entries(hours)) {
    const [from, to = from] = days.split('-').map((day) => WEEKDAYS.indexOf(day as (typeof WEEKDAYS)[number]) + 1);
    const [, opens, closes] = /^((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)$/.exec(times) ?? [];
    if (!from || !to || from > to || days.split('-').length > 2 || opens === undefined || closes === undefined || opens >= closes)
      return undefined;
    for (let day = from; day <= to; day++) week.set(day, { opens, closes });
  }
  return week;
}

export interface WorkingCalendarOptions {
  readonly holidays: BankHolidays;
  readonly nation: Nation;
  /** Service hours, for example `{ "mon-fri": "09:00-17:00" }`. Every day from Monday to Friday needs its hours. */
  readonly hours: Readonly<Record<string, string>>;
}

export class WorkingCalendar {
  private readonly holidays: ReadonlySet<string>;
  private readonly week: ReadonlyMap<number, OpenHours>;

  constructor(options: WorkingCalendarOptions) {
    const division = options.holidays[DIVISION[options.nation]];
    const week = readHours(options.hours);
    if (!division) throw new Error(`No bank holidays for ${options.nation}`);
    if (!week || [1, 2, 3, 4, 5].some((day) => !week.has(day)))
      throw new Error('A service needs its hours for every day from Monday to Friday');
    this.holidays = new Set(division.events.map((event) => event.date));
    this.week = week;
  }

  /** Monday to Friday and no bank holiday of the nation. Leave and closures do not stop or stretch a target. */
  isWorkingDay(date: string): boolean {
    return weekday(date) <= 5 && !this.holidays.has(date);
  }

  /** The first working day after `date`. */
  nextWorkingDay(date: string): string {
    let day = addDays(date, 1);
    while (!this.isWorkingDay(day)) day = addDays(day, 1);
    return day;
  }

  /** `days` working days after `date`, backwards when negative; 0 gives `date` itself. */
  addWorkingDays(date: string, days: number): string {
    const step = Math.sign(days);
    let day = date;
    for (let left = Math.abs(days); left > 0;) {
      day = addDays(day, step);
      if (this.isWorkingDay(day)) left--;
    }
    return day;
  }

  /** The day from which targets count: that of receipt when it came before this time on a working day, otherwise the next working day. */
  dayZero(receivedAt: string, before = '16:00'): string {
    const date = londonDate(receivedAt);
    return this.isWorkingDay(date) && londonTime(receivedAt) < before ? date : this.nextWorkingDay(date);
  }

  /** The instant at which service ends on a working day. */
  endOfService(date: string): string {
    return londonInstant(date, this.hoursOn(date, this.week).closes);
  }

  /** The end of service on working day `days` after day 0: a target is met by then. */
  targetAfter(receivedAt: string, days: number, before?: string): string {
    return this.endOfService(this.addWorkingDays(this.dayZero(receivedAt, before), days));
  }

  /** `minutes` later on a clock that runs only in these hours of working days (service hours unless others are named). */
  addMinutesInHours(instant: string, minutes: number, hours?: Readonly<Record<string, string>>): string {
    const week = hours ? readHours(hours) : this.week;
    if (!week) throw new Error('Hours that cannot be read');
    let day = londonDate(instant);
    let at = Date.parse(instant);
    let left = minutes * 60_000;
    for (;;) {
      if (this.isWorkingDay(day)) {
        const { opens, closes } = this.hoursOn(day, week);
        const start = Math.max(at, Date.parse(londonInstant(day, opens)));
        const end = Date.parse(londonInstant(day, closes));
        if (start < end && start + left <= end) return new Date(start + left).toISOString();
        left -= Math.max(0, end - start);
      }
      day = this.nextWorkingDay(day);
      at = Date.parse(londonInstant(day, '00:00'));
    }
  }

  private hoursOn(date: string, week: ReadonlyMap<number, OpenHours>): OpenHours {
    const open = week.get(weekday(date));
    if (!open) throw new Error('Not a day with hours');
    return open;
  }
}
