/** `waymark backup`: the log and the state to one folder, the keys to another, while the server goes on. */
import { backUp } from '@waymark/doors';
import { Ended, environment, existingFolder, print, say, tell, WRONG_INPUT, type Declare } from './command-line';

export const declare: Declare = (command) =>
  void command
    .description('Back up the data folder; a server may be running')
    .requiredOption('--to <folder>', 'a new folder for log and state')
    .option('--keys-to <folder>', 'another new folder for the keys of people and the master key')
    .option('--json', 'as JSON')
    .action(async ({ to, keysTo, json }: { to: string; keysTo?: string; json?: boolean }) => {
      // Two backups of two moments would say less than nothing about each other.
      if (environment().logServer !== undefined)
        throw new Ended(
          WRONG_INPUT,
          'backup copies a log that is a file: back this one up with the means of its server, and, with Waymark stopped, copy state.db, and keys.db and master.key elsewhere',
        );
      const { dataFolder, masterKey } = existingFolder();
      const { backup, witness, files, keys } = await backUp({
        folder: dataFolder,
        to,
        at: new Date(),
        ...(keysTo === undefined ? {} : { keysTo }),
      });
      const { log, at, events, position, digest } = witness;
      if (json) await print({ backup, log, at, events, position, digest, files, keys });
      else say(`${events} events up to position ${position}, read back and verified: ${[...files, ...keys].join(', ')}`);
      if (keysTo === undefined) tell('The keys were not backed up: without them nobody can read who an event is about. Use --keys-to, too');
      else if (masterKey !== undefined)
        tell('The master key is in WAYMARK_MASTER_KEY and not in this backup: keep it where it can be found again');
    });
