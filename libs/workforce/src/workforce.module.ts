/** The register of practitioners on Nest's command bus. */
import { Module } from '@nestjs/common';
import { COMMAND_LOOP, handlerFor, type CommandLoop, type Ran } from '@waymark/event-store';
import { derivedId, issueOf, streamName, type Outcome } from '@waymark/kernel';
import { practitioner, type Practitioner } from './practitioner';
import { RegisterPractitioner } from './practitioner.commands';

/** The stream, and so the practitioner's id, follows from the command: a retry registers nobody twice. */
export function registerPractitioner(command: RegisterPractitioner, loop: CommandLoop): Promise<Outcome<Ran<Practitioner | undefined>>> {
  const how = issueOf(command);
  const practitionerId = derivedId('practitioner', how.commandId);
  return loop.run({
    stream: streamName('practitioner', how.service, practitionerId),
    decider: practitioner,
    command,
    issue: how,
    context: () => ({ practitionerId }),
  });
}

@Module({ providers: [handlerFor(RegisterPractitioner, [COMMAND_LOOP], registerPractitioner)] })
export class WorkforceModule {}
