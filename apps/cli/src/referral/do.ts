/** `waymark referral do <reference> <command>`: the same commands as over HTTP, by a named practitioner. */
import { Dispatch, ReferralDesk } from '@waymark/doors';
import { referralCommands } from '@waymark/referral';
import { Ended, existingFolder, granted, print, readData, say, senderOf, withWaymark, WRONG_INPUT, type Declare } from '../command-line';

interface Options {
  readonly as?: string;
  readonly data?: string;
  readonly key?: string;
  readonly revision?: string;
  readonly json?: boolean;
}

export const declare: Declare = (command) =>
  void command
    .argument('<reference>')
    .argument('<command>', referralCommands.map(({ name }) => name).join(', '))
    .description('Carry out a command about a referral')
    .option('--as <practitioner>', 'id of the practitioner who acts')
    .option('--data <json|@file|->', 'the fields of the command')
    .option('--key <key>', 'the same key again is the same command')
    .option('--revision <n>', 'the revision decided on; as it is now if not given')
    .option('--json', 'as JSON')
    .action(async (typed: string, name: string, options: Options) => {
      const chosen = referralCommands.find((each) => each.name === name);
      if (!chosen)
        throw new Ended(WRONG_INPUT, `There is no command ${name}: use one of ${referralCommands.map((each) => each.name).join(', ')}`);
      if (options.revision !== undefined && !/^\d+$/.test(options.revision)) throw new Ended(WRONG_INPUT, '--revision: a number');
      const data = await readData(options.data);
      const answer = await withWaymark(existingFolder(), async (app) => {
        const dispatch = app.get(Dispatch);
        const desk = app.get(ReferralDesk);
        const referral = granted(await dispatch.referral(typed));
        // What somebody at a terminal decides on is what `referral show` has just told them.
        const seenRevision = options.revision === undefined ? await desk.revision(referral) : Number(options.revision);
        return granted(await desk.carryOut(dispatch, chosen, referral, data, { ...senderOf(options), seenRevision }));
      });
      if (options.json) return print(answer.body);
      const { reference, stage, nextStep, events } = answer.body;
      say(
        `${reference}: ${events.map(({ type }) => type).join(', ') || 'nothing to do'}. Now ${stage}. Next: ${nextStep.what} (by ${nextStep.by})`,
      );
    });
