/** `waymark practitioner add`: a practitioner with registration, level and scope. */
import { Dispatch, ServiceDesk } from '@waymark/doors';
import { environment, granted, print, readData, say, senderOf, withWaymark, type Declare } from '../command-line';

interface Options {
  readonly data: string;
  readonly service?: string;
  readonly key?: string;
  readonly json?: boolean;
}

export const declare: Declare = (command) =>
  void command
    .description('Add a practitioner')
    .requiredOption('--data <json|@file|->', 'name, profession, registration, level, scope')
    .option('--service <service>', 'of which service')
    .option('--key <key>', 'the same key again is the same practitioner')
    .option('--json', 'as JSON')
    .action(async (options: Options) => {
      const data = await readData(options.data);
      const added = await withWaymark(environment(), async (app) =>
        granted(await app.get(ServiceDesk).register(app.get(Dispatch), data, senderOf(options))),
      );
      if (options.json) return print({ id: added.id });
      say(`Added: ${added.id}`);
    });
