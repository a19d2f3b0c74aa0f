/** `waymark views verify`: whether the audit of views is as it was written. */
import { Views } from '@waymark/access';
import { existingFolder, print, REFUSED, say, type Declare } from '../command-line';

export const declare: Declare = (command) =>
  void command
    .description('Check that no line of the audit of views was changed or removed')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const views = Views.open(existingFolder().dataFolder, () => new Date());
      try {
        const verified = await views.verify();
        if (!verified.ok) process.exitCode = REFUSED;
        if (json) return await print(verified);
        for (const { n, message } of verified.problems) say(`view ${n}: ${message}`);
        say(verified.ok ? `The audit is as it was written: ${verified.views} views` : 'THE AUDIT OF VIEWS HAS BEEN CHANGED OR DAMAGED');
      } finally {
        views.close();
      }
    });
