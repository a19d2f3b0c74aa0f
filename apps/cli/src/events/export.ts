/** `waymark events export`: the whole log, a line an event, so that it can be checked or moved. */
import { once } from 'node:events';
import { createWriteStream, openSync, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { exportLine } from '@waymark/event-store';
import { Ended, existingFolder, print, say, WRONG_INPUT, type Declare } from '../command-line';
import { openLog } from '../log';

export const declare: Declare = (command) =>
  void command
    .description('Write every event as a JSON line')
    .option('--to <file>', 'to a file that is not there yet, instead of standard output')
    .option('--json', 'with --to: the count as JSON')
    .action(async ({ to, json }: { to?: string; json?: boolean }) => {
      const store = await openLog(existingFolder());
      let events = 0;
      try {
        const file = to === undefined ? undefined : newFile(to);
        for await (const event of store.readAll()) {
          events++;
          if (!file) await print(exportLine(event));
          else if (!file.write(`${JSON.stringify(exportLine(event))}\n`)) await once(file, 'drain');
        }
        file?.end();
        if (file) await finished(file);
      } finally {
        await store.close();
      }
      if (to === undefined) return;
      if (json) return print({ events });
      say(`${events} events`);
    });

/** Never over a file: it may be the export that this log is to be compared with. */
function newFile(path: string): WriteStream {
  try {
    return createWriteStream(path, { fd: openSync(path, 'wx', 0o600) });
  } catch (fault) {
    const isThere = (fault as NodeJS.ErrnoException).code === 'EEXIST';
    throw new Ended(
      WRONG_INPUT,
      isThere
        ? '--to: there is such a file already, and it is not written over; name another'
        : '--to: the file cannot be made there; name one in a folder that can be written',
    );
  }
}
