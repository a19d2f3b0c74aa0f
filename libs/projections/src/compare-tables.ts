/** How two tables of one read model differ: how many rows, in which columns. Counts only, never a value. */
import { isDeepStrictEqual } from 'node:util';
import type { Database } from 'better-sqlite3';
import { quoted, type StoredValue } from './tables';

/** Rows of each table looked at in one turn. */
const ROWS_A_TURN = 5_000;

export interface TableDifference {
  readonly rows: { readonly before: number; readonly after: number };
  /** Rows of one table whose key the other does not have. */
  readonly onlyBefore: number;
  readonly onlyAfter: number;
  /** Rows of both that are not the same. */
  readonly different: number;
  /** Column to the number of rows in which it differs. */
  readonly columns: Readonly<Record<string, number>>;
}

type Row = [key: string, ...values: StoredValue[]];

export class TableComparison {
  private readonly found = { rows: { before: 0, after: 0 }, onlyBefore: 0, onlyAfter: 0, different: 0 };
  private readonly differing: Record<string, number> = {};
  private readonly bound;
  private readonly rows;
  private readonly lower;
  private from = '';

  /** Compares the columns that both have. */
  constructor(
    db: Database,
    before: string,
    after: string,
    private readonly columns: readonly string[],
  ) {
    const tables = [before, after].map(quoted);
    const names = ['key', ...columns].map(quoted).join(', ');
    // The last key of a full turn; nothing where the table ends before.
    this.bound = tables.map((table) =>
      db.prepare<[string], string>(`SELECT key FROM ${table} WHERE key > ? ORDER BY key LIMIT 1 OFFSET ${ROWS_A_TURN - 1}`).pluck(),
    );
    this.rows = tables.map((table) =>
      db
        .prepare<[string, string | null, string | null], Row>(`SELECT ${names} FROM ${table} WHERE key > ? AND (? IS NULL OR key <= ?)`)
        .raw(),
    );
    this.lower = db.prepare<[string, string], string>('SELECT min(?, ?)').pluck();
  }

  /** Looks at the next keys of both tables as they are now. False: that was the end. */
  step(): boolean {
    const [a, b] = this.bound.map((bound) => bound.get(this.from));
    const until = a !== undefined && b !== undefined ? this.lower.get(a, b)! : (a ?? b ?? null);
    const [before, after] = this.rows.map((rows) => new Map(rows.all(this.from, until, until).map(([key, ...values]) => [key, values])));
    this.found.rows.before += before!.size;
    this.found.rows.after += after!.size;
    for (const [key, values] of before!) {
      const other = after!.get(key);
      if (other === undefined) this.found.onlyBefore++;
      else this.compare(values, other);
    }
    for (const key of after!.keys()) if (!before!.has(key)) this.found.onlyAfter++;
    this.from = until ?? this.from;
    return until !== null;
  }

  get difference(): TableDifference {
    return { ...this.found, columns: { ...this.differing } };
  }

  private compare(before: readonly StoredValue[], after: readonly StoredValue[]): void {
    let same = true;
    this.columns.forEach((column, i) => {
      if (isSame(before[i]!, after[i]!)) return;
      same = false;
      this.differing[column] = (this.differing[column] ?? 0) + 1;
    });
    if (!same) this.found.different++;
  }
}

/** The two say the same. */
export function isEqual({ onlyBefore, onlyAfter, different }: TableDifference): boolean {
  return onlyBefore + onlyAfter + different === 0;
}

/** JSON that says the same in another order of its keys is the same. */
function isSame(before: StoredValue, after: StoredValue): boolean {
  if (before === after) return true;
  if (typeof before !== 'string' || typeof after !== 'string' || !/^[[{]/.test(before) || !/^[[{]/.test(after)) return false;
  try {
    return isDeepStrictEqual(JSON.parse(before), JSON.parse(after));
  } catch {
    return false;
  }
}
