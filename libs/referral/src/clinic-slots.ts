/** The clinic's side of a booking: its slot is held, confirmed and released, each step safe to send again. */
import { clinicDay, type ClinicAsk, type ClinicDay } from '@waymark/clinics';
import type { CommandLoop, Ran } from '@waymark/event-store';
import { derivedId, type Issue, type Outcome } from '@waymark/kernel';
import { look } from './look';

/** A slot on its way to an appointment. */
export interface Booking {
  readonly id: string;
  readonly service: string;
  readonly referralId: string;
  readonly clinic: string;
  readonly slot: string;
}
export type Release = Extract<ClinicAsk, { kind: 'release-slot' }>['because'];

export class ClinicSlots {
  /** In one process the callers of one clinic day take turns instead of losing races to each other. */
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(private readonly loop: CommandLoop) {}

  async dayOf(clinic: string): Promise<ClinicDay> {
    return (await look(this.loop, clinic, clinicDay)).state;
  }

  /** `until` is a UTC instant. */
  hold({ id: bookingId, referralId, slot, clinic }: Booking, until: string, how: Issue): Promise<Outcome<Ran<ClinicDay>>> {
    return this.onDay(clinic, { kind: 'hold-slot', slot, bookingId, referralId, until }, how);
  }

  confirm({ id: bookingId, slot, clinic }: Booking, how: Issue): Promise<Outcome<Ran<ClinicDay>>> {
    return this.onDay(clinic, { kind: 'confirm-slot', slot, bookingId }, how);
  }

  free({ id: bookingId, slot, clinic }: Booking, because: Release, how: Issue): Promise<Outcome<Ran<ClinicDay>>> {
    return this.onDay(clinic, { kind: 'release-slot', slot, bookingId, because }, how);
  }

  private onDay(clinic: string, ask: SlotAsk, how: Issue): Promise<Outcome<Ran<ClinicDay>>> {
    const step = () =>
      this.loop.run({
        stream: clinic,
        decider: clinicDay,
        command: ask,
        issue: stepOf(how, ask.kind, ask.bookingId),
        context: (now) => ({ now }),
      });
    const mine = (this.turns.get(clinic) ?? Promise.resolve()).then(step, step);
    const done = () => void (this.turns.get(clinic) === mine && this.turns.delete(clinic));
    this.turns.set(clinic, mine);
    mine.then(done, done);
    return mine;
  }
}

type SlotAsk = Extract<ClinicAsk, { readonly bookingId: string }>;

/** A step of a booking has an id of its own, so that each is recognised when it is sent again. It happens once for a booking at most. */
export function stepOf({ service, actor, correlationId, causationId, channel }: Issue, step: string, bookingId: string): Issue {
  return {
    service,
    actor,
    correlationId,
    ...(causationId === undefined ? {} : { causationId }),
    channel,
    commandId: derivedId(step, bookingId),
  };
}
