/** Rows of the past in a file of their own, opened to be read. The file never changes. */
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { Figures, type Count } from './figures';
import { keepingStatements, type ReadDb } from './page-connection';
import type { ParkedRow } from './parking';

/** Written beside the rows. */
export const NOT_UP_TO_DATE = 'CREATE TABLE not_up_to_date (projection TEXT NOT NULL, key TEXT NOT NULL, service TEXT NOT NULL) STRICT';

export class PastFile {
  private readonly database: Database;
  private readonly db: ReadDb;
  private readonly figures: Figures;

  constructor(file: string) {
    this.database = new SqliteDatabase(file, { readonly: true });
    this.db = new Kysely({ dialect: new SqliteDialect({ database: keepingStatements(this.database) }) });
    this.figures = new Figures(this.database);
  }

  /** One reader after another, as on the live connection. */
  read<T>(read: (db: ReadDb, count: Count) => Promise<T>): Promise<T> {
    return this.db.transaction().execute((db) => read(db, this.figures.in(db)));
  }

  /** Rows that lack an event which could not be folded. */
  parked(): ParkedRow[] {
    return this.database.prepare<[], ParkedRow>('SELECT projection, key, service FROM not_up_to_date ORDER BY projection, key').all();
  }

  close(): void {
    this.database.close();
  }
}
