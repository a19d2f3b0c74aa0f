/** `waymark projections skip <name> <event id> --reason`: a read model, or a reaction, passes over one event, for ever. */
import { Ended, WRONG_INPUT, type Declare } from '../command-line';
import { askRunner, type AskOptions } from '../ask-runner';

export const declare: Declare = (command) =>
  void command
    .argument('<name>', 'a read model or a reaction, as waymark projections parked names it')
    .argument('<event id>', 'the event, from waymark projections parked')
    .description('Pass over an event that a read model or a reaction cannot deal with; later versions and rebuilds pass over it too')
    .requiredOption('--reason <why>', 'why; kept in state.db')
    .option('--as <who>', 'who asks; your name on this machine if not given')
    .option('--json', 'as JSON')
    .action((projection: string, eventId: string, { reason, ...options }: AskOptions & { reason: string }) => {
      if (reason.trim() === '') throw new Ended(WRONG_INPUT, '--reason: say why the event is passed over');
      return askRunner(
        { kind: 'skip', projection, subject: eventId, reason },
        options,
        ({ kind }) => `The event is passed over, and ${kind === 'skip-reaction' ? 'what waited behind it' : 'the row'} goes on`,
      );
    });
