/** `waymark projections retry <name> <key>`: tries again what a parked row waits for. */
import { askRunner, type AskOptions } from '../ask-runner';
import type { Declare } from '../command-line';

export const declare: Declare = (command) =>
  void command
    .argument('<name>', 'waitlist, caseload, …: a name of waymark projections status')
    .argument('<key>', 'the key of the row, from waymark projections parked')
    .description('Try the events of a parked row again, in their order')
    .option('--as <who>', 'who asks; your name on this machine if not given')
    .option('--json', 'as JSON')
    .action((projection: string, key: string, options: AskOptions) =>
      askRunner({ kind: 'retry', projection, subject: key }, options, () => 'The row is up to date'),
    );
