/** `waymark restore`: an empty data folder becomes what a backup holds. */
import { fillDataFolder, restore } from '@waymark/doors';
import { Ended, environment, print, say, tell, WRONG_INPUT, type Declare } from './command-line';

export const declare: Declare = (command) =>
  void command
    .description('Restore a backup into an empty data folder; again after an interruption to start over')
    .requiredOption('--from <folder>', 'what backup --to has written')
    .requiredOption('--keys-from <folder>', 'what backup --keys-to has written')
    .option('--json', 'as JSON')
    .action(async ({ from, keysFrom, json }: { from: string; keysFrom: string; json?: boolean }) => {
      const { dataFolder, masterKey, logServer } = environment();
      if (logServer !== undefined)
        throw new Ended(
          WRONG_INPUT,
          'restore makes the log a file: leave WAYMARK_STORE out, then move it with waymark events export and import',
        );
      const filling = fillDataFolder(dataFolder, 'restore');
      try {
        const { witness, newerThanKeys } = await restore({
          folder: dataFolder,
          filling,
          from,
          keysFrom,
          now: new Date(),
          ...(masterKey === undefined ? {} : { masterKey }),
        });
        const { log, at, events, position } = witness;
        if (json) await print({ log, at, events, position, verified: true, newerThanKeys });
        else say(`${events} events up to position ${position}, as of ${at}; verified`);
        if (newerThanKeys > 0)
          tell(
            `The keys were backed up ${newerThanKeys} events before the log: what was sealed since then under a key of its own reads as erased. Restore later keys if there are any`,
          );
      } finally {
        filling.end();
      }
    });
