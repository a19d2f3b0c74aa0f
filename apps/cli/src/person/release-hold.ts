/** `waymark person release-hold <reference>`: releases every legal hold of the person. */
import { Dispatch, PersonDesk } from '@waymark/doors';
import { existingFolder, granted, operatorOf, print, say, withWaymark, type Declare } from '../command-line';

export const declare: Declare = (command) =>
  void command
    .argument('<reference>', 'of any referral of the person')
    .description('Release every legal hold of the person')
    .requiredOption('--reason <words>', 'why')
    .option('--as <practitioner>', 'id of the practitioner who releases it')
    .option('--json', 'as JSON')
    .action(async (typed: string, { reason, json, ...options }: { reason: string; as?: string; json?: boolean }) => {
      const answer = await withWaymark(existingFolder(), async (app) => {
        const referral = granted(await app.get(Dispatch).referral(typed));
        return granted(await app.get(PersonDesk).releaseHold(referral, reason, operatorOf(options)));
      });
      if (json) return print(answer);
      say(answer.events.length === 0 ? 'There was no hold' : 'Released');
    });
