/** Days and times of day in Europe/London, and the instants they name. Safe across clock changes, cheap enough for folds over millions of events. */
import { Temporal } from 'temporal-polyfill';

const ZONE = 'Europe/London';
const HOUR = 3_600_000;
const DAY = 86_400_000;

/** Clocks change on a whole UTC hour, so one hour has one offset and one date. Dropped when full: it only saves work. */
const hours = new Map<number, { readonly offset: number; readonly date: string }>();
const REMEMBERED_HOURS = 100_000;

function hourOf(epoch: number): { readonly offset: number; readonly date: string } {
  const hour = Math.floor(epoch / HOUR);
  const known = hours.get(hour);
  if (known) return known;
  const zoned = Temporal.Instant.fromEpochMilliseconds(hour * HOUR).toZonedDateTimeISO(ZONE);
  const found = { offset: zoned.offsetNanoseconds / 1_000_000, date: zoned.toPlainDate().toString() };
  if (hours.size >= REMEMBERED_HOURS) hours.clear();
  hours.set(hour, found);
  return found;
}

/** Milliseconds that London is ahead of UTC at this moment. */
function offsetAt(epoch: number): number {
  return hourOf(epoch).offset;
}

function epochOf(instant: string): number {
  const epoch = Date.parse(instant);
  if (Number.isNaN(epoch)) throw new Error('Not an instant');
  return epoch;
}

/** As `hours`: there are few dates, and each is asked about often. */
const epochs = new Map<string, number>();
const REMEMBERED_DATES = 100_000;

/** Milliseconds of midnight UTC on a date: a date as a number, never an instant in London. */
function epochOfDate(date: string): number {
  const known = epochs.get(date);
  if (known !== undefined) return known;
  if (!isDay(date)) throw new Error('Not a date of the form YYYY-MM-DD');
  const epoch = Date.parse(`${date}T00:00:00Z`);
  if (epochs.size >= REMEMBERED_DATES) epochs.clear();
  epochs.set(date, epoch);
  return epoch;
}

const DAY_FORM = /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

/** A real day, `YYYY-MM-DD`. */
export function isDay(value: unknown): value is string {
  const [, year, month, day] = (typeof value === 'string' && DAY_FORM.exec(value)) || [];
  return year !== undefined && Number(day) <= daysIn(Number(year), Number(month));
}

function daysIn(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (month === 2) return isLeap ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The day it is in London at this instant. */
export function londonDate(instant: string): string {
  return hourOf(epochOf(instant)).date;
}

/** The time on a London clock at this instant, `HH:MM`. */
export function londonTime(instant: string): string {
  const epoch = epochOf(instant);
  return new Date(epoch + offsetAt(epoch)).toISOString().slice(11, 16);
}

/**
 * The UTC instant of a time of day in London. A time that the clocks skip is taken an hour later; one that comes twice, the first time.
 */
export function londonInstant(date: string, time: string): string {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time) ?? [];
  if (hour === undefined || minute === undefined) throw new Error('Not a time of the form HH:MM');
  const wall = epochOfDate(date) + Number(hour) * HOUR + Number(minute) * 60_000;
  const before = wall - offsetAt(wall - DAY);
  const after = wall - offsetAt(wall + DAY);
  const right = [Math.min(before, after), Math.max(before, after)].find((epoch) => epoch + offsetAt(epoch) === wall);
  return new Date(right ?? before).toISOString();
}

export function addDays(date: string, days: number): string {
  return new Date(epochOfDate(date) + days * DAY).toISOString().slice(0, 10);
}

/** Days from `from` to `to`: 1 from one day to the next, negative backwards. */
export function daysBetween(from: string, to: string): number {
  return (epochOfDate(to) - epochOfDate(from)) / DAY;
}

/** Monday = 1 to Sunday = 7. */
export function weekday(date: string): number {
  return new Date(epochOfDate(date)).getUTCDay() || 7;
}

/** A full date, a year, or an age somebody gave ("about 80"). */
export type BirthDate = string | { readonly about: number };

/**
 * Whole years on `date`. From a year alone: the age reached in that year, because a rule for older people must not miss somebody
 * whose birthday is not known. `undefined` when it cannot be told.
 */
export function ageOn(birthDate: BirthDate | undefined, date: string): number | undefined {
  if (birthDate === undefined) return undefined;
  if (typeof birthDate === 'object') return birthDate.about;
  const [, year, monthDay] = /^(\d{4})(?:-(\d{2}-\d{2}))?$/.exec(birthDate) ?? [];
  if (year === undefined) return undefined;
  const reached = Number(date.slice(0, 4)) - Number(year);
  const age = monthDay !== undefined && date.slice(5) < monthDay ? reached - 1 : reached;
  return age < 0 ? undefined : age;
}
