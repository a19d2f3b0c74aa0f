/** `waymark projections retry <name> <key>`: tries again what a parked row, or a stream of a reaction, waits for. */
import { askRunner, type AskOptions } from '../ask-runner';
import type { Declare } from '../command-line';

export const declare: Declare = (command) =>
  void command
    .argument('<name>', 'a read model or a reaction, as waymark projections parked names it')
    .argument('<key>', 'the key, from waymark projections parked')
    .description('Try the events that wait under a key again, in their order')
    .option('--as <who>', 'who asks; your name on this machine if not given')
    .option('--json', 'as JSON')
    .action((projection: string, key: string, options: AskOptions) =>
      askRunner({ kind: 'retry', projection, subject: key }, options, ({ kind }) =>
        kind === 'retry-reaction' ? 'Nothing waits there any more' : 'The row is up to date',
      ),
    );
