/** What the system finds by itself: due when it should have happened, gone when it has, and told of once to each who is told. */
import type { DomainEvent } from '@waymark/kernel';
import { given } from '@waymark/kernel/testing';
import { attention, type AttentionAsk } from './attention';
import { placeOf } from './place';
import type { Place } from './standing';
import { accepted, booked, oneOfEach, OTHER, received, stratified, TARGETS } from './testing/histories';
import { stillOpen, watchesOf, type Watcher } from './watchers';

const WATCHED = { ...TARGETS, agreement: '2026-11-24T17:00:00.000Z', warnings: ['2027-02-26', '2027-03-19'] };
const read: DomainEvent[] = [received(), stratified({ targets: WATCHED })];
const waiting: DomainEvent[] = [...read, accepted({ bookingDue: '2026-12-07T17:00:00.000Z' })];
const started = { ...oneOfEach.TreatmentStarted, data: { ...oneOfEach.TreatmentStarted.data, contactDays: 28 } };
const attended = oneOfEach.Attended;
const raised: DomainEvent = stratified({
  because: 'information-added',
  priority: 'urgent',
  targets: { ...TARGETS, read: '2026-12-01T11:00:00.000Z', triage: '2026-12-01T17:00:00.000Z', booking: '2026-11-30T17:00:00.000Z' },
});
const at = (event: DomainEvent, occurredAt: string): DomainEvent => ({ ...event, occurredAt });

function place(...events: DomainEvent[]): Place {
  const found = placeOf(events);
  if (!found) throw new Error('No referral');
  return found;
}
const of = (watcher: Watcher, ...events: DomainEvent[]) => {
  const found = watchesOf(place(...events)).filter((watch) => watch.watcher === watcher);
  expect(found.length).toBeLessThanOrEqual(1);
  return found[0] && [found[0].told, found[0].since, found[0].thenLead ? 'then lead' : ''].join(' ').trim();
};

describe('in triage', () => {
  it('is read by a person in time, or the duty desk is told, then the lead', () => {
    expect(of('unread', ...read)).toBe(`duty-desk ${TARGETS.read} then lead`);
    expect(of('unread', ...read, oneOfEach.ReferralClaimed)).toBeUndefined();
  });

  it('is decided in time, also when somebody has read it', () => {
    expect(of('undecided', ...read, oneOfEach.ReferralClaimed)).toBe(`duty-desk ${TARGETS.triage} then lead`);
    expect(of('undecided', ...waiting)).toBeUndefined();
    expect(of('undecided', ...read, oneOfEach.ReferralDeclined)).toBeUndefined();
  });

  it('raised by a new fact, is read and decided anew by its new dates, after a decision too', () => {
    for (const before of [[...read, oneOfEach.ReferralClaimed], waiting]) {
      expect(of('unread', ...before, raised)).toBe('duty-desk 2026-12-01T11:00:00.000Z then lead');
      expect(of('undecided', ...before, raised)).toBe('duty-desk 2026-12-01T17:00:00.000Z then lead');
    }
  });
});

it('agreement is settled in time, whatever the place; before anybody has it, the duty desk is told', () => {
  const unsettled = received({ agreement: { basis: 'not-sure' }, flags: ['agreement-outstanding'] });
  expect(of('agreement-overdue', unsettled, stratified({ targets: WATCHED }))).toBe(`duty-desk ${WATCHED.agreement}`);
  expect(of('agreement-overdue', unsettled, stratified({ targets: WATCHED }), accepted())).toBe(`clinician ${WATCHED.agreement}`);
  expect(of('agreement-overdue', ...waiting)).toBeUndefined();
});

it('a hand-over is accepted by the other service in time', () => {
  expect(of('hand-over-overdue', ...read, oneOfEach.ReferralRedirected)).toBe('clinician 2026-12-21T17:00:00.000Z');
  expect(of('hand-over-overdue', ...read, oneOfEach.ReferralRedirected, accepted())).toBeUndefined();
});

describe('waiting', () => {
  it('is booked in time, or the booking desk is told', () => {
    expect(of('not-booked', ...waiting)).toBe('booking-desk 2026-12-07T17:00:00.000Z');
    expect(of('not-booked', ...waiting, booked())).toBeUndefined();
  });

  it('urgent and accepted late, has the rest of that day', () => {
    expect(of('not-booked', ...read, accepted({ bookingDue: '2026-11-20T17:00:00.000Z' }))).toBe('booking-desk 2026-11-24T00:00:00.000Z');
  });

  it('loses an appointment: another occasion, with the rest of that day', () => {
    const lost = at(oneOfEach.AppointmentCancelledByService, '2026-12-08T08:40:00.000Z');
    expect(of('not-booked', ...waiting, booked(), lost)).toBe('booking-desk 2026-12-09T00:00:00.000Z');
  });

  it('raised, is booked sooner, never later', () => {
    expect(of('not-booked', ...waiting, raised)).toBe('booking-desk 2026-11-30T17:00:00.000Z');
  });
});

describe('in treatment', () => {
  it('has something planned by the end of the day, or the clinician is told, then the lead', () => {
    expect(of('nothing-planned', ...waiting, booked(), attended, started)).toBe('clinician 2026-12-08T00:00:00.000Z then lead');
    expect(of('nothing-planned', ...waiting, booked(), attended, started, booked({ bookingId: OTHER }))).toBeUndefined();
  });

  it('has a contact within so many days of the last, booked or not', () => {
    expect(of('no-contact', ...waiting, booked(), attended, started)).toBe('clinician 2027-01-05T00:00:00.000Z then lead');
    expect(of('no-contact', ...waiting, booked(), attended, started, booked({ bookingId: OTHER }))).toBe(
      'clinician 2027-01-05T00:00:00.000Z then lead',
    );
  });

  it('is no longer watched by the clock', () => {
    expect(of('early-warning', ...waiting, booked(), attended, started)).toBeUndefined();
  });
});

describe('an appointment', () => {
  it('that has passed is recorded in time', () => {
    const due = '2026-12-08T17:00:00.000Z';
    expect(of('attendance-unrecorded', ...waiting, booked({ attendanceDue: due }))).toBe(`clinician ${due} then lead`);
    expect(of('attendance-unrecorded', ...waiting, booked({ attendanceDue: due }), attended)).toBeUndefined();
  });

  it('from before there were watchers is recorded on its day', () => {
    expect(of('attendance-unrecorded', ...waiting, booked())).toBe('clinician 2026-12-08T00:00:00.000Z then lead');
  });
});

describe('the clock', () => {
  it('warns the lead early and late, on the days that were stored', () => {
    expect(of('early-warning', ...waiting)).toBe('lead 2027-02-26T00:00:00.000Z');
    expect(of('late-warning', ...waiting)).toBe('lead 2027-03-19T00:00:00.000Z');
  });

  it('warns 28 and 7 days before it breaches where none were stored', () => {
    expect(of('early-warning', received(), stratified())).toBe('lead 2027-02-26T00:00:00.000Z');
    expect(of('late-warning', received(), stratified())).toBe('lead 2027-03-19T00:00:00.000Z');
  });
});

describe('an open referral that nobody answers for', () => {
  const { owner: _, ...nobodys } = place(...waiting);
  it.each([
    ['without an owner', nobodys],
    ['without a next step', { ...place(...read), nextStep: { what: '', who: 'service' as const, by: '2026-12-01' } }],
    ['without a date', { ...place(...read), nextStep: { what: 'Something', who: 'service' as const, by: '' } }],
  ])('%s is told to the lead at once', (_name, found) => {
    expect(watchesOf(found)).toContainEqual({
      watcher: 'nobody-answers',
      told: 'lead',
      since: received().data.receivedAt,
      thenLead: false,
    });
  });

  it('does not come about by any event', () => {
    for (const event of Object.values(oneOfEach)) expect(of('nobody-answers', ...waiting, event)).toBeUndefined();
  });
});

it('an ended referral is not watched', () => {
  for (const end of [oneOfEach.Discharged, oneOfEach.DeathRecorded, oneOfEach.ReferralWithdrawn]) {
    expect(watchesOf(place(...waiting, end))).toEqual([]);
  }
});

it('no hold is ended by a watcher, nor anything but attention changed', () => {
  const held = [received({ flags: ['safeguarding'] }), stratified({ targets: WATCHED })];
  const before = place(...held);
  const after = place(...held, oneOfEach.AttentionNeeded);
  expect(before.hold).toBe(true);
  expect({ ...after, attention: [] }).toEqual(before);
});

describe('telling', () => {
  const leadFrom = '2026-11-25T17:00:00.000Z';
  const context = { leadFrom: () => leadFrom };
  const unread: AttentionAsk = { watcher: 'undecided', told: 'duty-desk', since: TARGETS.triage };
  const told = oneOfEach.AttentionNeeded;

  it('says who is told, since when, and when the lead is', () => {
    given(attention, read)
      .when(unread, context)
      .then([{ type: 'AttentionNeeded', data: { ...unread, leadFrom } }]);
    given(attention, [...read, told])
      .when({ ...unread, told: 'lead' }, context)
      .then([{ type: 'AttentionNeeded', data: { ...unread, told: 'lead' } }]);
  });

  it('does nothing where it has happened meanwhile, or was told of before', () => {
    given(attention, waiting).when(unread, context).thenNothing();
    given(attention, []).when(unread, context).thenNothing();
    given(attention, [...read, told])
      .when(unread, context)
      .thenNothing();
    given(attention, read)
      .when({ ...unread, since: TARGETS.read }, context)
      .thenNothing();
  });

  it('is over when it has happened: nobody looks for what is done', () => {
    expect(place(...read, told).attention).toEqual([{ watcher: 'undecided', told: 'duty-desk', since: TARGETS.triage, leadFrom }]);
    expect(place(...read, told, accepted()).attention).toEqual([]);
    expect(stillOpen({ ...place(...waiting), attention: place(...read, told).attention })).toEqual([]);
  });
});
