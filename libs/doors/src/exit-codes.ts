/** What a start that failed says, and with which exit code: 2 wrong usage or configuration, 3 data folder or key not usable. */
import { ConfigurationMistakes } from '@waymark/rules';
import { LogUnusable } from '@waymark/event-store';
import { DataFolderUnusable } from '@waymark/people';
import { FolderHasRunner } from '@waymark/projections';
import { EnvironmentMistake } from './environment';

export function exitCodeOf(fault: unknown): { readonly code: 2 | 3; readonly message: string } | undefined {
  if (fault instanceof EnvironmentMistake || fault instanceof ConfigurationMistakes) return { code: 2, message: fault.message };
  if (fault instanceof DataFolderUnusable || fault instanceof FolderHasRunner || fault instanceof LogUnusable)
    return { code: 3, message: fault.message };
  return undefined;
}
