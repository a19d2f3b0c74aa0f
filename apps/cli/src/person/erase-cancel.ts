/** `waymark person erase-cancel <request>`: before it is carried out. */
import { PersonDesk } from '@waymark/doors';
import { existingFolder, granted, operatorOf, print, say, withWaymark, type Declare } from '../command-line';

export const declare: Declare = (command) =>
  void command
    .argument('<request>', 'as person erase printed it')
    .description('Cancel the erasure of a person')
    .requiredOption('--reason <words>', 'why')
    .option('--as <practitioner>', 'id of the practitioner who cancels')
    .option('--json', 'as JSON')
    .action(async (request: string, { reason, json, ...options }: { reason: string; as?: string; json?: boolean }) => {
      const answer = await withWaymark(existingFolder(), async (app) =>
        granted(await app.get(PersonDesk).cancel(request, reason, operatorOf(options))),
      );
      if (json) return print(answer);
      say('Cancelled');
    });
