/** `waymark person export <reference>`: everything that is held of one person, for a subject access request. */
import { writeFileSync } from 'node:fs';
import { Dispatch, PersonDesk } from '@waymark/doors';
import { Ended, existingFolder, granted, print, say, viewerAt, withWaymark, WRONG_INPUT, type Declare } from '../command-line';

export const declare: Declare = (command) =>
  void command
    .argument('<reference>', 'of any referral of the person')
    .description('Write what is held of a person to a file; what is about somebody else is marked, and looked at before it is given out')
    .requiredOption('--to <file>', 'a file that is not there yet; readable by its owner alone')
    .option('--json', 'the count as JSON')
    .action(async (typed: string, { to, json }: { to: string; json?: boolean }) => {
      const exported = await withWaymark(existingFolder(), async (app) => {
        const referral = granted(await app.get(Dispatch).referral(typed));
        return granted(await app.get(PersonDesk).export(referral, viewerAt('waymark person export')));
      });
      try {
        writeFileSync(to, `${JSON.stringify(exported, undefined, 2)}\n`, { flag: 'wx', mode: 0o600 });
      } catch {
        throw new Ended(WRONG_INPUT, '--to: the file is there already or cannot be made there; name another');
      }
      const events = exported.events.length;
      const toLookAt = exported.events.reduce((sum, { marks }) => sum + marks.length, 0);
      if (json) return print({ events, toLookAt });
      say(`${events} events. ${toLookAt} fields are marked: look at them before the file is given out`);
    });
