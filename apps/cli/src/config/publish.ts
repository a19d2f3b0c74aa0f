/** `waymark config publish`: what the configuration files say becomes what the services work with, by an event. */
import { Dispatch, ServiceDesk } from '@waymark/doors';
import { Ended, existingFolder, granted, print, say, withWaymark, WRONG_INPUT, type Declare } from '../command-line';

interface Options {
  readonly as: string;
  readonly reason: string;
  readonly json?: boolean;
}

const WORDS = { service: 'the service', rules: 'the rules and facts' };

export const declare: Declare = (command) =>
  void command
    .description('Publish the configuration files into the log, for every service that they change; a running server goes on with them')
    .requiredOption('--as <practitioner>', 'id of the practitioner who publishes, of any of the services')
    .requiredOption('--reason <words>', 'why, without a name in it')
    .option('--json', 'as JSON')
    .action(async ({ as, reason, json }: Options) => {
      if (reason.trim() === '') throw new Ended(WRONG_INPUT, '--reason: say why the configuration changes');
      const published = await withWaymark(existingFolder(), async (app) =>
        granted(await app.get(ServiceDesk).publish(app.get(Dispatch), reason, as)),
      );
      if (json) return print({ published });
      if (published.length === 0) return say('Nothing was published: the files say what is published already');
      for (const { service, what, contentHash } of published) say(`Published for ${service}: ${WORDS[what]} (${contentHash.slice(0, 12)})`);
      // Stratifying again by a reaction is not built; nobody should wait for it.
      if (published.some(({ what }) => what === 'rules'))
        say('Referrals that are here keep the suggestion they have until something new is learnt of them');
    });
