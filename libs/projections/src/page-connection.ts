/** The read-only connection of pages and lists to `read.db`, and a second one that tells where each projection stands now. */
import SqliteDatabase, { type Database, type Statement } from 'better-sqlite3';
import { Kysely, SqliteDialect, type SqliteDatabase as PreparesQueries } from 'kysely';
import { CHECKPOINT_COLUMNS, type Checkpoint } from './checkpoints';
import { Figures } from './figures';
import { PARKED, type ParkedKey } from './parking';
import type { Projection } from './projection';
import { inodeOf, readFileOf } from './read-file';
import { RecentlyUsed, sqliteCode } from '@waymark/kernel';
import type { StoredRow } from './tables';

/** Read models as queries see them; table names come from `ReadSide.tableOf`. */
export type ReadDb = Kysely<Record<string, StoredRow>>;

/** Pages ask the same few queries, in as many forms as there are filters. */
const KEPT_STATEMENTS = 200;

export class PageConnection {
  readonly db: ReadDb;
  readonly figures: Figures;
  private readonly all;
  private readonly waiting;

  private constructor(
    private readonly pages: Database,
    /** Apart from `pages`, so that it never looks through a snapshot that is still open. */
    private readonly marks: Database,
    private readonly folder: string,
    private readonly inode: number,
  ) {
    this.db = new Kysely({ dialect: new SqliteDialect({ database: keepingStatements(pages) }) });
    this.figures = new Figures(pages);
    this.all = marks.prepare<[], Checkpoint>(`SELECT ${CHECKPOINT_COLUMNS} FROM projections`);
    this.waiting = marks.prepare<[], ParkedKey>(PARKED);
  }

  /** `undefined` while the runner has not made every table yet. */
  static open(folder: string, projections: readonly Projection[]): PageConnection | undefined {
    const file = readFileOf(folder);
    const inode = inodeOf(file);
    if (inode === undefined) return undefined;
    const opened: Database[] = [];
    try {
      const [pages, marks] = [0, 1].map(() => {
        const db = new SqliteDatabase(file, { readonly: true });
        opened.push(db);
        return db;
      });
      const connection = new PageConnection(pages!, marks!, folder, inode);
      const made = connection.checkpoints();
      if (projections.every(({ name, version }) => made.some((row) => row.name === name && row.version === version))) return connection;
    } catch (fault) {
      if (sqliteCode(fault) === undefined) throw fault;
    }
    for (const db of opened) db.close();
    return undefined;
  }

  /** Somebody deleted the file, or the runner has made another. */
  isStale(): boolean {
    return inodeOf(readFileOf(this.folder)) !== this.inode;
  }

  checkpoints(): Checkpoint[] {
    return this.all.all();
  }

  parked(): ParkedKey[] {
    return this.waiting.all();
  }

  close(): void {
    this.pages.close();
    this.marks.close();
  }
}

/** The query builder would prepare every query anew, which costs more than answering a small one. */
export function keepingStatements(db: Database): PreparesQueries {
  const kept = new RecentlyUsed<string, Statement>(KEPT_STATEMENTS);
  return {
    prepare(sql) {
      const statement = kept.get(sql) ?? db.prepare(sql);
      kept.set(sql, statement);
      return statement as ReturnType<PreparesQueries['prepare']>;
    },
    close: () => void db.close(),
  };
}
