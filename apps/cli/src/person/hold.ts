/** `waymark person hold <reference>`: a complaint, a claim or an inquiry keeps everything about this person. */
import { Dispatch, PersonDesk } from '@waymark/doors';
import { existingFolder, granted, operatorOf, print, say, withWaymark, type Declare } from '../command-line';

export const declare: Declare = (command) =>
  void command
    .argument('<reference>', 'of any referral of the person')
    .description('Place a legal hold: nothing of this person is erased before it is released')
    .requiredOption('--reason <words>', 'why')
    .option('--as <practitioner>', 'id of the practitioner who places it')
    .option('--json', 'as JSON')
    .action(async (typed: string, { reason, json, ...options }: { reason: string; as?: string; json?: boolean }) => {
      const answer = await withWaymark(existingFolder(), async (app) => {
        const referral = granted(await app.get(Dispatch).referral(typed));
        return granted(await app.get(PersonDesk).placeHold(referral, reason, operatorOf(options)));
      });
      if (json) return print(answer);
      say('Held');
    });
