/** `waymark events import <file>`: a log that another store has exported becomes the log of an empty data folder. */
import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fillDataFolder } from '@waymark/doors';
import { exportedLines, importEvents, NotImported, verifyLog } from '@waymark/event-store';
import { Ended, environment, print, progress, REFUSED, say, tell, WRONG_INPUT, type Declare } from '../command-line';

export const declare: Declare = (command) =>
  void command
    .argument('<file>', 'what events export has written')
    .description('Import an exported log into an empty data folder; again after an interruption to go on')
    .option('--json', 'as JSON')
    .action(async (file: string, { json }: { json?: boolean }) => {
      if (!statSync(file, { throwIfNoEntry: false })?.isFile())
        throw new Ended(WRONG_INPUT, 'There is no such file; name what waymark events export has written');
      const { dataFolder } = environment();
      const filling = fillDataFolder(dataFolder, 'events import');
      try {
        await importEvents({
          folder: dataFolder,
          lines: exportedLines(createReadStream(file)),
          logId: randomUUID(),
          now: new Date(),
          beforeWriting: () => filling.mark(),
          progress: (events) => progress(`${events} events`),
        });
        const { ok, events } = await verifyLog(dataFolder);
        if (ok) filling.done();
        else process.exitCode = REFUSED;
        if (json) await print({ events, verified: ok });
        else
          say(
            `${events} events; ${ok ? 'the log is as it was written' : 'THE LOG IS NOT SOUND: waymark events verify says what is wrong'}`,
          );
        if (!existsSync(join(dataFolder, 'keys.db')))
          tell('Personal fields stay sealed: put keys.db and master.key of the old data folder into this one before it is served');
      } catch (fault) {
        if (!(fault instanceof NotImported)) throw fault;
        throw new Ended(fault.because === 'log' ? REFUSED : WRONG_INPUT, fault.message);
      } finally {
        filling.end();
      }
    });
