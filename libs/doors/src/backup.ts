/** Copies a data folder while it is in use: log and state to one place, keys to another. */
import { randomUUID } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { copyFileOfDatabase, LOG_FILE, LogReader, LogUnusable, syncToDisk, verifyLog, type Witness } from '@waymark/event-store';
import { sqliteCode } from '@waymark/kernel';
import { KEY_FILE, MASTER_KEY_FILE } from '@waymark/people';
import { STATE_FILE } from '@waymark/projections';
import { BackupUnusable, writeManifest } from './manifest';

export interface BackupOptions {
  readonly folder: string;
  readonly to: string;
  readonly keysTo?: string;
  readonly at: Date;
}

export interface Backup {
  readonly backup: string;
  /** What the copied log holds. */
  readonly witness: Witness;
  readonly files: readonly string[];
  /** None where keys were not asked for. */
  readonly keys: readonly string[];
}

/**
 * The order makes every mixture harmless: state before the log, since a reaction that is done again does nothing; keys after the
 * log, since a key is on the disk before the first event that is sealed with it. Throws BackupUnusable or LogUnusable.
 */
export async function backUp({ folder, to, keysTo, at }: BackupOptions): Promise<Backup> {
  emptyFolder(to, '--to');
  if (keysTo !== undefined) apart(emptyFolder(keysTo, '--keys-to'), to);
  const files = [STATE_FILE, LOG_FILE].filter((file) => existsSync(join(folder, file)));
  for (const file of files) written('--to', () => copyFileOfDatabase(join(folder, file), join(to, file)));
  const keys = keysTo === undefined ? [] : written('--keys-to', () => copyKeys(folder, keysTo));

  const witness = await readBack(to, at);
  const backup = randomUUID();
  await writeManifest(to, backup, witness, files);
  if (keysTo !== undefined) await writeManifest(keysTo, backup, witness, keys);
  return { backup, witness, files, keys };
}

/** A copy that nobody has read is a hope. */
async function readBack(to: string, at: Date): Promise<Witness> {
  const { ok, events, head, digest } = await verifyLog(to);
  if (!ok) throw new LogUnusable('The log does not verify, so this is no backup; `waymark events verify` says what is wrong with it');
  const reader = new LogReader(to);
  const log = reader.logId ?? '';
  reader.close();
  return { log, at: at.toISOString(), events, position: head?.position ?? null, hash: head?.hash ?? null, digest };
}

function copyKeys(folder: string, to: string): string[] {
  const copied = [KEY_FILE, MASTER_KEY_FILE].filter((file) => existsSync(join(folder, file)));
  for (const file of copied) {
    if (file === KEY_FILE) copyFileOfDatabase(join(folder, file), join(to, file));
    else copyPlainFile(join(folder, file), join(to, file));
  }
  return copied;
}

/** Readable by its owner alone, on the disk when it returns. */
export function copyPlainFile(from: string, to: string): void {
  copyFileSync(from, to);
  chmodSync(to, 0o600);
  syncToDisk(to);
}

function emptyFolder(folder: string, option: string): string {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (readdirSync(folder).length === 0) return folder;
  } catch (fault) {
    throw new BackupUnusable(`${option}: that folder cannot be made or read (${(fault as NodeJS.ErrnoException).code}); name another`);
  }
  throw new BackupUnusable(`${option}: that folder is not empty, and a backup is not written over anything; name a new one`);
}

function apart(keysTo: string, to: string): void {
  if (realpathSync(keysTo) === realpathSync(to))
    throw new BackupUnusable('--keys-to: whoever finds keys and log together can read everything; name another folder than --to');
}

/** What fails while reading is about the data folder; what fails while writing is about the place that was named. */
function written<T>(option: string, copy: () => T): T {
  try {
    return copy();
  } catch (fault) {
    const code = sqliteCode(fault) ?? (fault as NodeJS.ErrnoException).code;
    if (code === undefined) throw fault;
    if (code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB')
      throw new LogUnusable(
        `The data folder holds a damaged file (${code}), so this is no backup; \`waymark events verify\` says more about the log`,
      );
    throw new BackupUnusable(
      `${option}: the backup cannot be written there (${code}); name a folder with more room that this user may write to`,
    );
  }
}
