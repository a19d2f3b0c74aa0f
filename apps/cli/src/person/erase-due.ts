/** `waymark person erase-due`: carries out every approved erasure whose days to cancel are over. A server does so by itself. */
import { PersonDesk } from '@waymark/doors';
import { existingFolder, print, say, withWaymark, type Declare } from '../command-line';

export const declare: Declare = (command) =>
  void command
    .description('Carry out the erasures whose day has come')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const carriedOut = await withWaymark(existingFolder(), (app) => app.get(PersonDesk).carryOutDue());
      if (json) return print({ carriedOut });
      say(carriedOut.map(({ request, outcome }) => `${request} ${outcome}`).join('\n') || 'Nothing is due');
    });
