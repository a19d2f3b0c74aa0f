/** `waymark clinic open <clinic>`: a session of a clinic and its slots. */
import { Dispatch, ServiceDesk } from '@waymark/doors';
import { environment, granted, print, readData, say, senderOf, withWaymark, type Declare } from '../command-line';

interface Options {
  readonly data: string;
  readonly as?: string;
  readonly key?: string;
  readonly json?: boolean;
}

export const declare: Declare = (command) =>
  void command
    .argument('<clinic>')
    .description('Open a clinic session')
    .requiredOption('--data <json|@file|->', 'service, place, date, start, end, slotMinutes, practitioner, types')
    .option('--as <practitioner>', 'id of the practitioner who acts')
    .option('--key <key>', 'the same key again is the same session')
    .option('--json', 'as JSON')
    .action(async (clinic: string, options: Options) => {
      const data = await readData(options.data);
      const { id, slots } = await withWaymark(environment(), async (app) =>
        granted(await app.get(ServiceDesk).openSession(app.get(Dispatch), clinic, data, senderOf(options))),
      );
      if (options.json) return print({ id, slots });
      say(`Opened ${id} with ${slots.length} slots`);
    });
