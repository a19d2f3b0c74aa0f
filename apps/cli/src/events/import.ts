/** `waymark events import <file>`: a log that another store has exported becomes the log of an empty data folder, or of an empty server. */
import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fillDataFolder } from '@waymark/doors';
import {
  exportedLines,
  importEvents,
  importIntoFolder,
  importIntoServer,
  importVerified,
  NotImported,
  verifyLog,
} from '@waymark/event-store';
import { Ended, environment, print, progress, REFUSED, say, tell, WRONG_INPUT, type Declare } from '../command-line';
import { withLogFile } from '../log';

export const declare: Declare = (command) =>
  void command
    .argument('<file>', 'what events export has written')
    .description('Import an exported log into an empty data folder or server; again after an interruption to go on')
    .option('--json', 'as JSON')
    .action(async (file: string, { json }: { json?: boolean }) => {
      if (!statSync(file, { throwIfNoEntry: false })?.isFile())
        throw new Ended(WRONG_INPUT, 'There is no such file; name what waymark events export has written');
      const env = environment();
      const { dataFolder, logServer: url } = env;
      const filling = fillDataFolder(dataFolder, 'events import');
      try {
        const imported = await importEvents({
          target:
            url === undefined
              ? importIntoFolder({ folder: dataFolder, logId: randomUUID(), now: new Date() })
              : await importIntoServer(url),
          lines: exportedLines(createReadStream(file)),
          beforeWriting: () => filling.mark(),
          progress: (events) => progress(`${events} events`),
        });
        const verdict = await withLogFile(env, (folder) => verifyLog(folder, [], { sparse: url !== undefined }), { evenPart: true });
        const { events } = verdict;
        const ok = verdict.ok && events === imported.events;
        if (ok && url !== undefined) await importVerified(url);
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
