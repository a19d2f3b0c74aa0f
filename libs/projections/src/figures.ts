/** Figures over many rows, counted once for as long as nobody has written: pages between two events share them. */
import { RecentlyUsed } from '@waymark/kernel';
import type { Database } from 'better-sqlite3';
import type { RawBuilder } from 'kysely';
import type { ReadDb } from './page-connection';

/** The rows of a query that counts. The same answer as the query itself would give in this snapshot. */
export type Count = <Row>(query: RawBuilder<Row>) => Promise<readonly Row[]>;

/** As many forms as the pages of one moment have. */
const KEPT = 500;

export class Figures {
  private version: unknown;
  private kept = new RecentlyUsed<string, readonly unknown[]>(KEPT);

  constructor(private readonly database: Database) {}

  /** For one snapshot of `database`, begun before. */
  in(db: ReadDb): Count {
    const version = this.database.pragma('data_version', { simple: true });
    if (version !== this.version) this.kept = new RecentlyUsed(KEPT);
    this.version = version;
    const { kept } = this;
    return async <Row>(query: RawBuilder<Row>): Promise<readonly Row[]> => {
      const { sql, parameters } = query.compile(db);
      const key = JSON.stringify([sql, parameters]);
      const rows = (kept.get(key) as readonly Row[] | undefined) ?? (await query.execute(db)).rows;
      kept.set(key, rows);
      return rows;
    };
  }
}
