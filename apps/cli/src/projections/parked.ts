/** `waymark projections parked`: what waits for an event that could not be dealt with, in read models and reactions, and what is passed over. */
import { Automation, Operator, ReadSide } from '@waymark/projections';
import { existingFolder, print, say, withWaymark, type Declare } from '../command-line';
import { tableOf } from '../table';

export const declare: Declare = (command) =>
  void command
    .description(
      'The rows and reactions that wait for an event that failed, the timers that are overdue, and the events that are passed over',
    )
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const found = await withWaymark(existingFolder(), async (app) => {
        const operator = app.get(Operator);
        const timers = await app.get(Automation).overdueTimers();
        return { parked: app.get(ReadSide).parked(), reactions: operator.waitingStreams(), timers, skips: operator.skips() };
      });
      if (json) return print(found);
      say(
        tableOf(
          found.parked.map(({ projection, key, eventId, position, attempts, queued, error }) => ({
            projection,
            key,
            eventId,
            position,
            attempts,
            queued,
            error,
          })),
        ),
      );
      if (found.reactions.length > 0) say(`\nReactions:\n${tableOf(found.reactions)}`);
      if (found.timers.length > 0)
        say(`\nTimers that are overdue; each start fires them again, and the server every ten minutes:\n${tableOf(found.timers)}`);
      if (found.skips.length > 0) say(`\nPassed over:\n${tableOf(found.skips)}`);
    });
