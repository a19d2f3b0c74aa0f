/** `waymark projections pause <name>`: a read model stands still until it is resumed. */
import { askRunner, type AskOptions } from '../ask-runner';
import type { Declare } from '../command-line';

export const declare: Declare = (command) =>
  void command
    .argument('<name>', 'waitlist, caseload, …: a name of waymark projections status')
    .description('Let a read model stand still, also over a restart; its rows stay as they are')
    .option('--as <who>', 'who asks; your name on this machine if not given')
    .option('--json', 'as JSON')
    .action((projection: string, options: AskOptions) =>
      askRunner({ kind: 'pause', projection }, options, () => `${projection} stands still`),
    );
