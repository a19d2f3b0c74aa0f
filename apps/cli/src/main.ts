/** `waymark`, the operator's tool. A command's file path is its command line: referral/show.ts = waymark referral show. */
import 'reflect-metadata';
import { exitCodeOf } from '@waymark/doors';
import { messageOf } from '@waymark/kernel';
import { BeingPrepared } from '@waymark/projections';
import { Command, CommanderError } from 'commander';
import { declare as backup } from './backup';
import { declare as clinicOpen } from './clinic/open';
import { declare as codes } from './codes';
import { Ended, REFUSED, tell, WRONG_INPUT, type Declare } from './command-line';
import { declare as configPublish } from './config/publish';
import { declare as demo } from './demo';
import { declare as eventsExport } from './events/export';
import { declare as eventsImport } from './events/import';
import { declare as eventsTail } from './events/tail';
import { declare as eventsVerify } from './events/verify';
import { declare as eventsWitness } from './events/witness';
import { declare as intake } from './intake';
import { declare as keysMissing } from './keys/missing';
import { declare as keysRotate } from './keys/rotate';
import { declare as personDueForReview } from './person/due-for-review';
import { declare as personExport } from './person/export';
import { declare as personErase } from './person/erase';
import { declare as personEraseApprove } from './person/erase-approve';
import { declare as personEraseCancel } from './person/erase-cancel';
import { declare as personEraseDue } from './person/erase-due';
import { declare as personHold } from './person/hold';
import { declare as personReleaseHold } from './person/release-hold';
import { declare as practitionerAdd } from './practitioner/add';
import { declare as projectionsBuild } from './projections/build';
import { declare as projectionsDrop } from './projections/drop';
import { declare as projectionsParked } from './projections/parked';
import { declare as projectionsPause } from './projections/pause';
import { declare as projectionsRebuild } from './projections/rebuild';
import { declare as projectionsResume } from './projections/resume';
import { declare as projectionsRetry } from './projections/retry';
import { declare as projectionsSkip } from './projections/skip';
import { declare as projectionsStatus } from './projections/status';
import { declare as referralDo } from './referral/do';
import { declare as referralShow } from './referral/show';
import { declare as restore } from './restore';
import { declare as rulesCheck } from './rules/check';
import { declare as show } from './show';
import { declare as simulate } from './simulate';
import { declare as triageExplain } from './triage/explain';
import { declare as viewsList } from './views/list';
import { declare as viewsVerify } from './views/verify';

const commands: Readonly<Record<string, Declare>> = {
  intake,
  show,
  'referral show': referralShow,
  'referral do': referralDo,
  'practitioner add': practitionerAdd,
  'clinic open': clinicOpen,
  'triage explain': triageExplain,
  codes,
  'rules check': rulesCheck,
  'config publish': configPublish,
  'keys missing': keysMissing,
  'keys rotate': keysRotate,
  'views list': viewsList,
  'views verify': viewsVerify,
  'person export': personExport,
  'person due-for-review': personDueForReview,
  'person erase': personErase,
  'person erase-approve': personEraseApprove,
  'person erase-cancel': personEraseCancel,
  'person erase-due': personEraseDue,
  'person hold': personHold,
  'person release-hold': personReleaseHold,
  'events tail': eventsTail,
  'events export': eventsExport,
  'events import': eventsImport,
  'events verify': eventsVerify,
  'events witness': eventsWitness,
  backup,
  restore,
  'projections status': projectionsStatus,
  'projections rebuild': projectionsRebuild,
  'projections build': projectionsBuild,
  'projections parked': projectionsParked,
  'projections retry': projectionsRetry,
  'projections skip': projectionsSkip,
  'projections pause': projectionsPause,
  'projections resume': projectionsResume,
  'projections drop': projectionsDrop,
  simulate,
  demo,
};

function build(): Command {
  const program = quiet(new Command('waymark')).description('Referral and triage for occupational therapy in primary care');
  for (const [line, declare] of Object.entries(commands)) {
    const words = line.split(' ');
    const verb = words.pop() ?? line;
    const parent = words.reduce((at, noun) => at.commands.find((each) => each.name() === noun) ?? quiet(at.command(noun)), program);
    declare(quiet(parent.command(verb)));
  }
  return program;
}

/** Usage mistakes are one line on standard error and exit code 2. */
function quiet(command: Command): Command {
  return command.exitOverride().configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, '')) });
}

async function main(): Promise<void> {
  try {
    await build().parseAsync(process.argv);
  } catch (fault) {
    process.exitCode = failed(fault);
  }
}

function failed(fault: unknown): number {
  if (fault instanceof CommanderError) return fault.exitCode === 0 ? 0 : WRONG_INPUT;
  if (fault instanceof Ended) {
    tell(fault.message);
    return fault.code;
  }
  if (fault instanceof BeingPrepared) {
    tell(fault.message);
    return REFUSED;
  }
  const known = exitCodeOf(fault);
  if (!known && process.env['WAYMARK_LOG_LEVEL'] === 'debug' && fault instanceof Error) tell(fault.stack ?? '');
  tell(known?.message ?? `Something went wrong in waymark itself: ${firstLine(fault)}; WAYMARK_LOG_LEVEL=debug says where`);
  return known?.code ?? REFUSED;
}

function firstLine(fault: unknown): string {
  return messageOf(fault).split('\n', 1)[0] ?? '';
}

// A reader that closes the pipe (head, less) has seen enough.
process.stdout.on('error', (fault: NodeJS.ErrnoException) => process.exit(fault.code === 'EPIPE' ? 0 : 1));
void main();
