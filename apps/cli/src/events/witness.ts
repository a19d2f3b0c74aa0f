/** `waymark events witness`: notes, outside the data folder, what the log holds now, so that what is cut off later is found. */
import { addWitness, mustStandOutside, readWitnesses, witnessLog, WitnessContradicted } from '@waymark/event-store';
import { Ended, existingFolder, print, REFUSED, say, type Declare } from '../command-line';
import { withLogFile } from '../log';

export const declare: Declare = (command) =>
  void command
    .description('Witness the log as it is now')
    .option('--to <file>', 'add a line to this file, outside the data folder')
    .option('--json', 'as JSON')
    .action(async ({ to, json }: { to?: string; json?: boolean }) => {
      const env = existingFolder();
      if (to !== undefined) mustStandOutside(env.dataFolder, to);
      const earlier = to === undefined ? [] : readWitnesses(to);
      const now = new Date().toISOString();
      const witness = await withLogFile(env, (folder) => witnessLog(folder, now, earlier)).catch((fault: unknown) => {
        if (!(fault instanceof WitnessContradicted)) throw fault;
        throw new Ended(REFUSED, `Nothing was witnessed. ${fault.message}. waymark events verify --witness FILE says more`);
      });
      if (to !== undefined) addWitness(to, witness);
      const { at, events, position, digest } = witness;
      if (json) return print({ at, events, position, digest });
      say(`${events} events up to position ${position}: ${digest}`);
      if (to === undefined) say('Kept nowhere: note it elsewhere, or name a file outside the data folder with --to');
    });
