/** Appointments: what may be planned, what is always recorded, and who is looked for when they were missed. */
import 'reflect-metadata';
import { reject, type DomainEvent } from '@waymark/kernel';
import { given } from '@waymark/kernel/testing';
import { appointments, type AppointmentAsk, type AppointmentContext, type OfferedSlot } from './appointments';
import { cancelBearing } from './appointments.commands';
import { type AttendanceOutcome } from './attendance';
import { accepted, ASHA, BOOKING, booked, informed, oneOfEach, OTHER, PERSON, received, stratified } from './testing/histories';

const NEW = '5f0c2c8e-92c0-5b0e-8f5e-0d7a4f3f1a09';
const before = '2026-11-24T10:00:00.000Z';
const after = '2026-12-07T11:00:00.000Z';

const context: AppointmentContext = {
  now: before,
  attendanceDue: () => '2026-12-08T17:00:00.000Z',
  horizonDays: 28,
  permitted: undefined,
  counts: true,
  isCancelReason: (by, reason) => (by === 'person' ? reason === 'unwell' : reason === 'service-closed'),
};
const slot: OfferedSlot = {
  clinicStream: 'clinic-northbank-quayside-2026-12-08',
  id: 'quayside.2026-12-08.0930.1',
  start: '2026-12-08T09:30:00.000Z',
  end: '2026-12-08T10:00:00.000Z',
  place: 'Quayside Surgery',
  practitionerId: ASHA,
  types: ['first', 'follow-up', 'home-visit'],
};
const book = (changed: Partial<OfferedSlot> = {}, body: { type?: 'first' | 'telephone'; note?: string } = {}): AppointmentAsk => ({
  kind: 'book',
  body: { slot: slot.id, type: 'first', ...body },
  bookingId: NEW,
  slot: { ...slot, ...changed },
});

const waiting: DomainEvent[] = [received(), stratified(), accepted()];
const with_ = (...more: DomainEvent[]): DomainEvent[] => [...waiting, ...more];

describe('booking', () => {
  it('stores where and when, with whom, and the slot', () => {
    given(appointments, waiting)
      .when(book({}, { note: 'Prefers mornings' }), context)
      .then([
        {
          type: 'AppointmentBooked',
          data: {
            personId: PERSON,
            bookingId: NEW,
            clinicStream: slot.clinicStream,
            slot: slot.id,
            type: 'first',
            place: 'Quayside Surgery',
            practitionerId: ASHA,
            start: slot.start,
            end: slot.end,
            attendanceDue: '2026-12-08T17:00:00.000Z',
            note: 'Prefers mornings',
          },
        },
      ]);
  });

  it('the same booking again changes nothing', () => {
    given(appointments, with_(booked({ bookingId: NEW })))
      .when(book(), context)
      .thenNothing();
  });

  it('is refused before a clinician has accepted, and while another service has been asked', () => {
    given(appointments, [received(), stratified()]).when(book(), context).thenRejected('not-accepted');
    given(appointments, with_(oneOfEach.ReferralRedirected)).when(book(), context).thenRejected('not-accepted');
  });

  it.each([
    ['discharged', oneOfEach.Discharged],
    ['withdrawn', oneOfEach.ReferralWithdrawn],
    ['entered in error', oneOfEach.ReferralEnteredInError],
    ['that of somebody who died', oneOfEach.DeathRecorded],
    ['declined', oneOfEach.ReferralDeclined],
    ['returned with advice', oneOfEach.ReferralReturnedWithAdvice],
    ['part of another', oneOfEach.ReferralLinkedAsDuplicate],
  ])('is refused for a referral that is %s', (_, end) => {
    given(appointments, with_(end)).when(book(), context).thenRejected('ended');
  });

  describe('before it is settled whether the person agrees', () => {
    const unsettled = [received({ agreement: { basis: 'does-not-know' }, flags: ['agreement-outstanding'] }), stratified()];

    it('is refused when it is not urgent', () => {
      given(appointments, [...unsettled, accepted({ priority: 'soon' })])
        .when(book(), context)
        .thenRejected('agreement-outstanding');
    });

    it('is allowed when it is urgent, or was raised to urgent since', () => {
      given(appointments, [...unsettled, accepted({ priority: 'urgent' })])
        .when(book(), context)
        .thenTypes('AppointmentBooked');
      const raised = stratified({ because: 'information-added', priority: 'urgent' });
      given(appointments, [...unsettled, accepted(), informed(), raised])
        .when(book(), context)
        .thenTypes('AppointmentBooked');
    });
  });

  it('sooner is allowed under a safety hold', () => {
    const held = stratified({ flags: ['safety-hold', 'safety-conversation'], priority: 'urgent' });
    given(appointments, [received(), held, accepted({ priority: 'urgent' })])
      .when(book(), context)
      .thenTypes('AppointmentBooked');
  });

  it('is refused to practitioners who may not', () => {
    const permitted = reject('not-registered', 'Lapsed');
    given(appointments, waiting)
      .when(book(), { ...context, permitted })
      .thenRejected('not-registered');
  });

  it('is refused in a session that does not offer the kind', () => {
    given(appointments, waiting)
      .when(book({}, { type: 'telephone' }), context)
      .thenRejected('type-not-offered', '/type');
  });

  it('is refused in a slot that has begun', () => {
    given(appointments, waiting)
      .when(book(), { ...context, now: slot.start })
      .thenRejected('in-the-past', '/slot');
  });

  it('reaches exactly as far ahead as the horizon, counted in London days', () => {
    const last = { start: '2026-12-22T23:30:00.000Z', end: '2026-12-22T23:59:00.000Z' };
    const beyond = { start: '2026-12-23T00:00:00.000Z', end: '2026-12-23T00:30:00.000Z' };
    given(appointments, waiting).when(book(last), context).thenTypes('AppointmentBooked');
    given(appointments, waiting).when(book(beyond), context).thenRejected('beyond-horizon', '/slot');
  });

  it('is refused at a time when the person has another appointment, and allowed next to it', () => {
    const other = booked({ bookingId: OTHER, start: '2026-12-08T09:45:00.000Z', end: '2026-12-08T10:15:00.000Z' });
    given(appointments, with_(other)).when(book(), context).thenRejected('already-booked', '/slot');
    const next = booked({ bookingId: OTHER, start: '2026-12-08T10:00:00.000Z', end: '2026-12-08T10:30:00.000Z' });
    given(appointments, with_(next)).when(book(), context).thenTypes('AppointmentBooked');
  });

  describe('within the consultations of the referral', () => {
    const two = [received(), stratified(), accepted({ allowance: 2 })];
    const first = booked({ bookingId: OTHER });
    const attended = (counts: boolean): DomainEvent => ({
      type: 'Attended',
      data: { personId: PERSON, bookingId: OTHER, late: false, counts },
    });

    it('counts what was used and what is booked', () => {
      given(appointments, [...two, first, attended(true)])
        .when(book(), context)
        .thenTypes('AppointmentBooked');
      given(appointments, [...two, first, attended(true), booked()])
        .when(book(), context)
        .thenRejected('allowance-used');
    });

    it('does not count what was missed, cancelled, or not by an occupational therapist', () => {
      const missed: DomainEvent = { type: 'DidNotAttend', data: { personId: PERSON, bookingId: OTHER, welfareCheck: false } };
      given(appointments, [...two, first, missed, booked()])
        .when(book(), context)
        .thenTypes('AppointmentBooked');
      given(appointments, [...two, first, attended(false), booked()])
        .when(book(), context)
        .thenTypes('AppointmentBooked');
      given(appointments, [...two, booked(), oneOfEach.AppointmentCancelledByPerson, first])
        .when(book(), context)
        .thenTypes('AppointmentBooked');
    });
  });

  it('that was abandoned, or made and cancelled, can no longer be made', () => {
    given(appointments, with_({ type: 'BookingAbandoned', data: { bookingId: NEW } }))
      .when(book(), context)
      .thenRejected('booking-abandoned');
    const cancelled: DomainEvent = {
      type: 'AppointmentCancelledByService',
      data: { personId: PERSON, bookingId: NEW, reason: 'service-closed' },
    };
    given(appointments, with_(booked({ bookingId: NEW }), cancelled))
      .when(book(), context)
      .thenRejected('booking-abandoned');
  });

  it('of an unknown referral is refused', () => {
    given(appointments, []).when(book(), context).thenRejected('unknown-referral');
  });
});

describe('abandoning a booking', () => {
  const abandon: AppointmentAsk = { kind: 'abandon-booking', bookingId: NEW };

  it('closes it for good', () => {
    given(appointments, waiting)
      .when(abandon, context)
      .then([{ type: 'BookingAbandoned', data: { bookingId: NEW } }]);
    given(appointments, with_({ type: 'BookingAbandoned', data: { bookingId: NEW } }))
      .when(abandon, context)
      .thenNothing();
  });

  it('is possible after the referral has ended', () => {
    given(appointments, with_(oneOfEach.Discharged)).when(abandon, context).thenTypes('BookingAbandoned');
  });

  it('is refused once it is made, whatever became of it', () => {
    given(appointments, with_(booked({ bookingId: NEW })))
      .when(abandon, context)
      .thenRejected('already-booked');
    given(appointments, with_(booked({ bookingId: NEW }), oneOfEach.Discharged))
      .when(abandon, context)
      .thenRejected('already-booked');
  });
});

describe('cancelling', () => {
  const cancel = (by: 'person' | 'service' = 'person', reason = by === 'person' ? 'unwell' : 'service-closed'): AppointmentAsk => ({
    kind: 'cancel',
    body: { appointment: BOOKING, by, reason },
  });

  it('says who cancelled, and why', () => {
    given(appointments, with_(booked()))
      .when(cancel('person'), context)
      .then([{ type: 'AppointmentCancelledByPerson', data: { personId: PERSON, bookingId: BOOKING, reason: 'unwell' } }]);
    given(appointments, with_(booked())).when(cancel('service'), context).thenTypes('AppointmentCancelledByService');
  });

  it('is possible whoever acts, under a hold, and for whom nothing else is allowed', () => {
    const permitted = reject('not-registered', 'Lapsed');
    const held = stratified({ flags: ['safety-hold'] });
    given(appointments, [received(), held, accepted(), booked()])
      .when(cancel(), { ...context, permitted })
      .thenTypes('AppointmentCancelledByPerson');
  });

  it('what is cancelled, or ended with the referral, needs nothing more', () => {
    given(appointments, with_(booked(), oneOfEach.AppointmentCancelledByService)).when(cancel(), context).thenNothing();
    given(appointments, with_(booked(), oneOfEach.DeathRecorded)).when(cancel(), context).thenNothing();
  });

  it('is refused once the appointment has begun, or something was recorded of it', () => {
    given(appointments, with_(booked()))
      .when(cancel(), { ...context, now: after })
      .thenRejected('appointment-past', '/appointment');
    given(appointments, with_(booked(), oneOfEach.Attended)).when(cancel(), context).thenRejected('appointment-past', '/appointment');
  });

  it('is refused with a reason of the other side, or for an appointment of somebody else', () => {
    given(appointments, with_(booked())).when(cancel('person', 'service-closed'), context).thenRejected('unknown-code', '/reason');
    given(appointments, waiting).when(cancel(), context).thenRejected('unknown-appointment', '/appointment');
  });
});

describe('recording what happened', () => {
  const record = (outcome: AttendanceOutcome, note?: string): AppointmentAsk => ({
    kind: 'record-attendance',
    body: { appointment: BOOKING, outcome, ...(note === undefined ? {} : { note }) },
  });
  const past = { ...context, now: after };
  const of = { personId: PERSON, bookingId: BOOKING };

  it.each([
    ['attended', { type: 'Attended', data: { ...of, late: false, counts: true } }],
    ['attended-late', { type: 'Attended', data: { ...of, late: true, counts: true } }],
    ['late-not-seen', { type: 'LateNotSeen', data: of }],
    ['did-not-attend', { type: 'DidNotAttend', data: { ...of, welfareCheck: false } }],
    ['was-not-brought', { type: 'WasNotBrought', data: { ...of, welfareCheck: false } }],
    ['could-not-complete', { type: 'CouldNotComplete', data: { ...of, counts: true } }],
  ] as const)('%s', (outcome, event) => {
    given(appointments, with_(booked())).when(record(outcome), past).then([event]);
  });

  it('no reply at a home visit is never an ordinary missed contact, and somebody looks for the person', () => {
    const visit = with_(booked({ type: 'home-visit' }));
    given(appointments, visit)
      .when(record('no-reply-at-home'), past)
      .then([{ type: 'NoReplyAtHome', data: { ...of, welfareCheck: true } }]);
    given(appointments, visit).when(record('did-not-attend'), past).thenRejected('no-reply-at-home-instead', '/outcome');
    given(appointments, with_(booked())).when(record('no-reply-at-home'), past).thenRejected('not-a-home-visit', '/outcome');
  });

  it('is never refused for a seventh contact, a lapsed registration, or a referral that has ended', () => {
    const permitted = reject('not-registered', 'Lapsed');
    const used = [received(), stratified(), accepted({ allowance: 0 }), booked()];
    given(appointments, used)
      .when(record('attended'), { ...past, permitted })
      .thenTypes('Attended');
    given(appointments, with_(booked(), oneOfEach.Discharged)).when(record('attended'), past).thenTypes('Attended');
  });

  it('does not count a contact that was not an occupational therapist’s', () => {
    given(appointments, with_(booked()))
      .when(record('attended'), { ...past, counts: false })
      .then([{ type: 'Attended', data: { ...of, late: false, counts: false } }]);
  });

  it.each(['attended', 'attended-late', 'could-not-complete'] as const)(
    'is taken of somebody who was seen sooner than booked: %s',
    (outcome) => {
      const early = given(appointments, with_(booked())).when(record(outcome), { ...context, now: '2026-12-06T15:00:00.000Z' });
      expect(early.decision).toHaveLength(1);
    },
  );

  it.each(['late-not-seen', 'did-not-attend', 'was-not-brought', 'no-reply-at-home'] as const)(
    'waits for the appointment to begin: %s',
    (outcome) => {
      const type = outcome === 'no-reply-at-home' ? 'home-visit' : 'first';
      const seen = with_(booked({ type }));
      given(appointments, seen)
        .when(record(outcome), { ...context, now: '2026-12-07T09:29:59.999Z' })
        .thenRejected('not-yet', '/appointment');
      const then = given(appointments, seen).when(record(outcome), { ...context, now: '2026-12-07T09:30:00.000Z' });
      expect(then.decision).toHaveLength(1);
    },
  );

  it('the same thing twice is once; another thing afterwards is refused', () => {
    given(appointments, with_(booked(), oneOfEach.Attended)).when(record('attended'), past).thenNothing();
    given(appointments, with_(booked(), oneOfEach.Attended))
      .when(record('attended-late'), past)
      .thenRejected('attendance-already-recorded');
    given(appointments, with_(booked(), oneOfEach.DidNotAttend)).when(record('attended'), past).thenRejected('attendance-already-recorded');
  });

  it('somebody who came to a cancelled appointment was seen; nobody missed it', () => {
    const cancelled = with_(booked(), oneOfEach.AppointmentCancelledByPerson);
    given(appointments, cancelled).when(record('attended'), past).thenTypes('Attended');
    given(appointments, cancelled).when(record('did-not-attend'), past).thenRejected('appointment-cancelled', '/outcome');
  });

  it('cannot have happened in the future, nor at an appointment of somebody else', () => {
    const ask: AppointmentAsk = {
      kind: 'record-attendance',
      body: { appointment: BOOKING, outcome: 'attended', occurredAt: '2026-12-07T11:00:01Z' },
    };
    given(appointments, with_(booked())).when(ask, past).thenRejected('in-the-future', '/occurredAt');
    given(appointments, waiting).when(record('attended'), past).thenRejected('unknown-appointment', '/appointment');
  });

  describe('somebody who depends on others to come was not brought', () => {
    const history = (data: Parameters<typeof received>[0]) => [received(data), stratified(), accepted(), booked()];

    it('a child under 16, always', () => {
      given(appointments, history({ ageYears: 15 }))
        .when(record('did-not-attend', 'Came alone before'), past)
        .thenRejected('was-not-brought-instead');
      given(appointments, history({ ageYears: 15 }))
        .when(record('was-not-brought'), past)
        .then([{ type: 'WasNotBrought', data: { ...of, welfareCheck: true } }]);
    });

    it.each([
      ['somebody of 17', { ageYears: 17 }],
      ['an adult who needs another', { facts: { 'needs-another-to-attend': { value: true } } }],
      ['an adult of whom nobody is sure', { facts: { 'needs-another-to-attend': { value: 'unknown' } } }],
    ])('%s, unless a clinician says why not', (_, data) => {
      given(appointments, history(data)).when(record('did-not-attend'), past).thenRejected('was-not-brought-instead', '/outcome');
      given(appointments, history(data)).when(record('did-not-attend', 'Comes by bus'), past).thenTypes('DidNotAttend');
    });

    it('not somebody of 18 who comes without help', () => {
      const facts = { 'needs-another-to-attend': { value: false } };
      given(appointments, history({ ageYears: 18, facts }))
        .when(record('did-not-attend'), past)
        .thenTypes('DidNotAttend');
    });
  });

  describe('who is looked for on the same day when missed', () => {
    const missed = (history: DomainEvent[]) => given(appointments, [...history, booked()]).when(record('was-not-brought'), past).decision;
    const check = (welfareCheck: boolean) => [expect.objectContaining({ data: expect.objectContaining({ welfareCheck }) })];
    const facts = (values: Record<string, boolean | number | string>) =>
      Object.fromEntries(Object.entries(values).map(([id, value]) => [id, { value }]));

    it.each([
      ['frail, CFS 6', received({ facts: facts({ cfs: 6, 'lives-alone': false }) })],
      ['CFS 5 and alone', received({ facts: facts({ cfs: 5, 'lives-alone': true }) })],
      ['CFS 5 and nobody is sure', received({ facts: facts({ cfs: 5, 'lives-alone': 'unknown' }) })],
      ['CFS 5 and nobody asked', received({ facts: facts({ cfs: 5 }) })],
      ['17', received({ ageYears: 17 })],
      ['with dementia', received({ need: { types: ['frailty-dementia'] } })],
      ['near the end of life', received({ facts: facts({ 'life-limiting-illness': true }) })],
    ])('somebody %s', (_, first) => {
      expect(missed([first, stratified(), accepted()])).toEqual(check(true));
    });

    it.each(['safety-hold', 'safety-conversation', 'safeguarding'])('somebody with the flag %s', (flag) => {
      expect(missed([received(), stratified({ flags: [flag] }), accepted()])).toEqual(check(true));
    });

    it('somebody whose later answer worries more than the first', () => {
      const first = received({ facts: facts({ cfs: 5, 'lives-alone': false }) });
      expect(missed([first, stratified(), accepted()])).toEqual(check(false));
      expect(missed([first, stratified(), accepted(), informed({ facts: facts({ 'lives-alone': true }) })])).toEqual(check(true));
      expect(missed([first, stratified(), accepted(), informed({ facts: facts({ cfs: 7 }) })])).toEqual(check(true));
    });

    it('not somebody of whom nothing worrying is known', () => {
      expect(missed([received({ facts: facts({ cfs: 4 }) }), stratified(), accepted()])).toEqual(check(false));
    });
  });
});

describe('a cancellation', () => {
  it('says of every kind of event whether it makes it stale', () => {
    const { dependsOn, unrelated } = cancelBearing;
    expect([...dependsOn, ...unrelated].sort()).toEqual(Object.keys(oneOfEach).sort());
    expect(dependsOn).toEqual(expect.arrayContaining(['InformationAdded', 'AppointmentCancelledByPerson', 'Attended', 'DeathRecorded']));
  });
});
