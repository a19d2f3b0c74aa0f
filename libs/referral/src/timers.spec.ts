/** What is still to come of a held slot and of a referral, as its events make and remove it. */
import type { DomainEvent, RecordedEvent } from '@waymark/kernel';
import { BOOKING, oneOfEach, OTHER, received, stratified } from './testing/histories';
import { timerKey, toComeAfter, type TimedEvent, type ToCome } from './timers';

const REFERRAL = `referral-northbank-${OTHER}`;
const CLINIC = 'clinic-northbank-quayside-2026-12-07';
const slot = 'quayside.2026-12-07.0930.1';

type Recorded = Parameters<typeof toComeAfter>[1];
let n = 0;
function on(stream: string, event: DomainEvent): Recorded {
  const occurredAt = event.occurredAt ?? '2026-11-20T09:12:00.000Z';
  const id = `event ${++n}`;
  const meta = { service: 'northbank', actor: 'system', role: 'system', commandId: id, correlationId: id };
  return { ...event, id, stream, occurredAt, recordedAt: occurredAt, meta } as RecordedEvent as Recorded;
}
function after(...events: readonly Recorded[]): ToCome | undefined {
  return events.reduce<ToCome | undefined>((before, event) => toComeAfter(before, event), undefined);
}
const held = (bookingId = BOOKING): Extract<TimedEvent, { type: 'SlotHeld' }> => ({
  type: 'SlotHeld',
  data: { slot, bookingId, referralId: OTHER, until: '2026-11-24T10:05:00Z' },
});

describe('a held slot', () => {
  it('is settled when its hold runs out', () => {
    expect(after(on(CLINIC, held()))?.timers).toEqual([
      {
        key: `hold ${BOOKING}`,
        due: '2026-11-24T10:05:00.000Z',
        command: { kind: 'settle-hold', service: 'northbank', referralId: OTHER, bookingId: BOOKING, clinicStream: CLINIC, slot },
      },
    ]);
  });

  it.each([
    { type: 'SlotConfirmed', data: { slot, bookingId: BOOKING } },
    { type: 'SlotReleased', data: { slot, bookingId: BOOKING, because: 'abandoned' } },
  ])('that is $type has nothing to come', (event) => {
    expect(after(on(CLINIC, held()), on(CLINIC, event))).toBeUndefined();
  });

  it('has a key of its own for each booking of the day', () => {
    expect(timerKey(on(CLINIC, held()))).not.toBe(timerKey(on(CLINIC, held(OTHER))));
  });
});

describe('a reception', () => {
  const reception = (toCome: ToCome | undefined) => toCome?.timers.filter(({ command }) => command.kind === 'finish-reception');

  it('that has not ended within a minute is finished for its sender', () => {
    expect(reception(after(on(REFERRAL, received()), on(REFERRAL, stratified())))).toMatchObject([
      { due: '2026-11-20T09:13:00.000Z', command: { referralId: OTHER } },
    ]);
  });

  it('has ended when the referral holds the need, which the stream of the person tells', () => {
    const claimed = on('person-northbank-1', { type: 'NeedClaimed', data: { referralId: OTHER, reference: 'X', separateNeed: false } });
    expect(timerKey(claimed)).toBe(REFERRAL);
    expect(reception(after(on(REFERRAL, received()), on(REFERRAL, stratified()), claimed))).toEqual([]);
  });

  it.each(['ReferralLinkedAsDuplicate', 'ReferralAccepted', 'ReferralWithdrawn'] as const)('has ended with %s', (type) => {
    expect(reception(after(on(REFERRAL, received()), on(REFERRAL, stratified()), on(REFERRAL, oneOfEach[type]))) ?? []).toEqual([]);
  });
});
