/** `waymark codes`: every code, reason and fact id with its label. */
import { ServiceDesk, type Environment } from '@waymark/doors';
import { CodeLists, FactCatalogue, readConfiguration } from '@waymark/rules';
import { Ended, environment, granted, print, say, withWaymark, WRONG_INPUT, type Declare } from './command-line';
import { holdsLog } from './log';
import { tableOf } from './table';

export const declare: Declare = (command) =>
  void command
    .description('List every code with its label')
    .option('--service <service>', 'of which service')
    .option('--json', 'as JSON')
    .action(async ({ service, json }: { service?: string; json?: boolean }) => {
      const env = environment();
      const answer = (await holdsLog(env))
        ? await withWaymark(env, async (app) => granted(await app.get(ServiceDesk).codes(service)))
        : { codes: codesToBe(env, service) };
      if (json) return print(answer);
      say(tableOf(answer.codes));
    });

/** Before anything is recorded, the codes that the configuration files will publish: looking makes no data folder. */
function codesToBe({ configFolder }: Environment, service: string | undefined) {
  const { services, ruleSet } = readConfiguration(configFolder);
  const named = services.find((each) => (service === undefined ? each.service.default : each.service.id === service));
  if (!named) throw new Ended(WRONG_INPUT, `Name the service: there are ${services.map((each) => each.service.id).join(', ')}`);
  return new CodeLists(named.lists, new FactCatalogue(ruleSet.facts), named.directory).all();
}
