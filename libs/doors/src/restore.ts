/** Makes an empty data folder from a backup of a log and a backup of its keys, and verifies it before it says that it is done. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LOG_FILE, LogUnusable, openEventStore, syncToDisk, verifyLog, type Witness } from '@waymark/event-store';
import { DataFolderUnusable, openPeople } from '@waymark/people';
import { copyPlainFile } from './backup';
import type { Filling } from './data-folder';
import { BackupUnusable, checkedManifest, type Manifest } from './manifest';

export interface RestoreOptions {
  /** The data folder, held by `filling`. */
  readonly folder: string;
  readonly filling: Filling;
  readonly from: string;
  readonly keysFrom: string;
  /** WAYMARK_MASTER_KEY, where the key is not among the files of keys. */
  readonly masterKey?: string;
  readonly now: Date;
}

export interface Restored {
  readonly witness: Witness;
  /** Events by which the log is ahead of the keys, as far as the two backups say. */
  readonly newerThanKeys: number;
}

/** A folder that holds no more than this counts as empty: the lock of whoever fills it, and the mark that it is not full. */
const NOT_DATA = /^(runner\.|half-filled$)/;

/** Again after a kill, it starts over. Throws BackupUnusable, DataFolderUnusable or LogUnusable. */
export async function restore({ folder, filling, from, keysFrom, masterKey, now }: RestoreOptions): Promise<Restored> {
  const log = await checkedManifest(from, '--from');
  const keys = await checkedManifest(keysFrom, '--keys-from');
  if (log.files[LOG_FILE] === undefined)
    throw new BackupUnusable('--from: there is no log in that backup; name the folder that --to named');
  if (keys.witness.log !== log.witness.log)
    throw new BackupUnusable('--keys-from: those are the keys of another log; name the keys that belong to it');
  makeEmpty(folder, filling);
  filling.mark();
  copyFiles(keys, keysFrom, folder);
  copyFiles(log, from, folder);
  syncToDisk(folder);

  const { ok, witness } = await verifyLog(folder, [log.witness]);
  if (!ok) throw new LogUnusable(`The restored log does not verify (witness: ${witness}), and is not served; use another backup`);
  // The master key must open the keys, and whoever was erased since they were copied is erased again, before anybody depends on either.
  const store = openEventStore({ folder, readOnly: true });
  try {
    (await openPeople({ folder, ...(masterKey === undefined ? {} : { masterKey }) }, store, now)).close();
  } finally {
    await store.close();
  }
  filling.done();
  return { witness: log.witness, newerThanKeys: Math.max(0, log.witness.events - keys.witness.events) };
}

function copyFiles({ files }: Manifest, from: string, to: string): void {
  for (const file of Object.keys(files)) copyPlainFile(join(from, file), join(to, file));
}

function makeEmpty(folder: string, { isAgain }: Filling): void {
  const held = readdirSync(folder).filter((file) => !NOT_DATA.test(file));
  if (held.length > 0 && !isAgain)
    throw new DataFolderUnusable(
      'The data folder is not empty, and a restore is not written over anything; set WAYMARK_DATA to an empty folder',
    );
  for (const file of held) rmSync(join(folder, file), { recursive: true });
}
