/** `waymark views list`: who looked at whom, newest first. */
import { Views } from '@waymark/access';
import { parseReference } from '@waymark/kernel';
import { Ended, existingFolder, print, say, WRONG_INPUT, type Declare } from '../command-line';
import { tableOf } from '../table';

interface Options {
  readonly reference?: string;
  readonly limit: string;
  readonly json?: boolean;
}

export const declare: Declare = (command) =>
  void command
    .description('Who looked at whom, newest first')
    .option('--reference <reference>', 'only views that showed this referral')
    .option('--limit <n>', 'at most so many', '50')
    .option('--json', 'as JSON')
    .action(async ({ reference: typed, limit, json }: Options) => {
      const reference = typed === undefined ? undefined : parseReference(typed);
      if (typed !== undefined && reference === undefined)
        throw new Ended(WRONG_INPUT, '--reference: a reference looks like 7K4Q-2M9X-3TBC');
      if (!/^[1-9]\d{0,4}$/.test(limit)) throw new Ended(WRONG_INPUT, '--limit: a number from 1 to 99999');
      const views = Views.open(existingFolder().dataFolder, () => new Date());
      try {
        const items = views.list({ limit: Number(limit), ...(reference === undefined ? {} : { reference }) });
        if (json) return await print({ items });
        say(tableOf(items.map(({ at, actor, route, references }) => ({ at, actor, route, shown: references.length }))));
      } finally {
        views.close();
      }
    });
