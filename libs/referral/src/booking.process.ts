/**
 * Booking, in three appends to two streams, each safe to send again: the slot is held, the referral decides, the slot is
 * confirmed. A slot passes to another booking only after the referral has recorded that this one can no longer be made,
 * or that its appointment is over; so it is never booked twice, wherever a process dies.
 */
import { clinicStreamOf, isExpired, slotTaken, unknownSlot, type ClinicDay } from '@waymark/clinics';
import type { Clock, CommandLoop, EventStore, Ran } from '@waymark/event-store';
import {
  derivedId,
  isRejection,
  issueOf,
  londonDate,
  reject,
  streamName,
  type Decision,
  type DomainEvent,
  type Issue,
  type Outcome,
  type RecordedEvent,
  type Rejection,
} from '@waymark/kernel';
import type { Configuration } from '@waymark/rules';
import { isOccupationalTherapist, mayDecide } from '@waymark/workforce';
import { aboutPerson, actorNeeded, bySystem } from './about-referral';
import {
  appointments,
  type AppointmentAsk,
  type AppointmentContext,
  type AppointmentEvent,
  type Appointments,
  type OfferedSlot,
} from './appointments';
import { cancelBearing, type Book, type Cancel, type RecordAttendance } from './appointments.commands';
import { ClinicSlots, stepOf, type Booking, type Release } from './clinic-slots';
import { look, serviceOf } from './look';
import type { BookingNamed } from './machine.commands';
import { placeOf } from './place';
import type { Place, PlacedAppointment } from './standing';
import { barredNow, practitionerIn } from './practitioners';

/** How often a slot whose holder did not finish is settled and asked for again, when others ask for the same. */
const TRIES = 5;

export interface BookingsOptions {
  readonly loop: CommandLoop;
  readonly store: EventStore;
  readonly configuration: Pick<Configuration, 'current'>;
  readonly clock: Clock;
}

export class Bookings {
  private readonly slots: ClinicSlots;

  constructor(private readonly options: BookingsOptions) {
    this.slots = new ClinicSlots(options.loop);
  }

  async book(command: Book): Promise<Outcome<Ran<Appointments>>> {
    const how = issueOf(command);
    if (how.actor.kind !== 'practitioner') return actorNeeded();
    const { referralId, slot } = command;
    const clinic = clinicStreamOf(how.service, slot);
    const offered = clinic === undefined ? undefined : (await this.slots.dayOf(clinic)).slots.get(slot);
    if (clinic === undefined || !offered) return unknownSlot();
    const booking = { id: derivedId('booking', how.commandId, referralId, slot), service: how.service, referralId, clinic, slot };
    const { start, end, session } = offered;
    const { place, practitionerId, types } = session;
    const ask: AppointmentAsk = {
      kind: 'book',
      body: command,
      bookingId: booking.id,
      slot: { clinicStream: clinic, id: slot, start, end, place, practitionerId, types },
    };

    // Asked first without doing it, so that a refusal leaves nothing behind and a repeat is recognised.
    const asked = await this.onReferral(booking, ask, how, { onlyAsk: true });
    if (isRejection(asked)) return asked;
    if (asked.events.length > 0) return isMade(booking, asked) ? this.confirmed(booking, how, asked) : asked;

    const held = await this.hold(booking, how);
    if (isRejection(held)) return held;
    const made = await this.onReferral(booking, ask, how);
    if (!isRejection(made) && isMade(booking, made)) return this.confirmed(booking, how, made);
    // Nothing was decided: the hold waits for the same request to be sent again, or runs out.
    if (isRejection(made) && made.code === 'lost-race') return made;
    const settled = await this.settle(booking, 'refused', how);
    return settled === 'given-up' || settled === 'undecided' ? made : this.book(command);
  }

  async cancel(command: Cancel): Promise<Outcome<Ran<Appointments>>> {
    const how = issueOf(command);
    if (how.actor.kind === 'public') return actorNeeded();
    const about = { service: how.service, referralId: command.referralId };
    const ran = await this.onReferral(about, { kind: 'cancel', body: command }, how, { dependsOn: cancelBearing.dependsOn });
    if (!isRejection(ran)) await this.releaseSlots(command.referralId, ran.history, how);
    return ran;
  }

  async recordAttendance(command: RecordAttendance): Promise<Outcome<Ran<Appointments>>> {
    const how = issueOf(command);
    if (how.actor.kind !== 'practitioner') return actorNeeded();
    return this.onReferral({ service: how.service, referralId: command.referralId }, { kind: 'record-attendance', body: command }, how);
  }

  /** After whatever cancels or ends: the slots of appointments that will not take place are free again. */
  async releaseSlots(referralId: string, history: Iterable<DomainEvent>, how: Issue): Promise<void> {
    for (const appointment of placeOf(history)?.appointments ?? []) await this.releaseIfAhead(referralId, appointment, how);
  }

  /** The same, where nobody has the history at hand. A refusal says that it is to be tried again. */
  async release({ service, referralId }: Pick<Booking, 'service' | 'referralId'>, how: Issue): Promise<Outcome<unknown>> {
    const { place } = (await look(this.options.loop, referralStream({ service, referralId }), appointments)).state;
    for (const appointment of place?.appointments ?? []) {
      const released = await this.releaseIfAhead(referralId, appointment, { ...how, service });
      if (released && isRejection(released)) return released;
    }
    return undefined;
  }

  /** A slot whose appointment is made is no longer only held. One that is over, or past, needs nothing. */
  async confirm({ start, ...named }: BookingNamed & { readonly start: string }, how: Issue): Promise<Outcome<unknown>> {
    if (Date.parse(start) <= this.options.clock().getTime()) return undefined;
    const booking = bookingOf(named);
    const confirmed = await this.slots.confirm(booking, how);
    if (!isRejection(confirmed)) return confirmed;
    return (await this.statusOf(booking)) === 'booked' ? confirmed : undefined;
  }

  /** A hold has run out: given up and its slot freed, or made and its slot confirmed. A refusal says that it is to be tried again. */
  async settleHold(named: BookingNamed, how: Issue): Promise<Outcome<unknown>> {
    const settled = await this.settle(bookingOf(named), 'abandoned', how);
    return settled === 'undecided' ? lostRace() : undefined;
  }

  private async hold(booking: Booking, how: Issue): Promise<Outcome<Ran<ClinicDay>>> {
    const { settingsOn } = await this.options.configuration.current(booking.service);
    for (let tries = 1; ; tries++) {
      const now = this.options.clock();
      const minutes = settingsOn(londonDate(now.toISOString())).holdMinutes;
      const until = new Date(now.getTime() + minutes * 60_000).toISOString();
      const held = await this.slots.hold(booking, until, how);
      if (!isRejection(held) || held.code !== 'slot-hold-expired') return held;
      if (tries === TRIES) return slotTaken();
      await this.settleExpired(booking.clinic, now.toISOString());
    }
  }

  /** Somebody wants a slot of this day whose holder did not finish. */
  private async settleExpired(clinic: string, now: string): Promise<void> {
    const service = serviceOf(clinic);
    for (const { id: slot, holder } of (await this.slots.dayOf(clinic)).slots.values()) {
      if (!holder || !isExpired(holder, now)) continue;
      const { bookingId: id, referralId } = holder;
      await this.settle({ id, service, referralId, clinic, slot }, 'abandoned', bySystem(service, derivedId('settle', id)));
    }
  }

  /** The appointment stands whatever becomes of this append: what is not confirmed now is confirmed when its hold runs out. */
  private async confirmed(booking: Booking, how: Issue, ran: Ran<Appointments>): Promise<Ran<Appointments>> {
    await this.slots.confirm(booking, how);
    return ran;
  }

  /** The referral's last word on a booking: given up and its slot freed; or made, and its slot confirmed, or freed when it is over. */
  private async settle(booking: Booking, because: Release, how: Issue): Promise<'given-up' | 'made' | 'over' | 'undecided'> {
    const abandoned = await this.onReferral(
      booking,
      { kind: 'abandon-booking', bookingId: booking.id },
      stepOf(how, 'abandon', booking.id),
    );
    if (!isRejection(abandoned)) {
      await this.slots.free(booking, because, how);
      return 'given-up';
    }
    if (abandoned.code !== 'already-booked') return 'undecided';
    if (await this.releaseIfOver(booking, await this.statusOf(booking), how)) return 'over';
    await this.slots.confirm(booking, how);
    return 'made';
  }

  private async statusOf(booking: Booking): Promise<PlacedAppointment['status'] | undefined> {
    const { state } = await look(this.options.loop, referralStream(booking), appointments);
    return state.place?.appointments.find(({ id }) => id === booking.id)?.status;
  }

  private async releaseIfAhead(
    referralId: string,
    { id, clinicStream: clinic, slot, start, status }: PlacedAppointment,
    how: Issue,
  ): Promise<Outcome<unknown>> {
    if (Date.parse(start) <= this.options.clock().getTime()) return undefined;
    return this.releaseIfOver({ id, service: how.service, referralId, clinic, slot }, status, how);
  }

  /** `undefined` = the appointment stands. */
  private async releaseIfOver(
    booking: Booking,
    status: PlacedAppointment['status'] | undefined,
    how: Issue,
  ): Promise<Outcome<Ran<ClinicDay>> | undefined> {
    if (status !== 'cancelled' && status !== 'released') return undefined;
    return this.slots.free(booking, status === 'cancelled' ? 'cancelled' : 'ended', how);
  }

  private async onReferral(
    about: Pick<Booking, 'service' | 'referralId'>,
    ask: AppointmentAsk,
    how: Issue,
    { onlyAsk = false, dependsOn }: { readonly onlyAsk?: boolean; readonly dependsOn?: readonly string[] } = {},
  ): Promise<Outcome<Ran<Appointments>>> {
    return this.options.loop.run({
      stream: referralStream(about),
      decider: onlyAsk ? { ...appointments, decide: (...asked) => refusalIn(appointments.decide(...asked)) } : appointments,
      command: ask,
      issue: how,
      context: (now, history) => this.contextOf(ask, how, now, history),
      ...(dependsOn ? { dependsOn } : {}),
    });
  }

  private async contextOf(ask: AppointmentAsk, how: Issue, now: string, history: readonly RecordedEvent[]): Promise<AppointmentContext> {
    const { store, configuration } = this.options;
    const { settingsOn, codes, calendar } = await configuration.current(how.service);
    const { bookingHorizonDays, watch } = settingsOn(londonDate(now));
    const place = placeOf(history);
    const booked = ask.kind === 'record-attendance' ? place?.appointments.find(({ id }) => id === ask.body.appointment) : undefined;
    const seenBy = booked && (await practitionerIn(store, how.service, booked.practitionerId));
    return {
      now,
      horizonDays: bookingHorizonDays,
      attendanceDue: (end) => calendar.endOfService(calendar.addWorkingDays(londonDate(end), watch.attendanceWorkingDays)),
      permitted:
        ask.kind === 'book' ? ((await barredNow(store, how, place, now)) ?? (await this.barredThen(ask.slot, how, place))) : undefined,
      counts: !seenBy || isOccupationalTherapist(seenBy),
      isCancelReason: (by, reason) => codes.find('cancel', reason)?.by === by,
    };
  }

  /** Whoever holds the session must be registered on its day, and see such people. */
  private async barredThen(slot: OfferedSlot, { service }: Issue, place: Place | undefined): Promise<Rejection | undefined> {
    const clinician = await practitionerIn(this.options.store, service, slot.practitionerId);
    return mayDecide(clinician, place ? aboutPerson(place) : {}, londonDate(slot.start));
  }
}

/** The answer may be that of a request that came with the same key for another slot. */
function isMade({ id }: Booking, { state }: Ran<Appointments>): boolean {
  return state.place?.appointments.some((appointment) => appointment.id === id) ?? false;
}

/** Of a decision only whether it is refused. */
function refusalIn(decision: Decision<AppointmentEvent>): Decision<AppointmentEvent> {
  return isRejection(decision) ? decision : [];
}

function bookingOf({ bookingId: id, service, referralId, clinicStream: clinic, slot }: BookingNamed): Booking {
  return { id, service, referralId, clinic, slot };
}

function lostRace(): Rejection {
  return reject('lost-race', 'Others kept changing this at the same time; it is settled later');
}

function referralStream({ service, referralId }: Pick<Booking, 'service' | 'referralId'>): string {
  return streamName('referral', service, referralId);
}
