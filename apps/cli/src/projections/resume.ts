/** `waymark projections resume <name>`: a read model goes on. */
import { askRunner, type AskOptions } from '../ask-runner';
import type { Declare } from '../command-line';

export const declare: Declare = (command) =>
  void command
    .argument('<name>', 'waitlist, caseload, …: a name of waymark projections status')
    .description('Let a read model go on that was paused, or had stopped')
    .option('--as <who>', 'who asks; your name on this machine if not given')
    .option('--json', 'as JSON')
    .action((projection: string, options: AskOptions) => askRunner({ kind: 'resume', projection }, options, () => `${projection} goes on`));
