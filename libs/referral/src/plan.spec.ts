/** Treatment: started once, by a clinician who says so; measured in the service's own instruments. */
import 'reflect-metadata';
import { reject, type DomainEvent } from '@waymark/kernel';
import { given } from '@waymark/kernel/testing';
import { plan, type PlanAsk, type PlanContext } from './plan';
import { accepted, ASHA, BOOKING, booked, oneOfEach, OTHER, PERSON, received, stratified } from './testing/histories';

const context: PlanContext = {
  now: '2026-12-07T11:00:00.000Z',
  practitionerId: ASHA,
  permitted: undefined,
  contactDays: 28,
  instruments: [{ code: 'wsas', variants: ['standard'], min: 0, max: 40, better: 'lower', counts: 8 }],
  isIntervention: (code) => code === 'home-evaluation',
};
const waiting: DomainEvent[] = [received(), stratified(), accepted()];

describe('starting treatment', () => {
  const start = (said: { appointment?: string; occurredAt?: string; intervention?: string; note?: string } = {}): PlanAsk => ({
    kind: 'start-treatment',
    body: { intervention: 'home-evaluation', ...said },
  });

  it('is stated by the clinician who acts', () => {
    given(plan, waiting)
      .when(start({ note: 'Bath board tried' }), context)
      .then([
        {
          type: 'TreatmentStarted',
          data: { personId: PERSON, practitionerId: ASHA, intervention: 'home-evaluation', contactDays: 28, note: 'Bath board tried' },
        },
      ]);
  });

  it('happened in the contact that is named, or when it is said that it happened', () => {
    const contact = expect.objectContaining({ type: 'TreatmentStarted', occurredAt: '2026-12-07T09:30:00.000Z' });
    given(plan, [...waiting, booked()])
      .when(start({ appointment: BOOKING }), context)
      .then([contact]);
    const said = start({ appointment: BOOKING, occurredAt: '2026-12-07T10:45:00+00:00' });
    given(plan, [...waiting, booked()])
      .when(said, context)
      .then([expect.objectContaining({ occurredAt: '2026-12-07T10:45:00.000Z' })]);
  });

  it('stops the clock on the London date', () => {
    expect(given(plan, [...waiting, oneOfEach.TreatmentStarted]).state?.clock).toMatchObject({ state: 'stopped', stop: '2026-12-07' });
  });

  it('is refused before acceptance, after the end, and a second time', () => {
    given(plan, [received(), stratified()]).when(start(), context).thenRejected('not-accepted');
    given(plan, [...waiting, oneOfEach.ReferralRedirected])
      .when(start(), context)
      .thenRejected('not-accepted');
    given(plan, [...waiting, oneOfEach.Discharged])
      .when(start(), context)
      .thenRejected('ended');
    given(plan, [...waiting, oneOfEach.TreatmentStarted])
      .when(start(), context)
      .thenRejected('treatment-started');
    given(plan, []).when(start(), context).thenRejected('unknown-referral');
  });

  it('is refused to a practitioner who may not decide', () => {
    const permitted = reject('out-of-scope', 'Adults only');
    given(plan, waiting)
      .when(start(), { ...context, permitted })
      .thenRejected('out-of-scope');
  });

  it('is refused with an unknown code, an appointment of somebody else, before receipt, and in the future', () => {
    given(plan, waiting)
      .when(start({ intervention: 'magic' }), context)
      .thenRejected('unknown-code', '/intervention');
    given(plan, waiting)
      .when(start({ appointment: OTHER }), context)
      .thenRejected('unknown-appointment', '/appointment');
    given(plan, waiting)
      .when(start({ occurredAt: '2026-11-19T09:00:00Z' }), context)
      .thenRejected('before-receipt', '/occurredAt');
    given(plan, waiting)
      .when(start({ occurredAt: '2026-12-07T11:00:01Z' }), context)
      .thenRejected('in-the-future', '/occurredAt');
  });
});

describe('recording a measure', () => {
  const measure = (said: { instrument?: string; variant?: string; value?: number; on?: string } = {}): PlanAsk => ({
    kind: 'record-measure',
    body: { instrument: 'wsas', variant: 'standard', value: 20, on: '2026-12-07', completedBy: 'person', occasion: 'baseline', ...said },
  });

  it('keeps the value, its day and who gave it', () => {
    given(plan, waiting)
      .when(measure(), context)
      .then([
        {
          type: 'MeasureRecorded',
          data: {
            personId: PERSON,
            instrument: 'wsas',
            variant: 'standard',
            value: 20,
            on: '2026-12-07',
            completedBy: 'person',
            occasion: 'baseline',
          },
        },
      ]);
  });

  it('is a fact: never refused for who acts, before acceptance or after the end', () => {
    const lapsed = { ...context, permitted: reject('not-registered', 'Lapsed') };
    given(plan, [received(), stratified()]).when(measure(), lapsed).thenTypes('MeasureRecorded');
    given(plan, [...waiting, oneOfEach.Discharged])
      .when(measure(), lapsed)
      .thenTypes('MeasureRecorded');
  });

  it.each([0, 40])('takes the ends of the range: %d', (value) => {
    given(plan, waiting).when(measure({ value }), context).thenTypes('MeasureRecorded');
  });

  it('is refused out of range, with an unknown instrument or form, and in the future', () => {
    given(plan, waiting)
      .when(measure({ value: -1 }), context)
      .thenRejected('out-of-range', '/value');
    given(plan, waiting)
      .when(measure({ value: 41 }), context)
      .thenRejected('out-of-range', '/value');
    given(plan, waiting)
      .when(measure({ instrument: 'phq9' }), context)
      .thenRejected('unknown-code', '/instrument');
    given(plan, waiting)
      .when(measure({ variant: 'short' }), context)
      .thenRejected('unknown-code', '/variant');
    given(plan, waiting)
      .when(measure({ on: '2026-12-08' }), context)
      .thenRejected('in-the-future', '/on');
    given(plan, []).when(measure(), context).thenRejected('unknown-referral');
  });
});
