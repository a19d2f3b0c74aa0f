/** The data folder is made on first use, with everything above it, or the start says in one line why it cannot be. */
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DataFolderUnusable } from '@waymark/people';

const DO = 'set WAYMARK_DATA to a folder that this user can write to';

export function readyDataFolder(folder: string): void {
  try {
    make(folder);
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (fault) {
    if (fault instanceof DataFolderUnusable) throw fault;
    throw new DataFolderUnusable(
      `The data folder cannot be made or written (${(fault as NodeJS.ErrnoException).code ?? 'unknown'}); ${DO}`,
    );
  }
}

/** One folder at a time: mkdir with `recursive` never comes back from a folder such as /proc, where nothing can be made. */
function make(folder: string): void {
  const there = statSync(folder, { throwIfNoEntry: false });
  if (there?.isDirectory()) return;
  if (there) throw new DataFolderUnusable(`The data folder, or one above it, is a file; ${DO}`);
  make(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (fault) {
    // Another process may have been quicker.
    if ((fault as NodeJS.ErrnoException).code !== 'EEXIST') throw fault;
  }
}
