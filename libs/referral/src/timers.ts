/** The timers of one held slot, and of one referral: what is still to come, by when, and what is then asked for. A pure fold of their events. */
import type { ClinicEvent } from '@waymark/clinics';
import { fold, idOf, streamName, type DomainEvent, type RecordedEvent } from '@waymark/kernel';
import type { PersonEvent } from '@waymark/people';
import type { Timer } from '@waymark/projections';
import type { ReferralMachineCommand } from './machine.commands';
import { place, type ReferralStreamEvent } from './place';
import type { Place } from './standing';
import { watchesOf } from './watchers';

export type ReferralTimer = Timer<ReferralMachineCommand>;

/** What one key has to come. */
export interface ToCome {
  readonly service: string;
  readonly timers: readonly ReferralTimer[];
  /** Of a referral, so that its next event finds it as it was; `null` for a held slot. */
  readonly referral: { readonly id: string; readonly place: Place; readonly unsettledFrom: string | null } | null;
}

type HoldEvent = Extract<ClinicEvent, { type: 'SlotHeld' | 'SlotConfirmed' | 'SlotReleased' }>;
type ClaimEvent = Extract<PersonEvent, { type: 'NeedClaimed' }>;
/** What the timers are made and removed by. */
export type TimedEvent = HoldEvent | ClaimEvent | ReferralStreamEvent;
type Recorded<E extends DomainEvent> = E extends DomainEvent ? RecordedEvent<E> : never;

/** A reception takes moments; one that has not ended after this is finished for its sender. */
const RECEPTION_MS = 60_000;

export const timerFolds: Readonly<Record<TimedEvent['type'], true>> = {
  SlotHeld: true,
  SlotConfirmed: true,
  SlotReleased: true,
  NeedClaimed: true,
  ...place.folds,
};

/** What an event is about: a booking, or a referral also where another stream tells of it. */
export function timerKey(event: RecordedEvent): string {
  if (isHold(event)) return `${event.stream} ${event.data.bookingId}`;
  return isClaim(event) ? streamName('referral', event.meta.service, event.data.referralId) : event.stream;
}

export function toComeAfter(before: ToCome | undefined, event: Recorded<TimedEvent>): ToCome | undefined {
  if (isHold(event)) return held(event);
  if (isClaim(event)) return before?.referral ? referralOf(event.meta.service, { ...before.referral, unsettledFrom: null }) : before;
  const now = fold<Place | undefined, ReferralStreamEvent>({ ...place, initial: before?.referral?.place }, [event]);
  if (!now || now.stage === 'ended') return undefined;
  const unsettledFrom = before?.referral ? before.referral.unsettledFrom : event.recordedAt;
  return referralOf(event.meta.service, { id: before?.referral?.id ?? idOf(event.stream), place: now, unsettledFrom });
}

/** Until it is confirmed or released; only a slot that stays held has anything to come. */
function held(event: Recorded<HoldEvent>): ToCome | undefined {
  if (event.type !== 'SlotHeld') return undefined;
  const { slot, bookingId, referralId, until } = event.data;
  const { service } = event.meta;
  const command = { kind: 'settle-hold' as const, service, referralId, bookingId, clinicStream: event.stream, slot };
  return { service, timers: [{ key: `hold ${bookingId}`, due: instant(until), command }], referral: null };
}

function referralOf(service: string, referral: NonNullable<ToCome['referral']>): ToCome {
  const { id: referralId, place, unsettledFrom } = referral;
  const timers: ReferralTimer[] = [];
  if (unsettledFrom !== null && !place.decided) {
    const due = instant(unsettledFrom, RECEPTION_MS);
    timers.push({ key: `reception ${referralId}`, due, command: { kind: 'finish-reception', service, referralId } });
  }
  for (const { watcher, told, since, thenLead } of watchesOf(place)) {
    const known = place.attention.find((each) => each.watcher === watcher);
    const command = { kind: 'tell' as const, service, referralId, watcher, since };
    if (!known) timers.push({ key: `${watcher} ${referralId}`, due: since, command: { ...command, told } });
    else if (thenLead && known.told !== 'lead' && known.leadFrom !== undefined) {
      timers.push({ key: `${watcher} lead ${referralId} ${since}`, due: instant(known.leadFrom), command: { ...command, told: 'lead' } });
    }
  }
  return { service, timers, referral };
}

function isHold(event: RecordedEvent): event is Recorded<HoldEvent> {
  return event.type === 'SlotHeld' || event.type === 'SlotConfirmed' || event.type === 'SlotReleased';
}

function isClaim(event: RecordedEvent): event is Recorded<ClaimEvent> {
  return event.type === 'NeedClaimed';
}

/** As text, so that it orders. */
function instant(time: string, later = 0): string {
  return new Date(Date.parse(time) + later).toISOString();
}
