/**
 * A read model built again beside the one that serves: folded from the first event, compared row by row once both stand
 * at the same place, and put in its stead in one transaction. Interrupted, it goes on from its own checkpoint.
 */
import type { Database } from 'better-sqlite3';
import { isStopped, type Track } from './batches';
import type { Checkpoints } from './checkpoints';
import { TableComparison, type TableDifference } from './compare-tables';
import { quoted, tableName } from './tables';

/** What came of a rebuild. `compared` is absent when the old table had stopped somewhere else. */
export interface RebuildResult {
  readonly compared?: TableDifference;
}

export class Rebuild {
  private comparison: TableComparison | undefined;
  private result: RebuildResult | undefined;

  /** `beside` is a track like any other, under a name of its own: the runner moves it. */
  constructor(
    private readonly db: Database,
    private readonly checkpoints: Checkpoints,
    readonly beside: Track,
  ) {}

  /** The new table is whole and compared, or cannot be: `swap` may follow at once, in the same turn. Otherwise call it again. */
  ready(serving: Track): RebuildResult | undefined {
    const { beside } = this;
    if (beside.checkpoint.status !== 'live') return undefined;
    // What has stopped will not be where the new one is.
    if (isStopped(serving.checkpoint) && serving.checkpoint.position !== beside.checkpoint.position) return {};
    if (serving.checkpoint.position !== beside.checkpoint.position) return undefined;
    const { projection } = beside.lane;
    this.comparison ??= new TableComparison(
      this.db,
      tableName(serving.lane.projection),
      tableName(projection),
      Object.keys(projection.table.columns),
    );
    // From here on both take the same events in the same transactions, so what was compared stays compared.
    if (this.result === undefined && !this.comparison.step()) this.result = { compared: this.comparison.difference };
    return this.result;
  }

  /** Readers see the old table or the new one, never none. Throws CheckpointLost when another runner has moved either. */
  swap(serving: Track): void {
    const old = serving.lane.projection;
    const built = this.beside.lane.projection;
    this.db
      .transaction(() => {
        for (const { checkpoint } of [serving, this.beside]) this.checkpoints.advance(checkpoint, checkpoint);
        this.checkpoints.remove(old);
        this.db.exec(`ALTER TABLE ${quoted(tableName(built))} RENAME TO ${quoted(tableName(old))}`);
        this.checkpoints.rename(built, old);
      })
      .immediate();
  }
}
