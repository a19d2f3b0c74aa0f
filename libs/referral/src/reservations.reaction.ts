/** What a process that died would have done next with a slot: confirm it once its appointment is made, free it once that is over. */
import type { RecordedEvent } from '@waymark/kernel';
import type { Reaction } from '@waymark/projections';
import type { AppointmentEvent } from './appointments';
import { referralOf, type ReferralMachineCommand } from './machine.commands';
import type { ReferralStreamEvent } from './place';

type Booked = RecordedEvent<Extract<AppointmentEvent, { type: 'AppointmentBooked' }>>;

/** After these an appointment that was still ahead does not take place. */
const OVER: readonly ReferralStreamEvent['type'][] = [
  'AppointmentCancelledByPerson',
  'AppointmentCancelledByService',
  'ReferralWithdrawn',
  'ReferralEnteredInError',
  'DeathRecorded',
  'Discharged',
];

export const reservations: Reaction<ReferralMachineCommand> = {
  name: 'reservations',
  onAnotherLog: 'repeat',
  on: {
    AppointmentBooked(event: Booked) {
      const { bookingId, clinicStream, slot, start } = event.data;
      return [{ kind: 'confirm-slot', ...referralOf(event), bookingId, clinicStream, slot, start }];
    },
    ...Object.fromEntries(
      OVER.map((type) => [type, (event: RecordedEvent): ReferralMachineCommand[] => [{ kind: 'release-slots', ...referralOf(event) }]]),
    ),
  },
};
