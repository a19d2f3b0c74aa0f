/** Where each projection stands in the log, in the same file as its rows so that both move in one transaction. */
import type { Database } from 'better-sqlite3';
import type { LogPages } from './log-pages';
import { PARKING_TABLES } from './parking';
import type { Projection } from './projection';
import { definitionOf, servedName, tableName } from './tables';

export type RunStatus = 'live' | 'catching-up' | 'rebuilding' | 'paused' | 'faulted';

export interface Checkpoint {
  readonly name: string;
  readonly version: number;
  readonly logId: string;
  /** Of the last event that is in the table; `''` is before the first event and orders before every position. */
  readonly position: string;
  /** Of that event: tells whether the log is still the one that was read. */
  readonly hash: string;
  readonly recordedAt: string | null;
  readonly status: RunStatus;
  readonly lastError: string | null;
  /** Events a second while catching up. */
  readonly rate: number | null;
}

/** Another runner moved this checkpoint. Thrown inside the transaction, so that nothing of the batch stays. */
export class CheckpointLost extends Error {
  override readonly name = 'CheckpointLost';
}

/** The columns of a checkpoint row as `Checkpoint` names them; the reader uses the same words. */
export const CHECKPOINT_COLUMNS =
  'name, version, log_id AS logId, position, hash, recorded_at AS recordedAt, status, last_error AS lastError, rate';

const TABLE = `CREATE TABLE IF NOT EXISTS projections (
  name TEXT NOT NULL, version INTEGER NOT NULL, log_id TEXT NOT NULL, position TEXT NOT NULL, hash TEXT NOT NULL, recorded_at TEXT,
  status TEXT NOT NULL, last_error TEXT, rate REAL, shape TEXT NOT NULL, updated_at TEXT NOT NULL, PRIMARY KEY (name, version)) STRICT`;

export class Checkpoints {
  private readonly move;
  private readonly one;
  private readonly note;

  constructor(
    private readonly db: Database,
    private readonly clock: () => Date,
  ) {
    for (const table of [TABLE, ...PARKING_TABLES]) db.exec(table);
    this.one = db.prepare<[string, number], Checkpoint & { shape: string }>(
      `SELECT ${CHECKPOINT_COLUMNS}, shape FROM projections WHERE name = ? AND version = ?`,
    );
    this.move = db.prepare(
      `UPDATE projections SET position = ?, hash = ?, recorded_at = ?, status = ?, last_error = ?, rate = ?, updated_at = ?
       WHERE name = ? AND version = ? AND log_id = ? AND position = ? AND hash = ?`,
    );
    this.note = db.prepare('UPDATE projections SET status = ?, last_error = ?, updated_at = ? WHERE name = ? AND version = ?');
  }

  /** Moves by compare-and-set. Call it inside the transaction of the rows. */
  advance(at: Checkpoint, to: Checkpoint): void {
    const { changes } = this.move.run(
      to.position,
      to.hash,
      to.recordedAt,
      to.status,
      to.lastError,
      to.rate,
      this.clock().toISOString(),
      at.name,
      at.version,
      at.logId,
      at.position,
      at.hash,
    );
    if (changes === 0) throw new CheckpointLost(`Another runner moved ${tableName(at)}; this batch was rolled back`);
  }

  /** Changes only what is said about a projection, not where it stands. */
  say(name: string, version: number, status: RunStatus, lastError: string | null): void {
    this.note.run(status, lastError, this.clock().toISOString(), name, version);
  }

  /**
   * The checkpoint from which this projection goes on. Where the table was not built from this log, or not in this
   * shape, it is dropped and made empty: `notice` says why.
   */
  attach(projection: Projection, log: LogPages, logId: string): { readonly checkpoint: Checkpoint; readonly notice?: string } {
    // A table built beside a live one has the shape of the one that it is going to be.
    const shape = definitionOf({ ...projection, name: servedName(projection.name) }).join(';\n');
    return this.db
      .transaction(() => {
        const found = this.one.get(projection.name, projection.version);
        const why = found && misfit(found, shape, log, logId);
        if (found === undefined || why !== undefined) this.build(projection, shape, logId);
        const { shape: _, ...checkpoint } = this.one.get(projection.name, projection.version)!;
        // A table that held nothing is not rebuilt in anybody's eyes.
        if (why === undefined || found?.position === '') return { checkpoint };
        return { checkpoint, notice: `${tableName(projection)} is rebuilt from the beginning: ${why}` };
      })
      .immediate();
  }

  /** Everything of this projection and version. Inside a transaction, or for a table that nobody reads. */
  remove(projection: Pick<Projection, 'name' | 'version'>): void {
    this.db.exec(`DROP TABLE IF EXISTS "${tableName(projection)}"`);
    for (const table of ['projections', 'parked', 'queued'])
      this.db.prepare(`DELETE FROM ${table} WHERE name = ? AND version = ?`).run(projection.name, projection.version);
  }

  /** Checkpoint and parked keys of `from` are those of `to` from now on, where nothing stands. The table is the caller's. */
  rename(from: Pick<Projection, 'name' | 'version'>, to: Pick<Projection, 'name' | 'version'>): void {
    for (const table of ['projections', 'parked', 'queued'])
      this.db.prepare(`UPDATE ${table} SET name = ? WHERE name = ? AND version = ?`).run(to.name, from.name, from.version);
  }

  /** Every projection and version that has a table here, whoever declares it. */
  all(): Pick<Checkpoint, 'name' | 'version'>[] {
    return this.db.prepare<[], Pick<Checkpoint, 'name' | 'version'>>('SELECT name, version FROM projections').all();
  }

  private build(projection: Projection, shape: string, logId: string): void {
    this.remove(projection);
    for (const statement of definitionOf(projection)) this.db.exec(statement);
    this.db
      .prepare(
        `INSERT INTO projections (name, version, log_id, position, hash, status, shape, updated_at) VALUES (?, ?, ?, '', '', 'rebuilding', ?, ?)`,
      )
      .run(projection.name, projection.version, logId, shape, this.clock().toISOString());
  }
}

function misfit(found: Checkpoint & { shape: string }, shape: string, log: LogPages, logId: string): string | undefined {
  if (found.logId !== logId) return 'it was built from another log';
  if (found.shape !== shape) return 'its table has changed without a new version';
  if (found.position !== '' && log.hashAt(found.position) !== found.hash)
    return `the log holds another event, or none, at position ${found.position}`;
  return undefined;
}
