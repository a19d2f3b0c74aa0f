/** `waymark projections status`: how far each read model is. */
import { ReadSide } from '@waymark/projections';
import { existingFolder, print, REFUSED, say, withWaymark, type Declare } from '../command-line';
import { tableOf } from '../table';

export const declare: Declare = (command) =>
  void command
    .description('How far each read model is')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const projections = await withWaymark(existingFolder(), async (app) => app.get(ReadSide).status());
      if (projections.some(({ status, parked }) => status === 'faulted' || parked > 0)) process.exitCode = REFUSED;
      if (json) return print({ projections });
      say(tableOf(projections));
    });
