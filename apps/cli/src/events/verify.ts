/** `waymark events verify`: whether the log is what was written, stream by stream. */
import { verifyLog } from '@waymark/event-store';
import { existingFolder, print, REFUSED, say, type Declare } from '../command-line';

export const declare: Declare = (command) =>
  void command
    .description('Check every hash, revision and position of the log')
    .option('--json', 'as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const verdict = await verifyLog(existingFolder().dataFolder);
      if (!verdict.ok) process.exitCode = REFUSED;
      if (json) return print(verdict);
      for (const { stream, revision, position, kind, message } of verdict.problems)
        say(`${kind} at position ${position}, ${stream} revision ${revision}: ${message}`);
      say(
        `${verdict.ok ? 'The log is as it was written' : 'THE LOG HAS BEEN CHANGED OR DAMAGED'}: ${verdict.events} events in ${verdict.streams} streams`,
      );
      say(verdict.note);
    });
