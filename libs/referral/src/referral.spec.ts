import fc from 'fast-check';
import { isRejection, type Actor } from '@waymark/kernel';
import { given } from '@waymark/kernel/testing';
import { PRIORITIES, type Suggestion } from '@waymark/rules';
import type { Gathered } from './gathered';
import { placeOf, type ReferralStreamEvent } from './place';
import type { Information } from './receipt';
import { referral, referralEvents, type ReferralAsk, type ReferralContext } from './referral';
import type { ReceiveReferral } from './referral.commands';
import {
  accepted,
  ASHA,
  booked,
  informed,
  oneOfEach,
  OTHER,
  PERSON,
  RECEIVED_AT,
  received,
  stratified,
  SUGGESTION,
  TARGETS,
} from './testing/histories';

const NOW = '2026-11-27T10:00:00.000Z';
const asha: Actor = { kind: 'practitioner', id: ASHA, role: 'ot' };
const machine: Actor = { kind: 'machine', id: 'machine', role: 'machine' };

/** Rules as a test needs them: what they say of everything that was told. */
function knowing(rules: (told: Gathered) => Partial<Suggestion> = () => ({}), actor: Actor = asha): ReferralContext {
  return {
    now: NOW,
    actor,
    channel: 'api',
    recognised: { reference: '7K4Q-2M9X-3TBC', personId: PERSON, matched: 'new', possible: false, referrerId: OTHER },
    suggest: (told) => ({ ...SUGGESTION, ...rules(told) }),
    targetsFor: () => TARGETS,
    raisedTargets: (promised) => ({ ...promised, triage: '2026-11-27T17:00:00.000Z' }),
    isCode: (list, code) => (list === 'withdraw' && code === 'no-longer-needed') || (list === 'enter-in-error' && code === 'wrong-person'),
  };
}

const ada: ReceiveReferral = {
  source: 'gp',
  person: { name: { family: 'Okonkwo', given: ['Ada'] }, birthDate: '1941-02-03', nhsNumber: '999 000 0018' },
  referrer: { name: 'Dr Fictional' },
  need: { reason: 'Cannot bath safely' },
};
const receiving = (more: Partial<ReceiveReferral> = {}): ReferralAsk => ({ kind: 'receive', referral: { ...ada, ...more } });
const told = (more: Partial<Information> = {}): ReferralAsk => ({
  kind: 'add-information',
  information: { from: 'gp', channel: 'api', facts: {}, redFlags: [], ...more },
});
const withdrawing = (by: 'person' | 'service' = 'person'): ReferralAsk => ({
  kind: 'withdraw',
  body: { referralId: OTHER, by, reason: 'no-longer-needed' },
});
const erring: ReferralAsk = { kind: 'enter-in-error', body: { referralId: OTHER, reason: 'wrong-person' } };
const dying: ReferralAsk = { kind: 'record-death', body: { referralId: OTHER, on: '2026-11-26' } };

const taken = [received(), stratified()];
const held = [received(), stratified({ flags: ['safety-hold'] })];

function receiptOf(ask: ReferralAsk, context = knowing()) {
  const { decision } = given(referral, []).when(ask, context);
  if (isRejection(decision)) throw new Error(decision.code);
  const [first] = decision;
  if (first?.type !== 'ReferralReceived') throw new Error('Not received');
  return first.data;
}

describe('receiving a referral', () => {
  it('stores it and what the rules suggest in one append, with the dates counted from receipt', () => {
    given(referral, [])
      .when(receiving({ receivedAt: '2026-11-20T09:12:00+00:00' }), { ...knowing(), targetsFor: (_, from) => ({ ...TARGETS, read: from }) })
      .then([
        expect.objectContaining({
          type: 'ReferralReceived',
          data: expect.objectContaining({ receivedAt: RECEIVED_AT, ageYears: 85, flags: [] }),
        }),
        { type: 'ReferralStratified', data: { ...SUGGESTION, because: 'received', targets: { ...TARGETS, read: RECEIVED_AT } } },
      ]);
  });

  it('makes events of the stored shapes', () => {
    for (const source of ['self', 'family', 'gp'] as const) {
      const { decision } = given(referral, []).when(
        receiving({
          source,
          identifier: [{ system: 'https://example.org', value: '1' }],
          facts: { cfs: { value: 6, on: '2026-11-01', source: 'letter', by: 'clinician' }, 'lives-alone': 'unknown' },
          equality: { ethnicity: 'Z', deprivation: { decile: 2, table: 'imd-2019' } },
          agreement: { basis: 'not-sure', note: 'asleep' },
          original: { Bundle: {} },
        }),
        knowing(),
      );
      if (isRejection(decision)) throw new Error(decision.code);
      for (const { type, data } of decision) expect(referralEvents[type].schema.parse(data)).toEqual(data);
    }
  });

  it('is stored all the same when the rules cannot run, for a person to look now', () => {
    given(referral, [])
      .when(
        receiving(),
        knowing(() => ({ priority: 'urgent', flags: ['read-now'], fault: 'broken' })),
      )
      .then([expect.anything(), expect.objectContaining({ data: expect.objectContaining({ priority: 'urgent', fault: 'broken' }) })]);
  });

  it('once is enough', () => {
    given(referral, taken).when(receiving(), knowing()).thenRejected('already-received');
  });

  it.each([
    ['agreement-outstanding', { source: 'family', agreement: { basis: 'does-not-know' } }],
    ['agreement-outstanding', { source: 'family', agreement: { basis: 'cannot-decide' } }],
    ['agreement-outstanding', { source: 'carer', agreement: { basis: 'not-sure' } }],
    ['agreement-outstanding', { source: 'family' }],
    ['trace-nhs-number', { person: { ...ada.person, nhsNumber: '9990000019' } }],
    ['trace-nhs-number', { person: { name: { family: 'Okonkwo' } } }],
    ['birth-date-missing', { person: { name: { family: 'Okonkwo' } } }],
    ['birth-date-missing', { person: { ...ada.person, birthDate: { about: 80 } } }],
    ['restricted', { person: { ...ada.person, restricted: true } }],
    ['safeguarding', { safeguarding: { concern: true } }],
    ['safeguarding', { redFlags: ['safeguarding-concern'] }],
    ['child', { person: { ...ada.person, birthDate: '2017-05-05' } }],
    ['interpreter', { person: { ...ada.person, interpreter: true } }],
    ['adjustments', { person: { ...ada.person, formats: ['easy-read'] } }],
    ['carer', { source: 'carer', agreement: { basis: 'agreed' } }],
    ['carer', { facts: { 'carer-strain': { value: true } } }],
  ] satisfies [string, Partial<ReceiveReferral>][])('raises %s', (flag, more) => {
    expect(receiptOf(receiving(more)).flags).toContain(flag);
  });

  it('raises possible-match when somebody who may be the same person is known', () => {
    const context = knowing();
    expect(receiptOf(receiving(), { ...context, recognised: { ...context.recognised!, possible: true } }).flags).toEqual([
      'possible-match',
    ]);
  });

  it('takes the person’s own referral as their agreement, and nothing of anybody else’s as one', () => {
    expect(receiptOf(receiving({ source: 'self' })).agreement).toEqual({ basis: 'agreed' });
    expect(receiptOf(receiving({ source: 'gp' })).agreement).toEqual({ basis: 'not-stated' });
  });

  it('keeps nothing of where a restricted person lives or is reached', () => {
    const person = {
      ...ada.person,
      restricted: true,
      address: { line: ['1 High Street'], postalCode: 'ZZ99 3WZ' },
      telecom: [{ system: 'phone' as const, value: '01632 960001' }],
      gpPractice: { ods: 'A99999', name: 'Quayside Surgery' },
    };
    const stored = JSON.stringify(receiptOf(receiving({ person })));
    for (const secret of ['High Street', 'ZZ99', '960001', 'A99999', 'Quayside']) expect(stored).not.toContain(secret);
    expect(JSON.stringify(receiptOf(receiving({ person: { ...person, restricted: false } })))).toContain('High Street');
  });

  it('keeps a number that fails its check, without its spaces', () => {
    expect(receiptOf(receiving()).person).toMatchObject({ nhsNumber: '9990000018' });
  });

  it('keeps in the clear only what can be a code', () => {
    const person = { ...ada.person, gpPractice: { ods: 'Dr Mensah, 1 High Street' } };
    expect(receiptOf(receiving({ person })).practiceOds).toBeUndefined();
    expect(receiptOf(receiving({ facts: { cfs: { value: 6, source: 'her daughter' } } })).facts).toEqual({ cfs: { value: 6 } });
  });

  describe('when the person said no', () => {
    const refused = receiving({ agreement: { basis: 'refused' } });

    it('is not taken in', () => {
      given(referral, []).when(refused, knowing()).thenRejected('not-agreed', '/agreement/basis');
    });

    it.each(['safety-hold', 'safety-conversation', 'safeguarding'])('is taken in when a rule raises %s, and nothing is booked', (flag) => {
      expect(
        receiptOf(
          refused,
          knowing(() => ({ flags: [flag] })),
        ).flags,
      ).toEqual(expect.arrayContaining(['refused', 'agreement-outstanding']));
    });

    it('is taken in when the rules could not run, or somebody has a concern', () => {
      given(referral, [])
        .when(
          refused,
          knowing(() => ({ fault: 'broken' })),
        )
        .thenTypes('ReferralReceived', 'ReferralStratified');
      given(referral, [])
        .when(receiving({ agreement: { basis: 'refused' }, safeguarding: { concern: true } }), knowing())
        .thenTypes('ReferralReceived', 'ReferralStratified');
    });
  });
});

describe('adding information', () => {
  it('asks the rules again, with everything that was ever told, in the same append', () => {
    const first = [received({ facts: { cfs: { value: 7 } }, redFlags: ['new-confusion'], requestedPriority: 'urgent' }), stratified()];
    given(referral, first)
      .when(
        told({ facts: { cfs: { value: 3 } }, requestedPriority: 'routine' }),
        knowing(({ told: all, redFlags, requestedPriority, ageYears }) => {
          expect({ all, redFlags, requestedPriority, ageYears }).toEqual({
            all: [{ cfs: { value: 7 } }, { cfs: { value: 3 } }],
            redFlags: ['new-confusion'],
            requestedPriority: 'urgent',
            ageYears: 84,
          });
          return {};
        }),
      )
      .thenTypes('InformationAdded', 'ReferralStratified');
  });

  it('that raises gives new dates; that does not leaves the dates that were promised', () => {
    const raising = given(referral, taken).when(
      told(),
      knowing(() => ({ priority: 'urgent' })),
    );
    raising.then([
      expect.anything(),
      expect.objectContaining({ data: expect.objectContaining({ targets: { ...TARGETS, triage: '2026-11-27T17:00:00.000Z' } }) }),
    ]);
    given(referral, taken)
      .when(told(), knowing())
      .then([
        expect.anything(),
        expect.objectContaining({ data: expect.objectContaining({ because: 'information-added', targets: TARGETS }) }),
      ]);
  });

  it('with a recorded concern opens the hold, whatever the rules say', () => {
    const { decision } = given(referral, taken).when(told({ redFlags: ['safeguarding-concern'] }), knowing());
    if (isRejection(decision)) throw new Error(decision.code);
    expect(placeOf([...taken, ...decision])).toMatchObject({ hold: true });
  });

  it('to a referral that has ended is refused, so that nobody believes it is read', () => {
    given(referral, [...taken, oneOfEach.Discharged])
      .when(told(), knowing())
      .thenRejected('ended');
  });

  it('of the future is refused', () => {
    given(referral, taken)
      .when({ ...told(), occurredAt: '2026-11-28T10:00:00Z' } as ReferralAsk, knowing())
      .thenRejected('in-the-future', '/occurredAt');
  });
});

describe('linking a referral to another as a duplicate', () => {
  const linking: ReferralAsk = { kind: 'link-as-duplicate', to: OTHER, toReference: '0000-0000-0000' };

  it('says where it went, once', () => {
    given(referral, taken)
      .when(linking, knowing())
      .then([{ type: 'ReferralLinkedAsDuplicate', data: { to: OTHER, toReference: '0000-0000-0000' } }]);
    given(referral, [...taken, oneOfEach.ReferralLinkedAsDuplicate])
      .when(linking, knowing())
      .thenNothing();
  });

  it('leaves alone what a clinician has accepted, and what has ended', () => {
    given(referral, [...taken, accepted()])
      .when(linking, knowing())
      .thenRejected('already-decided');
    given(referral, [...taken, oneOfEach.ReferralWithdrawn])
      .when(linking, knowing())
      .thenRejected('ended');
  });
});

describe('closing a referral', () => {
  it('is open to the person and to the service, with a reason of the list', () => {
    given(referral, taken)
      .when(withdrawing(), knowing())
      .then([{ type: 'ReferralWithdrawn', data: { personId: PERSON, by: 'person', reason: 'no-longer-needed' } }]);
    given(referral, taken)
      .when({ kind: 'withdraw', body: { referralId: OTHER, by: 'service', reason: 'capacity' } }, knowing())
      .thenRejected('unknown-code', '/reason');
  });

  it('under a hold is never the service’s to do, nor a message’s; the person’s own word, taken down by staff, counts', () => {
    given(referral, held).when(withdrawing('service'), knowing()).thenRejected('hold-open');
    given(referral, held).when(withdrawing('person'), knowing(undefined, machine)).thenRejected('hold-open');
    given(referral, held).when(erring, knowing(undefined, machine)).thenRejected('hold-open');
    given(referral, held).when(withdrawing('person'), knowing()).thenTypes('ReferralWithdrawn');
  });

  it('after acceptance, or when another source has joined, is not a message’s to do', () => {
    given(referral, [...taken, accepted()])
      .when(withdrawing(), knowing(undefined, machine))
      .thenRejected('person-needed');
    given(referral, [...taken, informed({ source: 'family' })])
      .when(erring, knowing(undefined, machine))
      .thenRejected('person-needed');
    given(referral, [...taken, informed({ source: 'gp' })])
      .when(withdrawing(), knowing(undefined, machine))
      .thenTypes('ReferralWithdrawn');
    given(referral, [...taken, accepted()])
      .when(withdrawing('service'), knowing())
      .thenTypes('ReferralWithdrawn');
  });

  it('happens once', () => {
    given(referral, [...taken, oneOfEach.ReferralWithdrawn])
      .when(withdrawing(), knowing())
      .thenRejected('ended');
    given(referral, [...taken, oneOfEach.ReferralEnteredInError])
      .when(erring, knowing())
      .thenNothing();
  });

  it('as entered in error is open to staff even after discharge, because a correction always is', () => {
    given(referral, [...taken, accepted(), oneOfEach.Discharged])
      .when(erring, knowing())
      .thenTypes('ReferralEnteredInError');
  });
});

describe('a death', () => {
  it('can always be recorded, once', () => {
    given(referral, held)
      .when(dying, knowing())
      .then([{ type: 'DeathRecorded', data: { personId: PERSON, on: '2026-11-26' } }]);
    given(referral, [...taken, accepted(), booked(), oneOfEach.Discharged])
      .when(dying, knowing())
      .thenTypes('DeathRecorded');
    given(referral, [...held, oneOfEach.DeathRecorded])
      .when(dying, knowing())
      .thenNothing();
  });

  it('is not foretold', () => {
    given(referral, taken)
      .when({ kind: 'record-death', body: { referralId: OTHER, on: '2026-11-28' } }, knowing())
      .thenRejected('in-the-future', '/on');
  });
});

it('anything about a referral that is not there is refused', () => {
  for (const ask of [told(), withdrawing(), erring, dying]) given(referral, []).when(ask, knowing()).thenRejected('unknown-referral');
});

it('any command in any state gives events of the stored shapes or a refusal with a code, never a throw', () => {
  const asks = [
    receiving(),
    told(),
    { kind: 'link-as-duplicate', to: OTHER, toReference: 'x' },
    withdrawing(),
    withdrawing('service'),
    erring,
    dying,
  ] as const;
  const suggestions = fc.record({
    priority: fc.constantFrom(...PRIORITIES),
    flags: fc.subarray(['safety-hold', 'safeguarding', 'read-now']),
  });
  const histories = fc.array(fc.constantFrom(...Object.values(oneOfEach)), { maxLength: 15 });
  fc.assert(
    fc.property(
      histories,
      fc.constantFrom(...asks),
      suggestions,
      fc.constantFrom(asha, machine),
      (events: ReferralStreamEvent[], ask, rules, actor) => {
        const { decision } = given(referral, events).when(
          ask,
          knowing(() => rules, actor),
        );
        if (isRejection(decision)) expect(decision.code).toMatch(/^[a-z-]+$/);
        else for (const { type, data } of decision) expect(referralEvents[type].schema.safeParse(data).error).toBeUndefined();
      },
    ),
  );
});
