import fc from 'fast-check';
import { isRejection, reject } from '@waymark/kernel';
import { given } from '@waymark/kernel/testing';
import { PRIORITIES, STRATA, TIERS } from '@waymark/rules';
import { placeOf, type ReferralStreamEvent } from './place';
import {
  accepted,
  ASHA,
  booked,
  informed,
  oneOfEach,
  OTHER,
  PERSON,
  received,
  RECEIVED_AT,
  stratified,
  TARGETS,
  TOM,
} from './testing/histories';
import { triage, triageEvents, type TriageAsk, type TriageContext } from './triage';

const NOW = '2026-11-23T11:00:00.000Z';
const due = { crisis: undefined, urgent: '2026-11-27T17:00:00.000Z', soon: '2026-12-04T17:00:00.000Z', routine: TARGETS.firstContact };

function context(more: Partial<TriageContext> = {}): TriageContext {
  return {
    now: NOW,
    practitionerId: ASHA,
    permitted: undefined,
    claimMinutes: 15,
    allowance: 6,
    targetsFor: (priority, from) => {
      const { firstContact: _, ...targets } = { ...TARGETS, read: from };
      return due[priority] === undefined ? targets : { ...targets, firstContact: due[priority] };
    },
    bookingDue: () => '2026-12-04T17:00:00.000Z',
    acceptanceDue: (priority) => (priority === 'urgent' ? '2026-11-24T17:00:00.000Z' : '2026-12-07T17:00:00.000Z'),
    isCode: (list, code) => code !== 'capacity' && code !== 'nowhere' && list !== 'capacity',
    ...more,
  };
}

const accepting = (more: Partial<Extract<TriageAsk, { kind: 'accept' }>['body']> = {}): TriageAsk => ({
  kind: 'accept',
  body: { referralId: OTHER, stratum: 'frailty', tier: 'targeted', priority: 'routine', reason: 'agree-with-suggestion', ...more },
});
const claiming: TriageAsk = { kind: 'claim', body: { referralId: OTHER } };
const returning: TriageAsk = {
  kind: 'return-with-advice',
  body: { referralId: OTHER, reason: 'advice-is-enough', advice: 'Try a bath board' },
};
const redirecting: TriageAsk = { kind: 'redirect', body: { referralId: OTHER, to: 'falls-service', reason: 'better-met-elsewhere' } };
const declining = (more: Partial<Extract<TriageAsk, { kind: 'decline' }>['body']> = {}): TriageAsk => ({
  kind: 'decline',
  body: { referralId: OTHER, reason: 'spoke-with-person', criterion: 'outside-area', alternative: 'gp-practice', ...more },
});
const decisions = [accepting(), returning, redirecting, declining()];

const taken = [received(), stratified()];
const raised = [
  ...taken,
  accepted(),
  informed(),
  stratified({ because: 'information-added', priority: 'urgent', targets: { ...TARGETS, firstContact: due.urgent } }),
];

describe('claiming', () => {
  it('is a lease of a few minutes', () => {
    given(triage, taken)
      .when(claiming, context())
      .then([{ type: 'ReferralClaimed', data: { personId: PERSON, practitionerId: ASHA, until: '2026-11-23T11:15:00.000Z' } }]);
  });

  it('what a colleague is reading waits until they have finished or their lease has', () => {
    const claimed = { ...oneOfEach.ReferralClaimed, data: { personId: PERSON, practitionerId: TOM, until: '2026-11-23T11:10:00.000Z' } };
    given(triage, [...taken, claimed])
      .when(claiming, context())
      .thenRejected('claimed');
    given(triage, [...taken, claimed])
      .when(claiming, context({ now: '2026-11-23T11:10:00.000Z' }))
      .thenTypes('ReferralClaimed');
    given(triage, [...taken, claimed])
      .when(claiming, context({ practitionerId: TOM }))
      .thenTypes('ReferralClaimed');
  });

  it('keeps nobody from deciding', () => {
    const claimed = { ...oneOfEach.ReferralClaimed, data: { personId: PERSON, practitionerId: TOM, until: '2026-11-23T11:10:00.000Z' } };
    given(triage, [...taken, claimed])
      .when(accepting(), context())
      .thenTypes('ReferralAccepted');
  });

  it('is for what waits for a decision', () => {
    given(triage, [...taken, accepted()])
      .when(claiming, context())
      .thenRejected('already-decided');
    given(triage, [...taken, oneOfEach.Discharged])
      .when(claiming, context())
      .thenRejected('ended');
    given(triage, raised).when(claiming, context()).thenTypes('ReferralClaimed');
  });
});

describe('accepting', () => {
  it('says whether the clinician agreed with the rules, and promises a date counted from receipt', () => {
    given(triage, taken)
      .when(
        accepting({ priority: 'soon', note: 'She fell again' }),
        context({ targetsFor: (_, from) => ({ ...TARGETS, firstContact: from }) }),
      )
      .then([
        {
          type: 'ReferralAccepted',
          data: {
            personId: PERSON,
            practitionerId: ASHA,
            stratum: 'frailty',
            tier: 'targeted',
            priority: 'soon',
            reason: 'agree-with-suggestion',
            asSuggested: false,
            contactDue: RECEIVED_AT,
            bookingDue: '2026-12-04T17:00:00.000Z',
            allowance: 6,
            note: 'She fell again',
          },
        },
      ]);
  });

  it.each([
    [accepting(), true],
    [accepting({ stratum: 'wider' }), false],
    [accepting({ tier: 'specialist' }), false],
    [accepting({ priority: 'urgent' }), false],
  ])('as suggested or not', (ask, asSuggested) => {
    given(triage, taken)
      .when(ask, context())
      .then([expect.objectContaining({ data: expect.objectContaining({ asSuggested }) })]);
  });

  it('lower than suggested is the clinician’s right, and recounts the date from receipt', () => {
    given(triage, [received(), stratified({ priority: 'urgent', targets: { ...TARGETS, firstContact: due.urgent } })])
      .when(accepting({ priority: 'soon' }), context())
      .then([expect.objectContaining({ data: expect.objectContaining({ contactDue: due.soon }) })]);
  });

  it('never moves a promised date back by anything but a lowering', () => {
    const early = [received(), stratified({ targets: { ...TARGETS, firstContact: '2026-11-30T17:00:00.000Z' } })];
    given(triage, early)
      .when(accepting(), context())
      .then([expect.objectContaining({ data: expect.objectContaining({ contactDue: '2026-11-30T17:00:00.000Z' }) })]);
  });

  it('as a crisis, whose first contact is not ours, promises the hand-over', () => {
    given(triage, [
      received(),
      stratified({ priority: 'crisis', targets: { read: TARGETS.read, triage: TARGETS.triage, treatment: TARGETS.treatment } }),
    ])
      .when(accepting({ priority: 'crisis' }), context())
      .then([expect.objectContaining({ data: expect.objectContaining({ contactDue: TARGETS.triage }) })]);
  });

  it('is possible while agreement is outstanding: triage for safety goes on', () => {
    given(triage, [received({ flags: ['agreement-outstanding'] }), stratified()])
      .when(accepting(), context())
      .thenTypes('ReferralAccepted');
  });

  it('twice is refused, unless something raised it since or a redirect came to nothing', () => {
    given(triage, [...taken, accepted()])
      .when(accepting(), context())
      .thenRejected('already-decided');
    given(triage, raised)
      .when(accepting({ priority: 'urgent' }), context())
      .thenTypes('ReferralAccepted');
    given(triage, [...taken, oneOfEach.ReferralRedirected])
      .when(accepting(), context())
      .thenTypes('ReferralAccepted');
  });

  it('again after a raise clears the mark and keeps the earlier date', () => {
    const { decision } = given(triage, raised).when(accepting({ priority: 'urgent' }), context());
    if (isRejection(decision)) throw new Error(decision.code);
    expect(placeOf([...raised, ...decision])).toMatchObject({ flags: [], contactDue: due.urgent });
  });
});

describe('under a hold', () => {
  const held = [received(), stratified({ flags: ['safety-hold'] })];
  const concern = [received({ flags: ['safeguarding'] }), stratified()];

  it.each([
    ['safety', held],
    ['safeguarding', concern],
  ])('of %s nothing is decided but to accept as urgent or crisis', (_, events) => {
    for (const ask of [accepting(), accepting({ priority: 'soon' }), returning, redirecting, declining()]) {
      given(triage, events).when(ask, context()).thenRejected('hold-open');
    }
    given(triage, events)
      .when(accepting({ priority: 'urgent' }), context())
      .thenTypes('ReferralAccepted');
    given(triage, events)
      .when(accepting({ priority: 'crisis' }), context())
      .thenTypes('ReferralAccepted');
  });
});

describe('sending on or away', () => {
  it('returning gives the referrer advice', () => {
    given(triage, taken)
      .when(returning, context())
      .then([
        expect.objectContaining({ type: 'ReferralReturnedWithAdvice', data: expect.objectContaining({ advice: 'Try a bath board' }) }),
      ]);
  });

  it('redirecting sets when the other service’s acceptance is chased, sooner when it is urgent', () => {
    given(triage, taken)
      .when(redirecting, context())
      .then([
        expect.objectContaining({ data: expect.objectContaining({ to: 'falls-service', acceptanceDue: '2026-12-07T17:00:00.000Z' }) }),
      ]);
    given(triage, [received(), stratified({ priority: 'urgent' })])
      .when(redirecting, context())
      .then([expect.objectContaining({ data: expect.objectContaining({ acceptanceDue: '2026-11-24T17:00:00.000Z' }) })]);
  });

  it('declining needs a published criterion and an alternative; there is none for capacity', () => {
    given(triage, taken)
      .when(declining({ criterion: 'capacity' }), context())
      .thenRejected('unknown-code', '/criterion');
    given(triage, taken)
      .when(declining({ reason: 'capacity' }), context())
      .thenRejected('unknown-code', '/reason');
    given(triage, taken)
      .when(declining({ alternative: 'nowhere' }), context())
      .thenRejected('unknown-code', '/alternative');
    given(triage, taken)
      .when({ kind: 'redirect', body: { referralId: OTHER, to: 'nowhere', reason: 'x' } }, context())
      .thenRejected('unknown-code', '/to');
    given(triage, taken).when(declining(), context()).thenTypes('ReferralDeclined');
  });
});

describe('every decision', () => {
  it.each(decisions.map((ask) => [ask.kind, ask] as const))('%s is a permitted practitioner’s', (_, ask) => {
    given(triage, taken)
      .when(ask, context({ permitted: reject('out-of-scope', 'Not in scope') }))
      .thenRejected('out-of-scope');
  });

  it.each(decisions.map((ask) => [ask.kind, ask] as const))('%s is refused when it is decided, has ended or is not there', (_, ask) => {
    given(triage, [...taken, accepted(), booked()])
      .when(ask, context())
      .thenRejected('already-decided');
    given(triage, [...taken, oneOfEach.ReferralDeclined])
      .when(ask, context())
      .thenRejected('ended');
    given(triage, []).when(ask, context()).thenRejected('unknown-referral');
  });

  it('is not taken in the future', () => {
    given(triage, taken)
      .when(accepting({ occurredAt: '2026-11-24T11:00:00Z' }), context())
      .thenRejected('in-the-future', '/occurredAt');
  });
});

it('any command in any state gives events of the stored shapes or a refusal with a code, never a throw', () => {
  const any = fc
    .record({ stratum: fc.constantFrom(...STRATA), tier: fc.constantFrom(...TIERS), priority: fc.constantFrom(...PRIORITIES) })
    .map((body) => accepting(body));
  const asks = fc.oneof(any, fc.constantFrom(claiming, returning, redirecting, declining(), declining({ reason: 'capacity' })));
  const histories = fc.array(fc.constantFrom(...Object.values(oneOfEach)), { maxLength: 15 });
  fc.assert(
    fc.property(histories, asks, (events: ReferralStreamEvent[], ask) => {
      const { decision } = given(triage, events).when(ask, context());
      if (isRejection(decision)) expect(decision.code).toMatch(/^[a-z-]+$/);
      else for (const { type, data } of decision) expect(triageEvents[type].schema.safeParse(data).error).toBeUndefined();
    }),
  );
});
