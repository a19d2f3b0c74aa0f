/** `waymark triage explain <reference>`: what the rules suggest, why, and which rules nearly fired. */
import { Dispatch, ReferralDesk } from '@waymark/doors';
import { existingFolder, granted, print, say, withWaymark, type Declare } from '../command-line';

export const declare: Declare = (command) =>
  void command
    .argument('<reference>')
    .description('Explain the suggestion for a referral')
    .option('--json', 'as JSON')
    .action(async (typed: string, { json }: { json?: boolean }) => {
      const explained = await withWaymark(existingFolder(), async (app) =>
        app.get(ReferralDesk).explanation(granted(await app.get(Dispatch).referral(typed))),
      );
      if (json) return print(explained);
      say(`${explained.reference}: ${explained.stratum}, ${explained.tier}, ${explained.priority}`);
      for (const { rule, because } of explained.reasons) say(`  ${rule}: ${because}`);
      for (const { rule, ask } of explained.nearly) say(`  ${rule} could apply: ask about ${ask.join(', ')}`);
    });
