/** `waymark person erase <reference>`: what erasing the person of a referral would take, and with --yes the request for it. */
import { Dispatch, PersonDesk } from '@waymark/doors';
import { isDemoFolder } from '../demo-mark';
import { Ended, existingFolder, granted, operatorOf, print, REFUSED, say, withWaymark, WRONG_INPUT, type Declare } from '../command-line';

interface Options {
  readonly reason?: string;
  readonly as?: string;
  readonly yes?: boolean;
  readonly demo?: boolean;
  readonly json?: boolean;
}

export const declare: Declare = (command) =>
  void command
    .argument('<reference>', 'of any referral of the person')
    .description('Preview the erasure of a person; with --yes, ask for it')
    .option('--reason <words>', 'why, without a name in it')
    .option('--as <practitioner>', 'id of the practitioner who asks')
    .option('--yes', 'record the request; without it nothing is changed')
    .option('--demo', 'at once, in a folder that demo or simulate made')
    .option('--json', 'as JSON')
    .action(async (typed: string, { reason = '', yes = false, demo = false, json, ...options }: Options) => {
      const env = existingFolder();
      if (yes && reason.trim() === '') throw new Ended(WRONG_INPUT, '--reason: say why this person is erased');
      if (demo && !isDemoFolder(env.dataFolder))
        throw new Ended(REFUSED, '--demo: neither demo nor simulate made this data folder; ask for the erasure without --demo');
      const answer = await withWaymark(env, async (app) => {
        const referral = granted(await app.get(Dispatch).referral(typed));
        return granted(await app.get(PersonDesk).erase(referral, { reason, yes, demo }, operatorOf(options)));
      });
      if (!answer.mayErase) process.exitCode = REFUSED;
      if (json) return print(answer);
      const { preview, request, because, erased } = answer;
      say(`${preview.referrals} referrals: ${preview.fields} fields of ${preview.events} events become unreadable`);
      for (const { whose, fields } of preview.stays) say(`${fields} fields stay: they are about the ${whose}`);
      if (because.length > 0) return say(`This person may not be erased now: ${because.join('. ')}`);
      if (erased) return say('Erased');
      say(
        request === null
          ? 'Nothing is recorded; --yes asks for it'
          : `Asked for as ${request}; a lead approves it with person erase-approve`,
      );
    });
