/** Clinics on Nest's command bus. */
import { Module } from '@nestjs/common';
import { COMMAND_LOOP, EVENT_STORE, handlerFor, type CommandLoop, type EventStore } from '@waymark/event-store';
import { Configuration } from '@waymark/rules';
import { OpenClinicSession } from './clinic.commands';
import { openSession } from './session.process';

@Module({
  providers: [
    handlerFor(
      OpenClinicSession,
      [COMMAND_LOOP, EVENT_STORE, Configuration],
      (session, loop: CommandLoop, store: EventStore, configuration: Configuration) => openSession(session, { loop, store, configuration }),
    ),
  ],
})
export class ClinicsModule {}
