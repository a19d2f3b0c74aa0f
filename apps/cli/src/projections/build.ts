/** `waymark projections build`: from a new release, beside the running old one, builds what the new one needs and compares. */
import { LogReader } from '@waymark/event-store';
import { buildBeside, isEqual, logFolderOf, wordsOfDifference, type Built } from '@waymark/projections';
import { eventDefinitions, readModels } from '@waymark/read-models';
import { existingFolder, granted, print, progress, say, tell, type Declare } from '../command-line';
import { tableOf } from '../table';

export const declare: Declare = (command) =>
  void command
    .description('Build the read models that this release changed, beside a running server of the release before')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const { dataFolder: folder, logServer } = existingFolder();
      const log = new LogReader(logFolderOf({ folder, ...(logServer ? { logServer } : {}) }), { hashes: false });
      try {
        const answer = granted(
          await buildBeside({
            folder,
            projections: readModels,
            definitions: eventDefinitions,
            log,
            notice: tell,
            look: (name, { percent, rate }) => progress(`${name} ${percent} %${rate === null ? '' : `, ${rate} events/s`}`),
          }),
        );
        if (json) return print(answer);
        for (const built of answer.built) say(wordsOf(built));
        say(`${answer.built.length} built, ${answer.unchanged.length} unchanged. Stop the old server and start this release`);
      } finally {
        log.close();
      }
    });

function wordsOf({ name, version, before, difference, samePlace, services = [] }: Built): string {
  if (before === null || difference === undefined) return `${name} version ${version}: built; there is no version before it`;
  const place = samePlace ? '' : ' (not at the same place in the log)';
  const differing = services.filter((service) => service.before !== service.after);
  return [
    `${name} version ${version}, beside version ${before}${place}: ${wordsOfDifference({ compared: difference })}`,
    ...(isEqual(difference) || differing.length === 0 ? [] : [tableOf(differing)]),
  ].join('\n');
}
