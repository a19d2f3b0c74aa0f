/** Keys on which stored values depend and which a new master key does not give again: kept wrapped from the first rotation on. */
import type { Database } from 'better-sqlite3';
import { unwrapKey, wrapKey } from './keys';
import type { DerivedKeys } from './master-key';

/** Stored format. Empty as long as the first master key is in use: everything follows from it. */
export const KEPT_KEYS_TABLE = 'CREATE TABLE IF NOT EXISTS kept_keys (label TEXT PRIMARY KEY, wrapped BLOB NOT NULL) STRICT, WITHOUT ROWID';

const KEPT = ['reference', 'fingerprint', 'blindIndex'] as const;
type Kept = Pick<DerivedKeys, (typeof KEPT)[number]>;

/** What is kept, opened; nothing before the first rotation. */
export function keptKeys(db: Database, wrapping: Uint8Array): Partial<Kept> {
  const rows = db.prepare<[], { label: string; wrapped: Buffer }>('SELECT label, wrapped FROM kept_keys').all();
  return Object.fromEntries(rows.map(({ label, wrapped }) => [label, unwrapKey(wrapping, nameOf(label), wrapped)]));
}

/** Within a write transaction of the caller. */
export function keepKeys(db: Database, wrapping: Uint8Array, kept: Kept): void {
  const put = db.prepare(
    'INSERT INTO kept_keys (label, wrapped) VALUES (?, ?) ON CONFLICT (label) DO UPDATE SET wrapped = excluded.wrapped',
  );
  for (const label of KEPT) put.run(label, wrapKey(wrapping, nameOf(label), kept[label]));
}

function nameOf(label: string) {
  return { subject: 'waymark', name: label };
}
