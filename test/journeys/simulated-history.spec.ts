/** What a simulated history holds: a service that is believed (rules-and-defaults 1.22), and nothing that a real log could not hold. */
import { createHash } from 'node:crypto';
import { clinicDayOf } from '@waymark/clinics';
import { addDays, canonical, categoryOf, weekday, type RecordedEvent } from '@waymark/kernel';
import { People } from '@waymark/people';
import { placeOf } from '@waymark/referral';
import { emptyFolder, removeFolder, waymark } from '../support/program';
import { differencesFromFold, eventsIn } from '../support/rebuilt';

jest.setTimeout(900_000);

let folder: string;
let printed: { events: number; referrals: number; digest: string };
let events: RecordedEvent[];
let streams: Map<string, RecordedEvent[]>;

beforeAll(async () => {
  folder = emptyFolder();
  const words = ['simulate', '--services', '1', '--years', '2', '--seed', '5', '--json'];
  const said = await waymark(folder, words);
  if (said.code !== 0) throw new Error(`The simulation ended with ${said.code}: ${said.err}`);
  printed = JSON.parse(said.out) as typeof printed;
  events = await eventsIn(folder);
  streams = new Map();
  for (const event of events) streams.set(event.stream, [...(streams.get(event.stream) ?? []), event]);
});
afterAll(() => removeFolder(folder));

function of(type: string): RecordedEvent[] {
  return events.filter((event) => event.type === type);
}

/** Per cent of each value. */
function shares(values: readonly unknown[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[String(value)] = (counts[String(value)] ?? 0) + 100 / values.length;
  return counts;
}

function expectAbout(found: number | undefined, wanted: number, within: number): void {
  expect(found ?? 0).toBeGreaterThanOrEqual(wanted - within);
  expect(found ?? 0).toBeLessThanOrEqual(wanted + within);
}

function referrals() {
  return [...streams].filter(([stream]) => categoryOf(stream) === 'referral').map(([, history]) => placeOf(history)!);
}

it('is counted and digested as anybody can who reads the log and has its keys', async () => {
  const people = People.open({ folder });
  const hash = createHash('sha256');
  for (const event of events) {
    const { type, occurredAt, data } = people.open(event);
    hash.update(`${type}\n${occurredAt}\n${canonical(data)}\n`);
  }
  people.close();
  expect(printed).toMatchObject({ events: events.length, referrals: of('ReferralReceived').length, digest: hash.digest('hex') });
});

it('is in the order of time, each event recorded when it happened', () => {
  events.forEach(({ recordedAt, occurredAt }, i) => {
    expect(occurredAt <= recordedAt).toBe(true);
    if (i > 0) expect(recordedAt >= events[i - 1]!.recordedAt).toBe(true);
  });
  expect(events.at(-1)!.recordedAt.slice(0, 7)).toBe('2026-10');
});

it('verifies, folds, and every list can be made from it', async () => {
  expect(JSON.parse((await waymark(folder, ['events', 'verify', '--json'])).out)).toMatchObject({ ok: true, events: events.length });
  expect(referrals()).not.toContain(undefined);
  expect((await waymark(folder, ['show', 'waitlist', '--json'])).code).toBe(0);
  expect(await differencesFromFold(folder)).toEqual([]);
});

it('gives no slot to two people', () => {
  const taken = new Map<string, string>();
  for (const { type, data } of events) {
    if (type === 'SlotReleased') taken.delete(String(data['slot']));
    if (type !== 'AppointmentBooked') continue;
    expect(taken.has(String(data['slot']))).toBe(false);
    taken.set(String(data['slot']), String(data['bookingId']));
  }
  const held = [...streams]
    .filter(([stream]) => categoryOf(stream) === 'clinic')
    .flatMap(([, history]) => [...clinicDayOf(history).slots.values()]);
  const bookings = held.flatMap(({ holder }) => (holder ? [holder.bookingId] : []));
  expect(bookings.length).toBe(new Set(bookings).size);
  expect(bookings.length / held.length).toBeGreaterThan(0.55);
});

it('gives everybody about six weeks of leave a year, and somebody always holds clinics', () => {
  const weeks = new Map<string, Set<string>>();
  for (const { data } of of('ClinicSessionOpened')) {
    const date = String(data['date']);
    if (!date.startsWith('2025-')) continue;
    const who = String(data['practitionerId']);
    weeks.set(who, (weeks.get(who) ?? new Set()).add(addDays(date, 1 - weekday(date))));
  }
  expect(weeks.size).toBeGreaterThan(1);
  const mondays = Array.from({ length: 51 }, (_, n) => addDays('2025-01-06', 7 * n));
  for (const held of weeks.values()) expectAbout(mondays.filter((monday) => !held.has(monday)).length, 6, 1);
  expect(mondays.filter((monday) => ![...weeks.values()].some((held) => held.has(monday)))).toEqual([]);
});

it('has the volumes, shares and outcomes of a service that a manager believes', () => {
  const received = of('ReferralReceived');
  expectAbout(received.length / 104, 13.5, 2);
  const sources = shares(received.map(({ data }) => data['source']));
  expectAbout(sources['gp'], 50, 7);
  expectAbout(sources['self'], 22, 6);
  expectAbout((sources['family'] ?? 0) + (sources['carer'] ?? 0), 9, 5);
  expectAbout(sources['mdt'], 19, 6);

  const decided = ['ReferralAccepted', 'ReferralReturnedWithAdvice', 'ReferralRedirected', 'ReferralDeclined'];
  const decisions = shares(events.filter(({ type }) => decided.includes(type)).map(({ type }) => type));
  // Five in a hundred decline themselves, which is no decision.
  expectAbout(decisions['ReferralAccepted'], 80, 6);
  expectAbout(decisions['ReferralReturnedWithAdvice'], 8.4, 4);
  expectAbout(decisions['ReferralRedirected'], 9.5, 4);
  expectAbout(decisions['ReferralDeclined'], 2.1, 2);
  expectAbout(shares(of('ReferralAccepted').map(({ data }) => data['asSuggested']))['false'], 11, 5);

  const strata = shares(of('ReferralAccepted').map(({ data }) => data['stratum']));
  expectAbout(strata['frailty'], 38, 15);
  expectAbout(strata['mental-health'], 29, 12);
  expectAbout(strata['work'], 14, 9);
  expectAbout(strata['wider'], 19, 15);

  const seen = shares(
    events.filter(({ type }) => ['Attended', 'DidNotAttend', 'WasNotBrought', 'LateNotSeen'].includes(type)).map(({ type }) => type),
  );
  expectAbout(seen['Attended'], 92, 5);
  const discharged = of('Discharged');
  expectAbout(discharged.reduce((sum, { data }) => sum + Number(data['attended']), 0) / discharged.length, 3.8, 0.8);

  const open = referrals();
  expectAbout(open.filter(({ stage }) => stage === 'waiting' || stage === 'booked').length, 63, 20);
  expectAbout(open.filter(({ stage }) => stage === 'treatment').length, 120, 40);
});
