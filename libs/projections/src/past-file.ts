/** Rows of the past in a file of their own, opened to be read. The file never changes. */
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { keepingStatements, type ReadDb } from './page-connection';

export class PastFile {
  private readonly database: Database;
  private readonly db: ReadDb;

  constructor(file: string) {
    this.database = new SqliteDatabase(file, { readonly: true });
    this.db = new Kysely({ dialect: new SqliteDialect({ database: keepingStatements(this.database) }) });
  }

  /** One reader after another, as on the live connection. */
  read<T>(read: (db: ReadDb) => Promise<T>): Promise<T> {
    return this.db.transaction().execute(read);
  }

  close(): void {
    this.database.close();
  }
}
