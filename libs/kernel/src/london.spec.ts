import { Temporal } from 'temporal-polyfill';
import fc from 'fast-check';
import { addDays, ageOn, daysBetween, isDay, londonDate, londonInstant, londonTime, weekday } from './london';

const instants = fc
  .date({ min: new Date('1996-01-01T00:00:00Z'), max: new Date('2060-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString());

describe('days and times in London', () => {
  it.each([
    ['2026-03-28T23:59:59Z', '2026-03-28', '23:59'],
    ['2026-03-29T00:59:59Z', '2026-03-29', '00:59'],
    ['2026-03-29T01:00:00Z', '2026-03-29', '02:00'],
    ['2026-07-01T23:30:00Z', '2026-07-02', '00:30'],
    ['2026-10-25T00:30:00Z', '2026-10-25', '01:30'],
    ['2026-10-25T01:30:00Z', '2026-10-25', '01:30'],
    ['2026-12-31T23:59:00.000Z', '2026-12-31', '23:59'],
    ['2026-07-01T23:30:00+02:00', '2026-07-01', '22:30'],
  ])('%s is %s %s on a London clock', (instant, date, time) => {
    expect(londonDate(instant)).toBe(date);
    expect(londonTime(instant)).toBe(time);
  });

  it('agrees with Temporal for any instant', () => {
    fc.assert(
      fc.property(instants, (instant) => {
        const zoned = Temporal.Instant.from(instant).toZonedDateTimeISO('Europe/London');
        expect(londonDate(instant)).toBe(zoned.toPlainDate().toString());
        expect(londonTime(instant)).toBe(zoned.toPlainTime().toString().slice(0, 5));
      }),
    );
  });

  it('agrees with Temporal on the instant of any time of day, on days when the clocks change too', () => {
    const changes = ['2024-03-31', '2024-10-27', '2026-03-29', '2026-10-25', '2028-03-26', '2028-10-29'];
    const date = fc.oneof(fc.constantFrom(...changes), instants.map(londonDate));
    fc.assert(
      fc.property(date, fc.integer({ min: 0, max: 24 * 60 - 1 }), (day, minute) => {
        const time = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
        const expected = Temporal.PlainDateTime.from(`${day}T${time}`).toZonedDateTime('Europe/London').toInstant().epochMilliseconds;
        expect(londonInstant(day, time)).toBe(new Date(expected).toISOString());
      }),
    );
  });

  it('counts days by the calendar, not by hours, across a clock change', () => {
    expect(daysBetween('2026-03-28', '2026-03-30')).toBe(2);
    expect(daysBetween('2026-10-26', '2026-10-24')).toBe(-2);
    expect(addDays('2026-10-24', 126)).toBe('2027-02-27');
    expect(addDays('2026-03-01', -1)).toBe('2026-02-28');
    expect(weekday('2026-11-29')).toBe(7);
  });

  it('does not take something else for a date', () => {
    expect(() => addDays('2026-02-30', 1)).toThrow();
    expect(() => londonInstant('2026-03-29', '25:00')).toThrow();
    expect(() => londonDate('yesterday')).toThrow();
  });
});

it.each([
  ['2026-02-28', true],
  ['2024-02-29', true],
  ['2026-02-29', false],
  ['2026-04-31', false],
  ['2026-13-01', false],
  ['2026-1-1', false],
  ['2026-01-01T00:00:00Z', false],
  ['', false],
  [20260101, false],
  [undefined, false],
])('%j names a day: %s', (value, named) => {
  expect(isDay(value)).toBe(named);
});

describe('the age of a person', () => {
  it.each([
    ['1941-02-03', '2026-02-02', 84],
    ['1941-02-03', '2026-02-03', 85],
    ['2008-02-29', '2026-02-28', 17],
    ['2008-02-29', '2026-03-01', 18],
  ])('born on %s is %s: %i', (birthDate, on, age) => expect(ageOn(birthDate, on)).toBe(age));

  it('known only by a year is the age reached in that year', () => expect(ageOn('1961', '2026-01-10')).toBe(65));
  it('known only as about 80 is 80', () => expect(ageOn({ about: 80 }, '2026-01-10')).toBe(80));
  it('cannot be told from nothing, nonsense or a date to come', () => {
    expect(ageOn(undefined, '2026-01-10')).toBeUndefined();
    expect(ageOn('3 Feb', '2026-01-10')).toBeUndefined();
    expect(ageOn('2026-02-01', '2026-01-10')).toBeUndefined();
  });
});
