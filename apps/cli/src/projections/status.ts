/** `waymark projections status`: how far each read model is. */
import { ReadSide, type ProjectionStatus } from '@waymark/projections';
import { existingFolder, print, REFUSED, say, withWaymark, type Declare } from '../command-line';
import { tableOf } from '../table';

export const declare: Declare = (command) =>
  void command
    .description('How far each read model is')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const { projections, kept } = await withWaymark(existingFolder(), async (app) => {
        const readSide = app.get(ReadSide);
        return { projections: readSide.status(), kept: readSide.kept() };
      });
      if (projections.some(({ status, parked }) => status === 'faulted' || parked > 0)) process.exitCode = REFUSED;
      if (json) return print({ projections, kept });
      say(tableOf(projections.map(forPeople)));
      if (kept.length > 0) say(`\nKept from other releases; waymark projections drop removes one:\n${tableOf(kept)}`);
    });

function forPeople({ rebuild, secondsLeft, head: _, ...status }: ProjectionStatus): object {
  const { percent, secondsLeft: left = secondsLeft } = rebuild ?? { percent: status.percent };
  return {
    ...status,
    percent: rebuild ? `${status.percent} (rebuild ${percent})` : percent,
    ...(left === undefined || left === null ? {} : { left: `${left} s` }),
  };
}
