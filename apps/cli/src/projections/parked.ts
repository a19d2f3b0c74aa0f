/** `waymark projections parked`: the rows that are not up to date, the event that each waits for, and what is passed over. */
import { Operator, ReadSide } from '@waymark/projections';
import { existingFolder, print, say, withWaymark, type Declare } from '../command-line';
import { tableOf } from '../table';

export const declare: Declare = (command) =>
  void command
    .description('The rows that wait for an event that could not be folded, and the events that are passed over')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const found = await withWaymark(existingFolder(), async (app) => {
        const parked = app.get(ReadSide).parked();
        return { parked, skips: app.get(Operator).skips() };
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
      if (found.skips.length > 0) say(`\nPassed over:\n${tableOf(found.skips)}`);
    });
