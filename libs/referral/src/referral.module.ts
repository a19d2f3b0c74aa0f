/** Referrals for a Nest application: one handler a command, and the processes behind them. */
import { Module, type InjectionToken, type Provider, type Type } from '@nestjs/common';
import { CLOCK, COMMAND_LOOP, EVENT_STORE, handlerFor, type Clock, type CommandLoop, type EventStore } from '@waymark/event-store';
import { ApproveErasure, CancelErasure, CarryOutErasure, People, PlaceLegalHold, ReleaseLegalHold, RequestErasure } from '@waymark/people';
import { Configuration } from '@waymark/rules';
import { Book, Cancel, RecordAttendance } from './appointments.commands';
import { WatchKeeper } from './attention.process';
import { Bookings } from './booking.process';
import { Care } from './care.process';
import { Desk } from './desk.process';
import { Discharge } from './discharge.commands';
import { MachineWork } from './machine.process';
import { RecordMeasure, StartTreatment } from './plan.commands';
import { Erasures } from './erasure.process';
import { Reception } from './receive.process';
import { AddInformation, EnterInError, ReceiveReferral, RecordDeath, Withdraw } from './referral.commands';
import { Accept, Claim, Decline, Redirect, ReturnWithAdvice } from './triage.commands';

const processes: Provider[] = [
  {
    provide: Bookings,
    inject: [COMMAND_LOOP, EVENT_STORE, Configuration, CLOCK],
    useFactory: (loop: CommandLoop, store: EventStore, configuration: Configuration, clock: Clock) =>
      new Bookings({ loop, store, configuration, clock }),
  },
  {
    provide: Reception,
    inject: [COMMAND_LOOP, People, Configuration, CLOCK],
    useFactory: (loop: CommandLoop, people: People, configuration: Configuration, clock: Clock) =>
      new Reception({ loop, people, configuration, clock }),
  },
  {
    provide: Desk,
    inject: [COMMAND_LOOP, EVENT_STORE, Configuration, Bookings, CLOCK],
    useFactory: (loop: CommandLoop, store: EventStore, configuration: Configuration, bookings: Bookings, clock: Clock) =>
      new Desk({ loop, store, configuration, bookings, clock }),
  },
  {
    provide: Care,
    inject: [COMMAND_LOOP, EVENT_STORE, Configuration, Bookings],
    useFactory: (loop: CommandLoop, store: EventStore, configuration: Configuration, bookings: Bookings) =>
      new Care({ loop, store, configuration, bookings }),
  },
  {
    provide: Erasures,
    inject: [COMMAND_LOOP, EVENT_STORE, People, Configuration, CLOCK],
    useFactory: (loop: CommandLoop, store: EventStore, people: People, configuration: Configuration, clock: Clock) =>
      new Erasures({ loop, store, people, configuration, clock }),
  },
  {
    provide: MachineWork,
    inject: [Bookings, Reception, COMMAND_LOOP, Configuration],
    useFactory: (bookings: Bookings, reception: Reception, loop: CommandLoop, configuration: Configuration) =>
      new MachineWork({ bookings, reception, watch: new WatchKeeper({ loop, configuration }) }),
  },
];

function by<Process, Command extends object>(
  process: InjectionToken<Process>,
  command: Type<Command>,
  carryOut: (process: Process, command: Command) => Promise<unknown>,
): Type {
  return handlerFor<Command, [Process], unknown>(command, [process], (issued, found) => carryOut(found, issued));
}

const handlers = [
  by(Reception, ReceiveReferral, (reception, command) => reception.receive(command)),
  by(Desk, Claim, (desk, command) => desk.claim(command)),
  by(Desk, Accept, (desk, command) => desk.accept(command)),
  by(Desk, ReturnWithAdvice, (desk, command) => desk.returnWithAdvice(command)),
  by(Desk, Redirect, (desk, command) => desk.redirect(command)),
  by(Desk, Decline, (desk, command) => desk.decline(command)),
  by(Desk, AddInformation, (desk, command) => desk.addInformation(command)),
  by(Desk, Withdraw, (desk, command) => desk.withdraw(command)),
  by(Desk, EnterInError, (desk, command) => desk.enterInError(command)),
  by(Desk, RecordDeath, (desk, command) => desk.recordDeath(command)),
  by(Bookings, Book, (bookings, command) => bookings.book(command)),
  by(Bookings, Cancel, (bookings, command) => bookings.cancel(command)),
  by(Bookings, RecordAttendance, (bookings, command) => bookings.recordAttendance(command)),
  by(Care, StartTreatment, (care, command) => care.startTreatment(command)),
  by(Care, RecordMeasure, (care, command) => care.recordMeasure(command)),
  by(Care, Discharge, (care, command) => care.discharge(command)),
  by(Erasures, RequestErasure, (erasures, command) => erasures.request(command)),
  by(Erasures, ApproveErasure, (erasures, command) => erasures.approve(command)),
  by(Erasures, CancelErasure, (erasures, command) => erasures.cancel(command)),
  by(Erasures, CarryOutErasure, (erasures, command) => erasures.carryOut(command)),
  by(Erasures, PlaceLegalHold, (erasures, command) => erasures.placeHold(command)),
  by(Erasures, ReleaseLegalHold, (erasures, command) => erasures.releaseHold(command)),
];

@Module({ providers: [...processes, ...handlers], exports: [Reception, Bookings, Desk, Care, Erasures, MachineWork] })
export class ReferralModule {}
