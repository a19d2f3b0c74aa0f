/** What a start that failed says, and with which exit code: 2 wrong usage or configuration, 3 data folder or key not usable. */
import { LogUnusable, ServerUrlMistake, UnknownAppendOutcome, WitnessUnusable } from '@waymark/event-store';
import { LogIsNewer, messageOf, sqliteCode, UnknownEventType } from '@waymark/kernel';
import { DataFolderUnusable } from '@waymark/people';
import { FolderHasRunner, StateUnusable } from '@waymark/projections';
import { ConfigurationMistakes } from '@waymark/rules';
import { EnvironmentMistake } from './environment';
import { BackupUnusable } from './manifest';

/** What the operating system calls a folder that cannot be made, opened or written. */
const FOLDER_FAULTS: readonly unknown[] = ['EEXIST', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'ENOENT', 'ENAMETOOLONG'];

const WRONG_INPUT = [EnvironmentMistake, ServerUrlMistake, ConfigurationMistakes, WitnessUnusable, BackupUnusable];
const FOLDER_UNUSABLE = [DataFolderUnusable, FolderHasRunner, LogUnusable, UnknownAppendOutcome, StateUnusable];

export function exitCodeOf(fault: unknown): { readonly code: 2 | 3; readonly message: string } | undefined {
  if (WRONG_INPUT.some((Wrong) => fault instanceof Wrong)) return { code: 2, message: messageOf(fault) };
  if (FOLDER_UNUSABLE.some((Unusable) => fault instanceof Unusable)) return { code: 3, message: messageOf(fault) };
  if (fault instanceof LogIsNewer || fault instanceof UnknownEventType)
    return { code: 3, message: `The log was written by a newer version of Waymark; start that version (${fault.message})` };
  const code = sqliteCode(fault) ?? (Object(fault) as { code?: unknown }).code;
  if (sqliteCode(fault) !== undefined || FOLDER_FAULTS.includes(code))
    return {
      code: 3,
      message: `WAYMARK_DATA: the data folder cannot be used (${String(code)}); name a folder that this user may write to`,
    };
  return undefined;
}
