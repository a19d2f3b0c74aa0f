/** `waymark projections drop <name> <version>`: removes the table of a version that no longer runs. */
import { Ended, WRONG_INPUT, type Declare } from '../command-line';
import { askRunner, type AskOptions } from '../ask-runner';

export const declare: Declare = (command) =>
  void command
    .argument('<name>', 'waitlist, caseload, …')
    .argument('<version>', 'a version that waymark projections status lists as kept')
    .description('Remove the table of an older version; after that the way back to its release is a rebuild')
    .option('--as <who>', 'who asks; your name on this machine if not given')
    .option('--json', 'as JSON')
    .action((projection: string, version: string, options: AskOptions) => {
      if (!/^[1-9]\d{0,5}$/.test(version)) throw new Ended(WRONG_INPUT, 'version: a whole number');
      return askRunner({ kind: 'drop', projection, subject: version }, options, () => `${projection} version ${version} is gone`);
    });
