/** Carries out what reactions and timers ask for, each by the process that would have done it. */
import type { Issue, Outcome } from '@waymark/kernel';
import type { CarryOut } from '@waymark/projections';
import type { WatchKeeper } from './attention.process';
import type { Bookings } from './booking.process';
import type { ReferralMachineCommand } from './machine.commands';
import type { Reception } from './receive.process';

export interface MachineWorkOptions {
  readonly bookings: Bookings;
  readonly watch: WatchKeeper;
  readonly reception: Pick<Reception, 'finish'>;
}

export class MachineWork {
  constructor(private readonly options: MachineWorkOptions) {}

  readonly carryOut: CarryOut<ReferralMachineCommand> = (command, how) => this.work(command, how);

  private work(command: ReferralMachineCommand, how: Issue): Promise<Outcome<unknown>> {
    const { bookings, reception, watch } = this.options;
    switch (command.kind) {
      case 'confirm-slot':
        return bookings.confirm(command, how);
      case 'settle-hold':
        return bookings.settleHold(command, how);
      case 'release-slots':
        return bookings.release(command, how);
      case 'finish-reception':
        return reception.finish(command);
      case 'tell':
        return watch.tell(command, how);
    }
  }
}
