import fc from 'fast-check';
import { RAISED } from './flags';
import { ENDS, placeOf, type ReferralStreamEvent } from './place';
import { STAGES, type Place } from './standing';
import { accepted, ASHA, BOOKING, booked, informed, oneOfEach, received, stratified, TARGETS, TOM } from './testing/histories';

const taken = [received(), stratified()];

function after(...events: readonly ReferralStreamEvent[]): Place {
  const place = placeOf([...taken, ...events]);
  if (!place) throw new Error('No place');
  return place;
}

const raise = (data: Parameters<typeof stratified>[0] = {}) =>
  stratified({
    because: 'information-added',
    priority: 'urgent',
    targets: { ...TARGETS, triage: '2026-11-27T17:00:00.000Z', firstContact: '2026-12-04T17:00:00.000Z' },
    ...data,
  });

describe('a referral that was received', () => {
  it('waits for triage, at the dates that the rules gave it, with its clock running from the London day of receipt', () => {
    expect(after()).toMatchObject({
      stage: 'triage',
      decided: false,
      stratum: 'frailty',
      readDue: TARGETS.read,
      triageDue: TARGETS.triage,
      contactDue: TARGETS.firstContact,
      treatmentDue: '2027-03-26',
      clock: { start: '2026-11-20', state: 'running' },
      contacts: { used: 0, allowed: 0 },
      nextStep: { what: 'The team will read this referral', who: 'service', by: '2026-11-24' },
    });
  });

  it('starts its clock on the London day, not the UTC one', () => {
    const summer = placeOf([received({ receivedAt: '2026-07-01T23:30:00.000Z' }), stratified()]);
    expect(summer?.clock.start).toBe('2026-07-02');
  });

  it('is owned by whoever reads it', () => {
    expect(after(oneOfEach.ReferralClaimed)).toMatchObject({
      owner: ASHA,
      claim: { by: ASHA, until: '2026-12-07T10:15:00.000Z' },
      stage: 'triage',
    });
  });

  it('does not exist before its receipt', () => {
    expect(placeOf([])).toBeUndefined();
    expect(placeOf([stratified(), accepted()])).toBeUndefined();
  });
});

describe('a decision', () => {
  it('to accept puts the person on the waiting list, owned by who decided', () => {
    expect(after(accepted({ priority: 'soon', allowance: 6, contactDue: '2026-12-04T17:00:00.000Z' }))).toMatchObject({
      stage: 'waiting',
      decided: true,
      priority: 'soon',
      owner: ASHA,
      contacts: { used: 0, allowed: 6 },
      nextStep: { what: 'We will arrange the first appointment', who: 'service', by: '2026-12-04' },
    });
  });

  it('to accept while agreement is outstanding waits for the agreement', () => {
    const place = placeOf([received({ flags: ['agreement-outstanding'] }), stratified(), accepted()]);
    expect(place).toMatchObject({ stage: 'agreement', clock: { state: 'running' }, nextStep: { who: 'service', by: '2026-11-24' } });
  });

  it('to redirect keeps it ours, with the clock running, until the other service accepts', () => {
    expect(after(oneOfEach.ReferralRedirected)).toMatchObject({
      stage: 'handed-over',
      clock: { state: 'running' },
      owner: ASHA,
      handedOver: { to: 'falls-service' },
      nextStep: { by: '2026-12-21' },
    });
  });

  it('to take it back after a redirect leaves nothing of the hand-over', () => {
    const place = after(oneOfEach.ReferralRedirected, accepted());
    expect(place.stage).toBe('waiting');
    expect(place.handedOver).toBeUndefined();
  });

  it.each([
    ['returned-with-advice', oneOfEach.ReferralReturnedWithAdvice, 'advice-is-enough'],
    ['declined', oneOfEach.ReferralDeclined, 'spoke-with-person'],
    ['withdrawn', oneOfEach.ReferralWithdrawn, 'no-longer-needed'],
    ['entered-in-error', oneOfEach.ReferralEnteredInError, 'wrong-person'],
    ['died', oneOfEach.DeathRecorded, 'died'],
    ['linked', oneOfEach.ReferralLinkedAsDuplicate, 'duplicate'],
  ])('that ends it as %s stops the clock and says why', (how, event, reason) => {
    expect(after(event)).toMatchObject({
      stage: 'ended',
      ended: { on: '2026-12-07', how, reason },
      clock: { stop: '2026-12-07', state: 'stopped' },
      nextStep: { by: '2026-12-07' },
    });
  });

  it('ends the claim of whoever was reading', () => {
    expect(after(oneOfEach.ReferralClaimed, accepted()).claim).toBeUndefined();
  });

  it('says where a linked referral went', () => {
    expect(after(oneOfEach.ReferralLinkedAsDuplicate).linkedTo?.reference).toBe('0000-0000-0000');
  });
});

describe('new facts', () => {
  it('raise an undecided referral and never lower it', () => {
    const raised = after(informed(), raise());
    expect(raised).toMatchObject({ stage: 'triage', priority: 'urgent', triageDue: '2026-11-27T17:00:00.000Z' });
    expect(after(informed(), raise(), informed(), stratified({ because: 'information-added', priority: 'routine' })).priority).toBe(
      'urgent',
    );
  });

  it('after a decision raise the priority at once and ask for a clinician, without leaving the waiting list', () => {
    const place = after(accepted(), informed(), raise({ stratum: 'wider', tier: 'specialist' }));
    expect(place).toMatchObject({
      stage: 'waiting',
      priority: 'urgent',
      stratum: 'frailty',
      tier: 'targeted',
      contactDue: '2026-12-04T17:00:00.000Z',
      nextStep: { what: 'A clinician will read what is new', by: '2026-11-27' },
    });
    expect(place.flags).toContain(RAISED);
  });

  it('that open a hold ask for a clinician too, whatever the priority was', () => {
    const place = after(accepted({ priority: 'urgent' }), informed(), raise({ flags: ['safety-hold'] }));
    expect(place.hold).toBe(true);
    expect(place.flags).toEqual(expect.arrayContaining(['safety-hold', 'hold', 'safety', RAISED]));
  });

  it('that change nothing ask for nobody', () => {
    expect(after(accepted(), informed(), stratified({ because: 'information-added' })).flags).toEqual([]);
  });

  it('are settled by a clinician who looks again', () => {
    const place = after(accepted(), informed(), raise(), accepted({ priority: 'urgent', practitionerId: TOM }));
    expect(place).toMatchObject({ flags: [], priority: 'urgent', owner: TOM, nextStep: { what: 'We will arrange the first appointment' } });
  });

  it('never clear a flag', () => {
    const place = after(informed(), raise({ flags: ['safeguarding'] }), informed(), stratified({ because: 'information-added' }));
    expect(place.hold).toBe(true);
  });

  it('in the shape of a new rule set move nobody who was decided', () => {
    expect(after(accepted(), raise({ because: 'rules-changed', flags: ['safety-hold'] }))).toEqual(after(accepted()));
  });
});

describe('an appointment', () => {
  it('books the person, who then has to come', () => {
    expect(after(accepted(), booked())).toMatchObject({
      stage: 'booked',
      appointments: [{ id: BOOKING, status: 'booked' }],
      nextStep: { what: 'Come to the appointment', who: 'person', by: '2026-12-07' },
    });
  });

  it.each([
    ['cancelled', oneOfEach.AppointmentCancelledByPerson],
    ['cancelled', oneOfEach.AppointmentCancelledByService],
    ['missed', oneOfEach.LateNotSeen],
    ['missed', oneOfEach.DidNotAttend],
    ['missed', oneOfEach.WasNotBrought],
    ['missed', oneOfEach.NoReplyAtHome],
  ])('that was %s puts the person back among the unbooked with the date that was promised', (status, event) => {
    expect(after(accepted(), booked(), event)).toMatchObject({
      stage: 'waiting',
      appointments: [{ status }],
      contacts: { used: 0 },
      contactDue: TARGETS.firstContact,
      clock: { state: 'running' },
      nextStep: { what: 'We will arrange the first appointment' },
    });
  });

  it('that was attended counts, and leaves the person waiting until treatment is said to have started', () => {
    expect(after(accepted(), booked(), oneOfEach.Attended)).toMatchObject({
      stage: 'waiting',
      contacts: { used: 1, allowed: 6 },
      clock: { state: 'running' },
      nextStep: { what: 'We will arrange the next appointment', by: '2027-03-26' },
    });
  });

  it('that does not count is no contact', () => {
    const support = { ...oneOfEach.CouldNotComplete, data: { ...oneOfEach.CouldNotComplete.data, counts: false } };
    expect(after(accepted(), booked(), support)).toMatchObject({ contacts: { used: 0 }, appointments: [{ status: 'attended' }] });
  });

  it('in the future is released by whatever ends the referral', () => {
    expect(after(accepted(), booked(), oneOfEach.DeathRecorded).appointments).toMatchObject([{ status: 'released' }]);
    expect(after(accepted(), booked(), oneOfEach.Discharged).appointments).toMatchObject([{ status: 'released' }]);
  });
});

describe('treatment', () => {
  it('stops the clock on the day that the clinician named', () => {
    const start = { ...oneOfEach.TreatmentStarted, occurredAt: '2026-12-07T10:00:00.000Z' };
    expect(after(accepted(), booked(), oneOfEach.Attended, start)).toMatchObject({
      stage: 'treatment',
      clock: { start: '2026-11-20', stop: '2026-12-07', state: 'stopped' },
      nextStep: { what: 'We will arrange the next appointment', who: 'service', by: '2026-12-07' },
    });
  });

  it('starts once', () => {
    const again = { ...oneOfEach.TreatmentStarted, occurredAt: '2027-01-04T10:00:00.000Z' };
    expect(after(accepted(), oneOfEach.TreatmentStarted, again).clock.stop).toBe('2026-12-07');
  });

  it('keeps the stop of the clock when the person is discharged', () => {
    expect(after(accepted(), oneOfEach.TreatmentStarted, oneOfEach.Discharged)).toMatchObject({
      stage: 'ended',
      clock: { stop: '2026-12-07' },
      ended: { on: '2027-01-25', how: 'discharged', reason: 'goals-met', destination: 'self-management' },
    });
  });
});

describe('any history of a referral', () => {
  const histories = fc.array(fc.constantFrom(...Object.values(oneOfEach)), { maxLength: 30 }).map((events) => [...taken, ...events]);

  it('leads to exactly one place, with a next step and a date', () => {
    fc.assert(
      fc.property(histories, (events) => {
        const place = placeOf(events);
        expect(STAGES).toContain(place?.stage);
        expect(place?.nextStep.what).not.toBe('');
        expect(place?.nextStep.by).toMatch(/^\d{4}-\d{2}-\d{2}$/);
        expect(place?.clock.stop !== undefined).toBe(place?.clock.state === 'stopped');
        if (place?.decided && !place.ended) expect(place.owner).toBeDefined();
      }),
    );
  });

  it('is over with an event that ends it, wherever it stood, and with no other', () => {
    const ends: readonly string[] = ENDS;
    const later = Object.values(oneOfEach).filter(({ type }) => type !== 'ReferralReceived');
    fc.assert(
      fc.property(histories, fc.constantFrom(...later), (events, last) => {
        const [before, now] = [placeOf(events)!, placeOf([...events, last])!];
        expect(now.stage === 'ended').toBe(before.stage === 'ended' || ends.includes(last.type));
      }),
    );
  });

  it('folds the same in one go and event by event', () => {
    fc.assert(
      fc.property(histories, (events) => {
        const states = events.map((_, index) => placeOf(events.slice(0, index + 1)));
        expect(states.at(-1)).toEqual(placeOf(events));
      }),
      { numRuns: 20 },
    );
  });

  it('never lets facts lower a priority or end a hold', () => {
    const facts = fc.array(
      fc.record({
        priority: fc.constantFrom('routine' as const, 'soon' as const, 'urgent' as const, 'crisis' as const),
        flags: fc.subarray(['safety-hold', 'child']),
      }),
      { minLength: 1 },
    );
    const rank = { routine: 0, soon: 1, urgent: 2, crisis: 3 };
    fc.assert(
      fc.property(facts, fc.boolean(), (all, decided) => {
        let events: ReferralStreamEvent[] = [...taken, ...(decided ? [accepted()] : [])];
        for (const data of all) {
          const before = placeOf(events)!;
          events = [...events, informed(), stratified({ because: 'information-added', ...data })];
          const now = placeOf(events)!;
          expect(rank[now.priority]).toBe(Math.max(rank[before.priority], rank[data.priority]));
          expect(now.hold || !before.hold).toBe(true);
        }
      }),
    );
  });
});
