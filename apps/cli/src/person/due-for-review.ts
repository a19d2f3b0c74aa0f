/** `waymark person due-for-review`: whose retention class has ended. Nothing goes by itself: somebody decides. */
import { PersonDesk } from '@waymark/doors';
import { Ended, existingFolder, granted, print, say, withWaymark, WRONG_INPUT, type Declare } from '../command-line';
import { tableOf } from '../table';

export const declare: Declare = (command) =>
  void command
    .description('People whose retention class has ended, longest first')
    .option('--service <service>', 'of which service')
    .option('--limit <n>', 'at most so many', '50')
    .option('--json', 'as JSON')
    .action(async ({ service, limit, json }: { service?: string; limit: string; json?: boolean }) => {
      if (!/^[1-9]\d{0,4}$/.test(limit)) throw new Ended(WRONG_INPUT, '--limit: a number from 1 to 99999');
      const due = await withWaymark(existingFolder(), async (app) =>
        granted(await app.get(PersonDesk).dueForReview(service, Number(limit))),
      );
      if (json) return print(due);
      say(tableOf(due.items.map(({ references, ...item }) => ({ reference: references[0], referrals: references.length, ...item }))));
    });
