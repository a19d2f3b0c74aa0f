/** Opening a session: who holds it must be known to the service; its slots are as long as the service's consultations unless it says otherwise. */
import type { CommandLoop, EventStore, Ran } from '@waymark/event-store';
import { derivedId, issueOf, reject, streamName, type Outcome } from '@waymark/kernel';
import type { Configuration } from '@waymark/rules';
import { practitionerOf } from '@waymark/workforce';
import { clinicDay, clinicStream, isClinicCode, type ClinicDay } from './clinic-day';
import type { OpenClinicSession } from './clinic.commands';

export interface Sessions {
  readonly loop: CommandLoop;
  readonly store: EventStore;
  readonly configuration: Pick<Configuration, 'current'>;
}

export async function openSession(session: OpenClinicSession, { loop, store, configuration }: Sessions): Promise<Outcome<Ran<ClinicDay>>> {
  const how = issueOf(session);
  const { clinic, date, practitioner } = session;
  if (!isClinicCode(clinic)) {
    return reject('invalid', 'A clinic is named by 2 to 40 of a-z, 0-9 and hyphens, for example quayside-ot', '/clinic');
  }
  if (!practitionerOf(await store.read(streamName('practitioner', how.service, practitioner)))) {
    return reject('unknown-practitioner', 'No practitioner of this service has this id; /api/v1/practitioners lists them', '/practitioner');
  }
  const { consultations } = (await configuration.current(how.service)).settingsOn(date);
  return loop.run({
    stream: clinicStream(how.service, clinic, date),
    decider: clinicDay,
    command: {
      kind: 'open-session',
      session,
      sessionId: derivedId('session', how.commandId),
      slotMinutes: session.slotMinutes ?? consultations.minutes,
    },
    issue: how,
    context: (now) => ({ now }),
  });
}
