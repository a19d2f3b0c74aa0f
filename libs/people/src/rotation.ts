/** A new master key: every key in keys.db is wrapped anew in one transaction, so that at every moment one master key opens all of them. */
import type { Database } from 'better-sqlite3';
import { keepKeys } from './kept-keys';
import { unwrapKey, wrapKey } from './keys';
import {
  adoptNextMasterKey,
  DataFolderUnusable,
  derivedKeys,
  makeNextMasterKey,
  readMasterKey,
  removeMasterKeyFile,
  type DerivedKeys,
} from './master-key';
import { openUnderMasterKey, type PeopleOptions } from './people';

export interface Rotation extends PeopleOptions {
  /** WAYMARK_NEW_MASTER_KEY: 32 bytes, base64. Without it a new `master.key` takes the place of the old one. */
  readonly newMasterKey?: string;
}

/** Rows that are read at a time; all of them are written in one transaction. */
const PAGE = 5_000;
/** For other processes that are about to commit; nobody is served meanwhile. */
const PATIENCE_MS = 10_000;

/**
 * The number of keys that are under the new master key now. Only while no other process works on the folder: the caller holds
 * the runner lock. Died before its commit: the old master key opens everything. Died after it: the next start ends it.
 */
export function rotateMasterKey({ folder, masterKey: given, newMasterKey }: Rotation): number {
  if (given !== undefined && newMasterKey === undefined) {
    throw new DataFolderUnusable('The master key comes from WAYMARK_MASTER_KEY. Set WAYMARK_NEW_MASTER_KEY to the one that follows it.');
  }
  const { db, derived } = openUnderMasterKey({ folder, ...(given === undefined ? {} : { masterKey: given }) });
  try {
    db.pragma(`busy_timeout = ${PATIENCE_MS}`);
    const next = derivedKeys(
      newMasterKey === undefined ? makeNextMasterKey(folder) : readMasterKey(newMasterKey, 'WAYMARK_NEW_MASTER_KEY'),
    );
    const keys = db.transaction(() => wrapAnew(db, derived, next)).immediate();
    // Whoever reads at this moment keeps the old pages a little longer; the next truncation takes them.
    db.pragma('wal_checkpoint(TRUNCATE)');
    if (newMasterKey === undefined) adoptNextMasterKey(folder);
    else removeMasterKeyFile(folder);
    return keys;
  } finally {
    db.close();
  }
}

interface KeyRow {
  readonly subject: string;
  readonly name: string;
  readonly wrapped: Buffer;
}

function wrapAnew(db: Database, before: DerivedKeys, next: DerivedKeys): number {
  const page = db.prepare<[string, string, number], KeyRow>(
    'SELECT subject, name, wrapped FROM keys WHERE (subject, name) > (?, ?) AND wrapped IS NOT NULL ORDER BY subject, name LIMIT ?',
  );
  const put = db.prepare('UPDATE keys SET wrapped = ? WHERE subject = ? AND name = ?');
  let keys = 0;
  let rows = page.all('', '', PAGE);
  for (let last = rows.at(-1); last; last = rows.at(-1)) {
    for (const row of rows) put.run(wrapKey(next.wrapping, row, unwrapKey(before.wrapping, row, row.wrapped)), row.subject, row.name);
    keys += rows.length;
    rows = page.all(last.subject, last.name, PAGE);
  }
  keepKeys(db, next.wrapping, before);
  db.prepare('UPDATE master_key SET check_value = ?').run(next.check);
  return keys;
}
