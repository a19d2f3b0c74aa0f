/** `waymark person erase-approve <request>`: the second person; from then on the days to cancel run. */
import { PersonDesk } from '@waymark/doors';
import { existingFolder, granted, operatorOf, print, say, withWaymark, type Declare } from '../command-line';

export const declare: Declare = (command) =>
  void command
    .argument('<request>', 'as person erase printed it')
    .description('Approve that a person is erased')
    .requiredOption('--as <lead>', 'id of a practitioner who leads information governance')
    .option('--json', 'as JSON')
    .action(async (request: string, { as, json }: { as: string; json?: boolean }) => {
      const answer = await withWaymark(existingFolder(), async (app) =>
        granted(await app.get(PersonDesk).approve(request, operatorOf({ as }))),
      );
      if (json) return print(answer);
      say(`Approved. It is carried out after ${answer.executeAfter}; person erase-cancel stops it`);
    });
