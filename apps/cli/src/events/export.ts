/** `waymark events export`: the whole log, a line an event, so that it can be checked or moved. */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { exportLine, openEventStore } from '@waymark/event-store';
import { existingFolder, print, say, type Declare } from '../command-line';

export const declare: Declare = (command) =>
  void command
    .description('Write every event as a JSON line')
    .option('--to <file>', 'to a file instead of standard output')
    .option('--json', 'the count as JSON')
    .action(async ({ to, json }: { to?: string; json?: boolean }) => {
      const store = openEventStore({ folder: existingFolder().dataFolder, readOnly: true });
      const out = to === undefined ? process.stdout : createWriteStream(to, { mode: 0o600, flags: 'wx' });
      let events = 0;
      try {
        for await (const event of store.readAll()) {
          events++;
          if (!out.write(`${JSON.stringify(exportLine(event))}\n`)) await once(out, 'drain');
        }
      } finally {
        await store.close();
      }
      if (to === undefined) return;
      out.end();
      await finished(out);
      if (json) print({ events });
      else say(`${events} events`);
    });
