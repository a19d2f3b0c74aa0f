/** Each class of rules-and-defaults 1.20, by its own example. */
import type { DomainEvent, RecordedEvent } from '@waymark/kernel';
import { retentionFigures } from '@waymark/rules';
import type { ReferralStreamEvent } from './place';
import { keptOf, latest, retentionOf } from './retention';
import { accepted, PERSON, received, stratified } from './testing/histories';

const figures = retentionFigures({});
const at = (event: DomainEvent, time = '2026-12-14T10:00:00.000Z') => ({ ...event, occurredAt: time, recordedAt: time }) as RecordedEvent;
const withdrawn = (by: 'person' | 'service') =>
  at({ type: 'ReferralWithdrawn', data: { personId: PERSON, by, reason: 'no-longer-needed' } });
const discharged = at({
  type: 'Discharged',
  data: {
    personId: PERSON,
    practitionerId: PERSON,
    reason: 'goals-met',
    destination: 'gp',
    attended: 1,
    eligible: false,
    pairs: [],
    released: [],
    summary: { did: 'x', gpToDo: 'nothing' },
  },
});
const treated = at({ type: 'TreatmentStarted', data: { personId: PERSON, practitionerId: PERSON, intervention: 'equipment' } });
const died = at({ type: 'DeathRecorded', data: { personId: PERSON, on: '2026-12-13' } });
const mental = { stratum: 'mental-health' as const, strata: ['mental-health' as const] };

type Receipt = Extract<ReferralStreamEvent, { type: 'ReferralReceived' }>['data'];
const born = (birthDate: string | { about: number } | undefined, ageYears?: number): Partial<Receipt> => ({
  person: birthDate === undefined ? { name: { given: ['Ada'] } } : { name: { given: ['Ada'] }, birthDate },
  ...(ageYears === undefined ? {} : { ageYears }),
});

function retention(receipt: Partial<Receipt>, ...events: RecordedEvent[]) {
  const start = [received(receipt), stratified(), accepted()].map((event) => at(event, event.occurredAt));
  const kept = keptOf([...start, ...events]);
  if (!kept) throw new Error('Not a referral');
  return retentionOf(kept, () => figures);
}

test('an open referral has no end', () => {
  expect(retention({})).toBeUndefined();
  expect(retention({}, treated)).toBeUndefined();
});

test.each([
  ['an adult: 8 years after the last entry', {}, [treated, discharged], 'adult', '2034-12-14'],
  ['an entry after the end counts as the last', {}, [treated, discharged, at(died, '2027-01-02T10:00:00.000Z')], 'adult', '2035-01-02'],
  ['a child: the 25th birthday', born('2012-03-04', 14), [treated, discharged], 'child', '2037-03-04'],
  ['17 at the end: the 26th', born('2009-12-01', 16), [treated, discharged], 'child', '2035-12-01'],
  ['18 by the end: an adult', born('2008-12-14', 17), [treated, discharged], 'adult', '2034-12-14'],
  ['born on 29 February: 1 March', born('2012-02-29', 14), [treated, discharged], 'child', '2037-03-01'],
  ['a year alone: its last day', born('2012', 14), [treated, discharged], 'child', '2037-12-31'],
  ['about an age: born by the day of receipt', born({ about: 10 }, 10), [treated, discharged], 'child', '2041-11-20'],
  ['an age without its birth date', { person: { erased: true as const }, ageYears: 10 }, [treated, discharged], 'child', '2041-11-20'],
  ['never agreed: 2 years', { agreement: { basis: 'refused' as const } }, [withdrawn('service')], 'declined', '2028-12-14'],
  ['said no before anybody was seen: 2 years', {}, [withdrawn('person')], 'declined', '2028-12-14'],
  ['said no after treatment had started: as everybody', {}, [treated, withdrawn('person')], 'adult', '2034-12-14'],
  ['withdrawn by the service: as everybody', {}, [withdrawn('service')], 'adult', '2034-12-14'],
] as const)('%s', (_, receipt, events, name, endsOn) => {
  expect(retention(receipt as Partial<Receipt>, ...events)).toEqual({ class: name, endsOn });
});

test('the mental-health stratum: 20 years after the end, or 10 after the death; a child’s longer class counts', () => {
  const accept = at(accepted(mental));
  expect(retention({}, accept, treated, discharged)).toEqual({ class: 'mental-health', endsOn: '2046-12-14' });
  expect(retention({}, accept, treated, died)).toEqual({ class: 'after-death', endsOn: '2036-12-13' });
  expect(retention(born('2023-03-04', 3), accept, treated, discharged)).toEqual({ class: 'child', endsOn: '2048-03-04' });
});

test('nothing known of an age: as if born on the day of receipt', () => {
  const { ageYears: _, ...data } = received(born(undefined)).data;
  const start = [{ ...received(), data }, stratified(), accepted()].map((event) => at(event, event.occurredAt));
  expect(retentionOf(keptOf([...start, treated, discharged])!, () => figures)).toEqual({ class: 'child', endsOn: '2051-11-20' });
});

test('the figures are those of the day it ended', () => {
  const kept = keptOf([received(), stratified(), accepted(), treated, discharged].map((event) => at(event, event.occurredAt)))!;
  const asked: string[] = [];
  const figuresOn = (date: string) => {
    asked.push(date);
    return { ...figures, adultYears: 3 };
  };
  expect(retentionOf(kept, figuresOn)?.endsOn).toBe('2029-12-14');
  expect(asked).toEqual(['2026-12-14']);
});

test('of several referrals the class that ends last keeps the person', () => {
  const adult = { class: 'adult', endsOn: '2034-12-14' } as const;
  const declined = { class: 'declined', endsOn: '2028-12-14' } as const;
  expect(latest([adult, declined])).toEqual(adult);
  expect(latest([])).toBeUndefined();
});
