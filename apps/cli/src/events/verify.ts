/** `waymark events verify`: whether the log is what was written, stream by stream. */
import { whyNotWhole } from '@waymark/doors';
import { readWitnesses, verifyLog, WitnessUnusable, type LogProblem } from '@waymark/event-store';
import { folderWithLog, print, REFUSED, say, tell, type Declare } from '../command-line';
import { whyNotWholeOnServer, withLogFile } from '../log';

export const declare: Declare = (command) =>
  void command
    .description('Check every hash, revision and position of the log')
    .option('--witness <file>', 'what events witness noted elsewhere: also check that nothing up to there is gone or out of order')
    .option('--json', 'as JSON')
    .action(async ({ witness, json }: { witness?: string; json?: boolean }) => {
      const env = folderWithLog();
      const witnesses = witness === undefined ? [] : readWitnesses(witness);
      // A check against nothing would pass for a check.
      if (witness !== undefined && witnesses.length === 0)
        throw new WitnessUnusable('--witness: there is no witness in that file; name the file that events witness has written');
      const verdict = await withLogFile(env, (folder) => verifyLog(folder, witnesses, { sparse: env.logServer !== undefined }), {
        evenPart: true,
      });
      // The beginning of a log is sound, too: that must not pass for the log.
      const unfinished = whyNotWhole(env.dataFolder) ?? (await whyNotWholeOnServer(env));
      if (!verdict.ok || unfinished !== undefined) process.exitCode = REFUSED;
      if (unfinished !== undefined) tell(unfinished);
      if (json) return print(verdict);
      for (const problem of verdict.problems) say(`${problem.kind}${placeOf(problem)}: ${problem.message}`);
      say(
        `${verdict.ok ? 'The log is as it was written' : 'THE LOG HAS BEEN CHANGED OR DAMAGED'}: ${verdict.events} events in ${verdict.streams} streams`,
      );
      say(verdict.note);
    });

function placeOf({ position, stream, revision }: LogProblem): string {
  return `${position === null ? '' : ` at position ${position}`}${stream === null ? '' : `, ${stream} revision ${revision}`}`;
}
