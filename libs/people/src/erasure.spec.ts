import type { Actor, DomainEvent } from '@waymark/kernel';
import { given, type Decided } from '@waymark/kernel/testing';
import { erasure, type ErasureAsk, type ErasureContext, type ErasureEvent } from './erasure';

const personId = '0b3c1f7e-0000-5000-8000-000000000001';
const requestId = '0b3c1f7e-0000-5000-8000-00000000000a';
const holdId = '0b3c1f7e-0000-5000-8000-00000000000b';
const lost = { referrals: 1, events: 4, fields: 6 };
const retention = { class: 'adult', endsOn: '2026-10-01' } as const;
const helen: Actor = { kind: 'practitioner', id: '0b3c1f7e-0000-5000-8000-0000000000aa', role: 'consultant' };
const tom: Actor = { kind: 'practitioner', id: '0b3c1f7e-0000-5000-8000-0000000000bb', role: 'ap' };

const context = (more: Partial<ErasureContext> = {}): ErasureContext => ({
  now: '2026-11-24T09:00:00.000Z',
  actor: tom,
  personId,
  kept: [],
  lost,
  retention,
  isLead: false,
  daysToCancel: 14,
  ...more,
});

const requested: ErasureEvent = {
  type: 'PersonErasureRequested',
  data: { requestId, personId, requestedBy: tom.id, why: 'Kept long enough', lost, retention },
};
const executeAfter = '2026-12-08T09:00:00.000Z';
const approved: ErasureEvent = { type: 'PersonErasureApproved', data: { requestId, personId, approvedBy: helen.id, executeAfter } };
const cancelled: ErasureEvent = {
  type: 'PersonErasureCancelled',
  data: { requestId, personId, because: 'cancelled', why: 'A mistake' },
};
const lapsed: ErasureEvent = { type: 'PersonErasureCancelled', data: { requestId, personId, because: 'no-longer-allowed' } };
const erased: ErasureEvent = { type: 'PersonErased', data: { requestId, personId, lost, demo: false } };
const held: ErasureEvent = { type: 'LegalHoldPlaced', data: { holdId, personId, why: 'A complaint' } };
const released: ErasureEvent = { type: 'LegalHoldReleased', data: { holdId, personId, why: 'Settled' } };

const request: ErasureAsk = { kind: 'request', requestId, reason: 'Kept long enough' };
const approve: ErasureAsk = { kind: 'approve', requestId };
const cancel: ErasureAsk = { kind: 'cancel', requestId, reason: 'A mistake' };
const execute: ErasureAsk = { kind: 'execute', requestId };
const inDemo: ErasureAsk = { kind: 'erase-in-demo', requestId, reason: 'Kept long enough' };
const lead = context({ actor: helen, isLead: true });
const onTheDay = context({ now: executeAfter });

const when = (ask: ErasureAsk, how: ErasureContext, ...events: DomainEvent[]): Decided<ErasureEvent> =>
  given(erasure, events).when(ask, how);

describe('the request', () => {
  it('records who asks, why, and the figures that were seen', () => {
    when(request, context()).then([requested]);
  });

  it.each([
    ['a referral is open', context({ kept: ['Referral 7K4Q-2M9X-3TBC is open'] }), []],
    ['a legal hold is there', context(), [held]],
  ])('is refused while %s', (_, how, events) => {
    when(request, how, ...events).thenRejected('may-not-be-erased');
  });

  it('is made once at a time, and again after it was cancelled or a hold was released', () => {
    when(request, context(), requested).thenRejected('erasure-requested');
    when(request, context(), requested, cancelled).then([requested]);
    when(request, context(), held, released).then([requested]);
  });

  it('is not made of somebody who has been erased', () => {
    when(request, context(), requested, approved, erased).thenRejected('person-erased');
  });
});

describe('the approval', () => {
  it('is a lead’s who did not ask, and fixes the day', () => {
    when(approve, lead, requested).then([approved]);
  });

  it('is not for somebody who leads nothing, nor for whoever asked', () => {
    when(approve, context({ actor: helen }), requested).thenRejected('not-lead');
    when(approve, context({ isLead: true }), requested).thenRejected('second-person-needed');
  });

  it('is refused when something has come up since, and for a request that there is not', () => {
    when(approve, lead, requested, held).thenRejected('may-not-be-erased');
    when(approve, lead, requested, cancelled).thenRejected('unknown-request');
    when({ ...approve, requestId: holdId }, lead, requested).thenRejected('unknown-request');
  });

  it('does not move the day of an earlier one', () => {
    when(approve, { ...lead, now: '2026-12-01T09:00:00.000Z' }, requested, approved).thenNothing();
  });
});

describe('its day', () => {
  it('comes when it is approved and the days to cancel are over', () => {
    when(execute, onTheDay, requested, approved).then([erased]);
    when(execute, context({ now: '2026-12-08T08:59:59.999Z' }), requested, approved).thenRejected('erasure-not-due');
    when(execute, onTheDay, requested).thenRejected('erasure-not-due');
  });

  it('does not come once it is cancelled, and comes once', () => {
    when(cancel, context(), requested, approved).then([cancelled]);
    when(execute, onTheDay, requested, approved, cancelled).thenRejected('unknown-request');
    when(execute, onTheDay, requested, approved, erased).thenNothing();
  });

  it('cancels it for somebody who came back, or whose data is held by then', () => {
    when(execute, { ...onTheDay, kept: ['Referral 7K4Q-2M9X-3TBC is open'] }, requested, approved).then([lapsed]);
    when(execute, onTheDay, requested, approved, held).then([lapsed]);
    when(execute, onTheDay, requested, approved, held, released).then([erased]);
  });
});

describe('on data of the demo', () => {
  it('neither class nor approval nor days are waited for, but a hold is', () => {
    const kept = context({ kept: ['Referral 7K4Q-2M9X-3TBC is open'] });
    when(inDemo, kept).then([requested, { type: 'PersonErased', data: { requestId, personId, lost, demo: true } }]);
    when(inDemo, kept, held).thenRejected('may-not-be-erased');
  });
});

describe('legal holds', () => {
  it('are placed one beside the other, and released together', () => {
    when({ kind: 'place-hold', holdId, reason: 'A complaint' }, context()).then([held]);
    const other = { ...held, data: { ...held.data, holdId: requestId } } as ErasureEvent;
    when({ kind: 'release-hold', reason: 'Settled' }, context(), held, other).then([
      released,
      { ...released, data: { ...released.data, holdId: requestId } } as ErasureEvent,
    ]);
    when({ kind: 'release-hold', reason: 'Settled' }, context()).thenNothing();
  });
});
