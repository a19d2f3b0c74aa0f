/** Discharge: never under a hold, never without an outcome or a reason why not, and with every later appointment let go. */
import 'reflect-metadata';
import { addDays, reject, type DomainEvent } from '@waymark/kernel';
import { given } from '@waymark/kernel/testing';
import { discharge, type DischargeAsk, type DischargeContext } from './discharge';
import { dischargeCommands } from './discharge.commands';
import { pairsOf, type Measure } from './outcome-pairs';
import type { Instrument } from './plan';
import { accepted, ASHA, BOOKING, booked, oneOfEach, OTHER, PERSON, received, stratified } from './testing/histories';

const THIRD = '5f0c2c8e-92c0-5b0e-8f5e-0d7a4f3f1a08';
const wsas: Instrument = { code: 'wsas', variants: ['standard'], min: 0, max: 40, better: 'lower', counts: 8 };
const work: Instrument = { code: 'work-ability', variants: ['standard'], min: 0, max: 10, better: 'higher', counts: 2 };
const falls: Instrument = { code: 'falls-count', variants: ['last-3-months'], min: 0, max: 99, better: 'lower' };
const scale: Instrument = { code: 'cfs', variants: ['standard'], min: 1, max: 9, better: 'neither', counts: 1 };

const context: DischargeContext = {
  now: '2027-01-25T12:00:00.000Z',
  practitionerId: ASHA,
  permitted: undefined,
  instruments: [wsas, work, falls, scale],
  isCode: (list, code) =>
    ({
      discharge: ['goals-met', 'died', 'moved-away', 'transferred'],
      'discharge-destinations': ['self-management'],
      'no-outcome-reasons': ['declined'],
    })[list].includes(code),
};
const end = (said: Partial<DischargeAsk['body']> = {}): DischargeAsk => ({
  kind: 'discharge',
  body: { reason: 'goals-met', destination: 'self-management', summary: { did: 'Bath board fitted', gpToDo: 'Nothing' }, ...said },
});

const waiting: DomainEvent[] = [received(), stratified(), accepted()];
const attended = (bookingId: string): DomainEvent => ({
  type: 'Attended',
  data: { personId: PERSON, bookingId, late: false, counts: true },
});
const contact = (bookingId: string, day: string): DomainEvent[] => [
  booked({ bookingId, start: `${day}T09:30:00.000Z`, end: `${day}T10:00:00.000Z` }),
  attended(bookingId),
];
const measured = (value: number, on: string): DomainEvent => ({
  type: 'MeasureRecorded',
  data: { personId: PERSON, instrument: 'wsas', variant: 'standard', value, on, completedBy: 'person', occasion: 'review' },
});
const seenTwice = [...waiting, ...contact(BOOKING, '2026-12-07'), ...contact(OTHER, '2026-12-21')];

describe('discharging', () => {
  it('after two contacts keeps what changed between the first and the last measure', () => {
    given(discharge, [...seenTwice, measured(28, '2026-12-07'), measured(12, '2027-01-20')])
      .when(end(), context)
      .then([
        {
          type: 'Discharged',
          data: {
            personId: PERSON,
            practitionerId: ASHA,
            reason: 'goals-met',
            destination: 'self-management',
            attended: 2,
            eligible: true,
            pairs: [{ instrument: 'wsas', variant: 'standard', baseline: 28, final: 12, change: -16, important: 'better' }],
            released: [],
            summary: { did: 'Bath board fitted', gpToDo: 'Nothing' },
          },
        },
      ]);
  });

  it('without a pair needs a reason why not', () => {
    given(discharge, seenTwice).when(end(), context).thenRejected('outcome-or-reason-needed', '/noOutcomeReason');
    given(discharge, seenTwice)
      .when(end({ noOutcomeReason: 'declined' }), context)
      .then([expect.objectContaining({ data: expect.objectContaining({ eligible: true, pairs: [], noOutcomeReason: 'declined' }) })]);
  });

  it.each([
    ['after one contact', [...waiting, ...contact(BOOKING, '2026-12-07')], 'goals-met'],
    ['of somebody who died', seenTwice, 'died'],
    ['of somebody who moved away', seenTwice, 'moved-away'],
    ['transferred before treatment', seenTwice, 'transferred'],
  ])('%s asks for no outcome', (_, history, reason) => {
    given(discharge, history)
      .when(end({ reason }), context)
      .then([expect.objectContaining({ data: expect.objectContaining({ eligible: false, pairs: [] }) })]);
  });

  it('transferred after treatment had started is counted', () => {
    given(discharge, [...seenTwice, oneOfEach.TreatmentStarted])
      .when(end({ reason: 'transferred' }), context)
      .thenRejected('outcome-or-reason-needed');
  });

  it('lets go of every appointment that is still to come', () => {
    const later = booked({ bookingId: THIRD, start: '2027-02-01T09:30:00.000Z', end: '2027-02-01T10:00:00.000Z' });
    const forgotten = booked({ bookingId: OTHER });
    given(discharge, [...waiting, forgotten, later])
      .when(end(), context)
      .then([expect.objectContaining({ data: expect.objectContaining({ released: [THIRD] }) })]);
  });

  it.each([['safety-hold'], ['safeguarding']])('is refused while %s is open', (flag) => {
    const held = [received(), stratified({ flags: [flag] }), accepted({ priority: 'urgent' })];
    given(discharge, held).when(end(), context).thenRejected('hold-open');
  });

  it('is refused before acceptance, while handed over, twice, and to whoever may not decide', () => {
    given(discharge, [received(), stratified()]).when(end(), context).thenRejected('not-accepted');
    given(discharge, [...waiting, oneOfEach.ReferralRedirected])
      .when(end(), context)
      .thenRejected('not-accepted');
    given(discharge, [...waiting, oneOfEach.Discharged])
      .when(end(), context)
      .thenRejected('ended');
    given(discharge, [...waiting, oneOfEach.DeathRecorded])
      .when(end(), context)
      .thenRejected('ended');
    given(discharge, waiting)
      .when(end(), { ...context, permitted: reject('not-registered', 'Lapsed') })
      .thenRejected('not-registered');
    given(discharge, []).when(end(), context).thenRejected('unknown-referral');
  });

  it('is refused with codes that the service does not have, and in the future', () => {
    given(discharge, waiting)
      .when(end({ reason: 'full' }), context)
      .thenRejected('unknown-code', '/reason');
    given(discharge, waiting)
      .when(end({ destination: 'moon' }), context)
      .thenRejected('unknown-code', '/destination');
    given(discharge, waiting)
      .when(end({ noOutcomeReason: 'busy' }), context)
      .thenRejected('unknown-code', '/noOutcomeReason');
    given(discharge, waiting)
      .when(end({ occurredAt: '2027-01-25T12:00:01Z' }), context)
      .thenRejected('in-the-future', '/occurredAt');
  });

  it('says of every kind of event whether it makes the decision stale', () => {
    const [{ dependsOn, unrelated }] = dischargeCommands as [(typeof dischargeCommands)[number]];
    expect([...dependsOn, ...unrelated].sort()).toEqual(Object.keys(oneOfEach).sort());
    expect(unrelated).toEqual(['ReferralReceived', 'ReferralClaimed', 'BookingAbandoned', 'AttentionNeeded']);
  });
});

describe('what makes a pair', () => {
  const measure = (instrument: string, value: number, on: string, more: Partial<Measure> = {}): Measure => ({
    personId: PERSON,
    instrument,
    variant: 'standard',
    value,
    on,
    completedBy: 'person',
    occasion: 'review',
    ...more,
  });
  const first = '2026-12-07';
  const second = '2026-12-21';
  const end = '2027-01-25';
  const pairs = (measures: Measure[]) => pairsOf(measures, [second, first], end, context.instruments);
  const values = (measures: Measure[]) => pairs(measures).map(({ baseline, final, important }) => [baseline, final, important]);

  it('the first value may be as late as the second contact', () => {
    expect(values([measure('wsas', 20, second), measure('wsas', 19, end)])).toEqual([[20, 19, 'no']]);
    expect(values([measure('wsas', 20, addDays(second, 1)), measure('wsas', 19, end)])).toEqual([]);
  });

  it('the last value comes 14 days or more after the first', () => {
    const discharged = (on: string) =>
      pairsOf([measure('wsas', 20, first), measure('wsas', 10, on)], [first, second], addDays(first, 20), context.instruments);
    expect(discharged(addDays(first, 14))).toHaveLength(1);
    expect(discharged(addDays(first, 13))).toEqual([]);
  });

  it('the last value is from no more than 28 days before the discharge, and not after it', () => {
    expect(values([measure('wsas', 20, first), measure('wsas', 10, addDays(end, -28))])).toEqual([[20, 10, 'better']]);
    expect(values([measure('wsas', 20, first), measure('wsas', 10, addDays(end, -29))])).toEqual([]);
    expect(values([measure('wsas', 20, first), measure('wsas', 10, addDays(end, 1))])).toEqual([]);
  });

  it('only the same instrument, form and respondent are compared', () => {
    expect(values([measure('wsas', 20, first), measure('work-ability', 9, end)])).toEqual([]);
    expect(values([measure('wsas', 20, first), measure('wsas', 10, end, { completedBy: 'proxy' })])).toEqual([]);
    expect(values([measure('falls-count', 4, first, { variant: 'last-3-months' }), measure('falls-count', 1, end)])).toEqual([]);
  });

  it('a change counts from its size on, in the direction of the instrument', () => {
    expect(values([measure('wsas', 20, first), measure('wsas', 12, end)])).toEqual([[20, 12, 'better']]);
    expect(values([measure('wsas', 20, first), measure('wsas', 13, end)])).toEqual([[20, 13, 'no']]);
    expect(values([measure('wsas', 20, first), measure('wsas', 28, end)])).toEqual([[20, 28, 'worse']]);
    expect(values([measure('work-ability', 3, first), measure('work-ability', 5, end)])).toEqual([[3, 5, 'better']]);
    expect(values([measure('work-ability', 5, first), measure('work-ability', 3, end)])).toEqual([[5, 3, 'worse']]);
  });

  it('no change counts where no size is agreed; a scale that describes somebody is no outcome', () => {
    expect(values([measure('falls-count', 9, first), measure('falls-count', 0, end)])).toEqual([[9, 0, 'no']]);
    expect(values([measure('cfs', 6, first), measure('cfs', 4, end)])).toEqual([]);
  });

  it('the first and the last of many, however they were typed in', () => {
    const many = [measure('wsas', 12, end), measure('wsas', 30, first), measure('wsas', 25, second), measure('wsas', 18, '2027-01-10')];
    expect(values(many)).toEqual([[30, 12, 'better']]);
  });

  it('a fraction at the size that counts is not lost to rounding', () => {
    const tenth: Instrument = { ...work, counts: 0.2 };
    expect(pairsOf([measure('work-ability', 0.1, first), measure('work-ability', 0.3, end)], [first, second], end, [tenth])).toMatchObject([
      { change: 0.2, important: 'better' },
    ]);
  });
});
