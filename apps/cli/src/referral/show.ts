/** `waymark referral show <reference>`: the referral and what happened, in words. */
import { Dispatch, ReferralDesk } from '@waymark/doors';
import { existingFolder, granted, print, say, viewerAt, withWaymark, type Declare } from '../command-line';
import { tableOf } from '../table';

export const declare: Declare = (command) =>
  void command
    .argument('<reference>')
    .description('Show a referral and what happened to it')
    .option('--json', 'as JSON')
    .action(async (typed: string, { json }: { json?: boolean }) => {
      const shown = await withWaymark(existingFolder(), async (app) => {
        const found = granted(await app.get(Dispatch).referral(typed));
        const desk = app.get(ReferralDesk);
        return { referral: granted(await desk.view(found, viewerAt('waymark referral show'))), events: await desk.timeline(found) };
      });
      if (json) return print(shown);
      const { reference, stage, nextStep } = shown.referral;
      say(`${reference}: ${stage}. Next: ${nextStep.what} (${nextStep.who}, by ${nextStep.by})`);
      say(tableOf(shown.events.map(({ occurredAt, words }) => ({ occurredAt, words }))));
    });
