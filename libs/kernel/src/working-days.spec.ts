import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Holidays from 'date-holidays';
import { weekday } from './london';
import { readHours, WorkingCalendar, type BankHolidays, type Nation } from './working-days';

const root = join(__dirname, '../../..');
const holidays = JSON.parse(readFileSync(join(root, 'config/bank-holidays.json'), 'utf8')) as BankHolidays;

function calendarOf(nation: Nation): WorkingCalendar {
  return new WorkingCalendar({ holidays, nation, hours: { 'mon-fri': '09:00-17:00' } });
}
const england = calendarOf('england');

describe('working days', () => {
  it('are Monday to Friday without the bank holidays of the nation', () => {
    expect(england.isWorkingDay('2026-11-27')).toBe(true);
    expect(england.isWorkingDay('2026-11-28')).toBe(false);
    expect(england.isWorkingDay('2026-12-28')).toBe(false);
    expect(england.isWorkingDay('2026-11-30')).toBe(true);
    expect(calendarOf('scotland').isWorkingDay('2026-11-30')).toBe(false);
    expect(calendarOf('wales').isWorkingDay('2026-04-06')).toBe(false);
    expect(calendarOf('scotland').isWorkingDay('2026-04-06')).toBe(true);
    expect(calendarOf('northern-ireland').isWorkingDay('2026-03-17')).toBe(false);
  });

  it('are counted over Christmas and backwards', () => {
    expect(england.addWorkingDays('2026-12-24', 2)).toBe('2026-12-30');
    expect(england.addWorkingDays('2026-12-30', -2)).toBe('2026-12-24');
    expect(england.addWorkingDays('2026-12-26', 0)).toBe('2026-12-26');
  });
});

describe('day 0', () => {
  it.each([
    ['a working day before 16:00', '2026-11-26T15:59:00Z', '2026-11-26'],
    ['16:00 itself: too late', '2026-11-26T16:00:00Z', '2026-11-27'],
    ['a Friday evening', '2026-11-27T18:00:00Z', '2026-11-30'],
    ['a Saturday morning', '2026-11-28T09:00:00Z', '2026-11-30'],
    ['in summer, 15:30 UTC is 16:30 in London', '2026-07-01T15:30:00Z', '2026-07-02'],
    ['Christmas Eve after 16:00', '2026-12-24T17:00:00Z', '2026-12-29'],
    ['before the service opens', '2026-11-26T05:00:00Z', '2026-11-26'],
  ])('%s', (_when, receivedAt, day) => expect(england.dayZero(receivedAt)).toBe(day));

  it('counts from the time that the service has set', () => {
    expect(england.dayZero('2026-11-26T15:30:00Z', '15:00')).toBe('2026-11-27');
    expect(england.targetAfter('2026-11-26T15:30:00Z', 1, '15:00')).toBe('2026-11-30T17:00:00.000Z');
  });

  it('and a target end with the hours of the service', () => {
    expect(england.endOfService('2026-11-26')).toBe('2026-11-26T17:00:00.000Z');
    expect(england.endOfService('2026-07-01')).toBe('2026-07-01T16:00:00.000Z');
    expect(england.targetAfter('2026-11-26T15:00:00Z', 2)).toBe('2026-11-30T17:00:00.000Z');
  });
});

describe('hours of the service', () => {
  it('are what short targets run in', () => {
    expect(england.addMinutesInHours('2026-11-26T10:00:00Z', 120)).toBe('2026-11-26T12:00:00.000Z');
    expect(england.addMinutesInHours('2026-11-26T16:30:00Z', 120)).toBe('2026-11-27T10:30:00.000Z');
    expect(england.addMinutesInHours('2026-11-27T22:00:00Z', 120)).toBe('2026-11-30T11:00:00.000Z');
    expect(england.addMinutesInHours('2026-11-27T16:40:00Z', 15, { 'mon-fri': '09:00-16:30' })).toBe('2026-11-30T09:15:00.000Z');
    expect(england.addMinutesInHours('2026-11-26T15:00:00Z', 120)).toBe('2026-11-26T17:00:00.000Z');
  });

  it('are read from days and times, and nothing else is guessed', () => {
    expect(readHours({ 'mon-thu': '09:00-17:00', fri: '09:00-16:00' })?.get(5)).toEqual({ opens: '09:00', closes: '16:00' });
    const wrong = [
      ['fri-mon', '09:00-17:00'],
      ['someday', '09:00-17:00'],
      ['mon', '9-5'],
      ['mon', '17:00-09:00'],
      ['mon', '09:00-25:00'],
    ] as const;
    for (const [days, times] of wrong) expect(readHours({ [days]: times })).toBeUndefined();
  });

  it('are needed for every day from Monday to Friday', () => {
    expect(() => new WorkingCalendar({ holidays, nation: 'england', hours: { 'mon-thu': '09:00-17:00' } })).toThrow(/Monday to Friday/);
  });
});

describe('the bank holidays that ship', () => {
  const divisions = [
    ['england-and-wales', 'ENG'],
    ['scotland', 'SCT'],
    ['northern-ireland', 'NIR'],
  ] as const;

  it.each(divisions)('of %s give the same days off as an independent calendar, from 2024 to 2028', (division, state) => {
    const theirs = [2024, 2025, 2026, 2027, 2028].flatMap((year) =>
      new Holidays('GB', state)
        .getHolidays(year)
        .filter((holiday) => holiday.type === 'public')
        .map((holiday) => holiday.date.slice(0, 10))
        .filter((date) => weekday(date) <= 5),
    );
    expect(new Set(holidays[division]!.events.map((event) => event.date))).toEqual(new Set(theirs));
  });

  const published = join(root, '../shared/data/bank-holidays/bank-holidays.json');
  (existsSync(published) ? it : it.skip)('agree with those that gov.uk published, for every year that both have', () => {
    const official = JSON.parse(readFileSync(published, 'utf8')) as BankHolidays;
    for (const [division] of divisions) {
      const ours = holidays[division]!.events;
      const theirs = official[division]!.events;
      const years = ['2024', '2025', '2026', '2027', '2028'].filter((year) => theirs.some((event) => event.date.startsWith(year)));
      const inYears = (events: typeof ours) => events.filter((event) => years.includes(event.date.slice(0, 4)));
      expect(inYears(ours)).toEqual([...inYears(theirs)].sort((a, b) => a.date.localeCompare(b.date)));
      expect(years.length).toBeGreaterThan(1);
    }
  });
});
