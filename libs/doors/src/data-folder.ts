/** The data folder is made on first use, with everything above it, or the start says in one line why it cannot be. */
import { accessSync, closeSync, constants, fsyncSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DataFolderUnusable } from '@waymark/people';
import { takeRunnerLock } from '@waymark/projections';

const DO = 'set WAYMARK_DATA to a folder that this user can write to';

/** Stands in a folder for as long as it is being filled, and names the command that does so. */
const HALF_FILLED = 'half-filled';

/** To serve it: a folder that an import or a restore has not finished is refused. */
export function readyDataFolder(folder: string): void {
  writableDataFolder(folder);
  wholeDataFolder(folder);
}

/** To read it, where a part must not pass for the whole: a copy of a half-filled folder would no longer say that it is one. */
export function wholeDataFolder(folder: string): void {
  const why = whyNotWhole(folder);
  if (why !== undefined) throw new DataFolderUnusable(why);
}

/** In words for whoever runs it; `undefined` = it is whole. */
export function whyNotWhole(folder: string): string | undefined {
  const by = halfFilledBy(folder);
  return by && `The data folder is only half filled: waymark ${by} did not end. Run the same command again; it goes on`;
}

export interface Filling {
  /** An earlier filling by the same command did not end. */
  readonly isAgain: boolean;
  /** From now on the folder is refused to everybody else, also after a kill. */
  mark(): void;
  /** It is whole. */
  done(): void;
  /** Lets go of the folder, whole or not. */
  end(): void;
}

/** To fill it from outside: nobody runs it meanwhile. Throws FolderHasRunner or DataFolderUnusable. */
export function fillDataFolder(folder: string, command: string): Filling {
  writableDataFolder(folder);
  const by = halfFilledBy(folder);
  if (by !== undefined && by !== command) {
    throw new DataFolderUnusable(`The data folder is half filled by waymark ${by}. Run that command again, or name an empty folder`);
  }
  const lock = takeRunnerLock(folder, { address: `waymark ${command}`, role: 'cli' });
  const file = join(folder, HALF_FILLED);
  return {
    isAgain: by !== undefined,
    // Never written over: a kill in the middle would leave a half-filled folder that says nothing.
    mark: () => by ?? writeDurably(file, command),
    done: () => rmSync(file, { force: true }),
    end: () => lock.release(),
  };
}

function halfFilledBy(folder: string): string | undefined {
  try {
    // Empty: died before the mark was on the disk, and nothing is filled before it is.
    return readFileSync(join(folder, HALF_FILLED), 'utf8') || undefined;
  } catch {
    return undefined;
  }
}

function writeDurably(file: string, text: string): void {
  const handle = openSync(file, 'w', 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** It can be made and written, whatever is in it. */
export function writableDataFolder(folder: string): void {
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
