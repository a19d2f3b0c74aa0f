/** `waymark keys rotate`: every key under a new master key, while nobody else works on the folder. */
import { rotateMasterKey } from '@waymark/people';
import { takeRunnerLock } from '@waymark/projections';
import { existingFolder, print, say, type Declare } from '../command-line';

export const declare: Declare = (command) =>
  void command
    .description('Put all keys under a new master key: WAYMARK_NEW_MASTER_KEY, or a new file master.key')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const { dataFolder: folder, masterKey } = existingFolder();
      const newMasterKey = process.env['WAYMARK_NEW_MASTER_KEY'] || undefined;
      const lock = takeRunnerLock(folder, { address: 'waymark keys rotate', role: 'cli' });
      try {
        const keys = rotateMasterKey({ folder, ...(masterKey ? { masterKey } : {}), ...(newMasterKey ? { newMasterKey } : {}) });
        if (json) return await print({ keys });
        const then = newMasterKey ? 'Set WAYMARK_MASTER_KEY to the new one now' : 'master.key is the new one';
        say(`${keys} keys are under the new master key. ${then}; back it up, apart from the log`);
      } finally {
        lock.release();
      }
    });
