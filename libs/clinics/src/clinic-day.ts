/** One clinic on one day: its sessions, and each slot free, held or taken. The only place where a slot can be lost or won. */
import {
  defineEvents,
  fold,
  londonInstant,
  reject,
  streamName,
  type Decider,
  type Decision,
  type DomainEvent,
  type EventOf,
  type Rejection,
} from '@waymark/kernel';
import { z } from 'zod';
import type { OpenClinicSession } from './clinic.commands';

/** Which appointments a session may offer; the same codes as an appointment's type. */
export const SESSION_TYPES = ['first', 'follow-up', 'home-visit', 'telephone', 'video'] as const;

const CLINIC = '[a-z0-9][a-z0-9-]{0,38}[a-z0-9]';
const SLOT = new RegExp(`^(${CLINIC})\\.(\\d{4}-\\d{2}-\\d{2})\\.([0-2]\\d[0-5]\\d)\\.([1-9]\\d{0,3})$`);

const instant = z.iso.datetime();
/**
 * `<clinic>.<date>.<London time, HHMM>.<n>`, n counting the slots of that clinic day. It tells the stream that it is
 * in, so that a booking needs no read model to find its slot.
 */
const slotId = z.string().regex(SLOT);

export const clinicEvents = defineEvents({
  ClinicSessionOpened: z.strictObject({
    /** Of the command that opened it. */
    sessionId: z.uuid(),
    clinic: z.string(),
    place: z.string(),
    date: z.iso.date(),
    practitionerId: z.uuid(),
    types: z.array(z.string()),
    slots: z.array(z.strictObject({ id: slotId, start: instant, end: instant })),
  }),
  /** Reserved for a booking that is being made; after `until` the booking is abandoned and the slot freed. */
  SlotHeld: z.strictObject({ slot: slotId, bookingId: z.uuid(), referralId: z.uuid(), until: instant }),
  SlotConfirmed: z.strictObject({ slot: slotId, bookingId: z.uuid() }),
  SlotReleased: z.strictObject({ slot: slotId, bookingId: z.uuid(), because: z.enum(['refused', 'abandoned', 'cancelled', 'ended']) }),
});
export type ClinicEvent = EventOf<typeof clinicEvents>;
type EventNamed<Type extends ClinicEvent['type']> = Extract<ClinicEvent, { type: Type }>;

export type Session = Omit<EventNamed<'ClinicSessionOpened'>['data'], 'slots'> & { readonly start: string; readonly end: string };

/** Who has a slot: until a moment, or for good. */
export interface Holder {
  readonly bookingId: string;
  readonly referralId: string;
  readonly until: string;
  readonly confirmed: boolean;
}

export interface Slot {
  readonly id: string;
  readonly start: string;
  readonly end: string;
  readonly session: Session;
  /** Absent = free. */
  readonly holder?: Holder;
}

export interface ClinicDay {
  readonly sessions: readonly Session[];
  readonly slots: ReadonlyMap<string, Slot>;
}

export type ClinicAsk =
  | { readonly kind: 'open-session'; readonly session: OpenClinicSession; readonly sessionId: string; readonly slotMinutes: number }
  | { readonly kind: 'hold-slot'; readonly slot: string; readonly bookingId: string; readonly referralId: string; readonly until: string }
  | { readonly kind: 'confirm-slot'; readonly slot: string; readonly bookingId: string }
  | {
      readonly kind: 'release-slot';
      readonly slot: string;
      readonly bookingId: string;
      readonly because: EventNamed<'SlotReleased'>['data']['because'];
    };

export const clinicDay: Decider<ClinicDay, ClinicAsk, ClinicEvent, ClinicEvent, { readonly now: string }> = {
  name: 'clinic-day',
  folds: { ClinicSessionOpened: true, SlotHeld: true, SlotConfirmed: true, SlotReleased: true },
  initial: { sessions: [], slots: new Map() },
  evolve(day, event) {
    switch (event.type) {
      case 'ClinicSessionOpened': {
        const { slots, ...opened } = event.data;
        const session = { ...opened, start: slots[0]?.start ?? '', end: slots.at(-1)?.end ?? '' };
        return {
          sessions: [...day.sessions, session],
          slots: new Map([...day.slots, ...slots.map((slot): [string, Slot] => [slot.id, { ...slot, session }])]),
        };
      }
      case 'SlotHeld': {
        const { slot, bookingId, referralId, until } = event.data;
        return withHolder(day, slot, { bookingId, referralId, until, confirmed: false });
      }
      case 'SlotConfirmed': {
        const holder = day.slots.get(event.data.slot)?.holder;
        return withHolder(day, event.data.slot, holder && { ...holder, confirmed: true });
      }
      case 'SlotReleased':
        return withHolder(day, event.data.slot, undefined);
    }
  },
  decide(command, day, { now }) {
    switch (command.kind) {
      case 'open-session':
        return open(command, day, now);
      case 'hold-slot':
        return hold(command, day.slots.get(command.slot), now);
      case 'confirm-slot': {
        const holder = day.slots.get(command.slot)?.holder;
        if (holder?.bookingId !== command.bookingId) return reject('slot-taken', 'This booking does not hold that slot');
        return holder.confirmed ? [] : [{ type: 'SlotConfirmed', data: { slot: command.slot, bookingId: command.bookingId } }];
      }
      case 'release-slot': {
        const { slot, bookingId, because } = command;
        if (day.slots.get(slot)?.holder?.bookingId !== bookingId) return [];
        return [{ type: 'SlotReleased', data: { slot, bookingId, because } }];
      }
    }
  },
};

export function clinicDayOf(events: Iterable<DomainEvent>): ClinicDay {
  return fold(clinicDay, events);
}

/** A hold that nobody confirmed in time. Only the referral can say whether its booking was made. */
export function isExpired(holder: Holder, now: string): boolean {
  return !holder.confirmed && Date.parse(holder.until) <= Date.parse(now);
}

export function clinicStream(service: string, clinic: string, date: string): string {
  return streamName('clinic', service, `${clinic}-${date}`);
}

/** The stream that a slot is in; `undefined` when the id is not that of a slot. */
export function clinicStreamOf(service: string, slot: string): string | undefined {
  const [, clinic, date] = SLOT.exec(slot) ?? [];
  return clinic !== undefined && date !== undefined ? clinicStream(service, clinic, date) : undefined;
}

export function isClinicCode(text: string): boolean {
  return new RegExp(`^${CLINIC}$`).test(text);
}

function open(
  { session, sessionId, slotMinutes }: Extract<ClinicAsk, { kind: 'open-session' }>,
  day: ClinicDay,
  now: string,
): Decision<EventNamed<'ClinicSessionOpened'>> {
  const { clinic, place, date, practitioner: practitionerId, types } = session;
  const start = Date.parse(londonInstant(date, session.start));
  const end = Date.parse(londonInstant(date, session.end));
  if (end <= start) return reject('invalid', 'A session ends after it starts, on the same day', '/end');
  if (start <= Date.parse(now)) return reject('in-the-past', 'A session is opened before it starts; choose a later date or time', '/date');
  const length = slotMinutes * 60_000;
  const count = Math.floor((end - start) / length);
  if (count === 0) return reject('invalid', 'The session is shorter than one slot', '/slotMinutes');
  const clash = day.sessions.find(
    (other) =>
      (other.practitionerId === practitionerId || other.place === place) && Date.parse(other.start) < end && start < Date.parse(other.end),
  );
  if (clash) {
    return clash.practitionerId === practitionerId
      ? reject('session-overlaps', 'This practitioner already has a session at that time; choose another time', '/practitioner')
      : reject('session-overlaps', 'There is already a session in this place at that time; choose another place or time', '/place');
  }
  const slots = Array.from({ length: count }, (_, index) => {
    const from = new Date(start + index * length).toISOString();
    const n = day.slots.size + index + 1;
    return {
      id: `${clinic}.${date}.${clockTime(session.start, index * slotMinutes)}.${n}`,
      start: from,
      end: new Date(start + (index + 1) * length).toISOString(),
    };
  });
  return [{ type: 'ClinicSessionOpened', data: { sessionId, clinic, place, date, practitionerId, types: [...types], slots } }];
}

function hold(
  { slot, bookingId, referralId, until }: Extract<ClinicAsk, { kind: 'hold-slot' }>,
  found: Slot | undefined,
  now: string,
): Decision<EventNamed<'SlotHeld'>> {
  if (!found) return unknownSlot();
  const { holder } = found;
  if (!holder) return [{ type: 'SlotHeld', data: { slot, bookingId, referralId, until } }];
  if (holder.bookingId === bookingId) return [];
  return isExpired(holder, now)
    ? reject('slot-hold-expired', 'Another booking held this slot and did not finish; it is settled first, then try again', '/slot')
    : slotTaken();
}

export function slotTaken(): Rejection {
  return reject('slot-taken', 'Somebody else has this slot; choose another from /api/v1/slots', '/slot');
}

export function unknownSlot(): Rejection {
  return reject('unknown-slot', 'There is no such slot; choose one from /api/v1/slots', '/slot');
}

function withHolder(day: ClinicDay, slotId: string, holder: Holder | undefined): ClinicDay {
  const slot = day.slots.get(slotId);
  if (!slot) return day;
  const { holder: _, ...free } = slot;
  return { ...day, slots: new Map(day.slots).set(slotId, holder ? { ...free, holder } : free) };
}

/** `09:00` and 90 minutes: `1030`. */
function clockTime(start: string, minutesLater: number): string {
  const minutes = Number(start.slice(0, 2)) * 60 + Number(start.slice(3)) + minutesLater;
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}${String(minutes % 60).padStart(2, '0')}`;
}
