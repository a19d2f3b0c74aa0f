/** `waymark projections rebuild <name>`: builds a read model again beside the one that serves, compares the two, and swaps. */
import { wordsOfDifference, type TableDifference } from '@waymark/projections';
import { askRunner, type AskOptions } from '../ask-runner';
import type { Declare } from '../command-line';

export const declare: Declare = (command) =>
  void command
    .argument('<name>', 'waitlist, caseload, …: a name of waymark projections status')
    .description('Build a read model again from the log; the old rows serve until the new ones are whole')
    .option('--as <who>', 'who asks; your name on this machine if not given')
    .option('--json', 'as JSON')
    .action((projection: string, options: AskOptions) =>
      askRunner({ kind: 'rebuild', projection }, options, ({ result }) => {
        const found = JSON.parse(result ?? '{}') as { compared?: TableDifference };
        return `${projection} was rebuilt: ${wordsOfDifference(found)}`;
      }),
    );
