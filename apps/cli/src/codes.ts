/** `waymark codes`: every code, reason and fact id with its label. */
import { ServiceDesk } from '@waymark/doors';
import { environment, granted, print, say, withWaymark, type Declare } from './command-line';
import { tableOf } from './table';

export const declare: Declare = (command) =>
  void command
    .description('List every code with its label')
    .option('--service <service>', 'of which service')
    .option('--json', 'as JSON')
    .action(async ({ service, json }: { service?: string; json?: boolean }) => {
      const answer = await withWaymark(environment(), async (app) => granted(await app.get(ServiceDesk).codes(service)));
      if (json) return print(answer);
      say(tableOf(answer.codes));
    });
