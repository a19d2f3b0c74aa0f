/** Who looked at whom: a line a view in state.db, hash-chained. Whoever shows personal data waits until its line is on disk. */
import { createHash } from 'node:crypto';
import { canonical, isBusy } from '@waymark/kernel';
import { openStateFile } from '@waymark/projections';
import type { Database, Statement } from 'better-sqlite3';

/** Ids only: whose names they stand for is for the log and its keys to say. */
export interface View {
  /** A practitioner's id, `public`, `machine` or `system`. */
  readonly actor: string;
  readonly service: string;
  /** The address as a template, or the words of the command line. */
  readonly route: string;
  /** References of the referrals whose people were shown. */
  readonly references: readonly string[];
  /** The position in the log that was shown, where it was not the present. */
  readonly asAt: string | null;
  readonly correlationId: string;
}

export interface RecordedView extends View {
  readonly n: number;
  /** UTC instant. */
  readonly at: string;
  readonly previousHash: string;
  readonly hash: string;
}

export interface ViewsVerified {
  readonly ok: boolean;
  readonly views: number;
  readonly problems: readonly { readonly n: number; readonly message: string }[];
}

/** Stored format. `viewed` finds the views of a referral; the lines in `views` count. */
const TABLES = [
  `CREATE TABLE IF NOT EXISTS views (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    view TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT`,
  'CREATE TABLE IF NOT EXISTS viewed (reference TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (reference, n)) STRICT, WITHOUT ROWID',
  ...['views', 'viewed'].flatMap((table) =>
    ['UPDATE', 'DELETE'].map(
      (change) => `CREATE TRIGGER IF NOT EXISTS ${table}_no_${change.toLowerCase()} BEFORE ${change} ON ${table}
        BEGIN SELECT RAISE(ABORT, 'The audit of views is append-only'); END`,
    ),
  ),
];

const BEFORE_THE_FIRST = '0'.repeat(64);
/** Others commit within moments; whoever waits longer gets no answer rather than an unrecorded one. */
const PATIENCE_MS = 2_000;
const AGAIN_AFTER_MS = 5;
const PAGE = 1_000;

interface Row {
  readonly n: number;
  readonly view: string;
  readonly previous_hash: string;
  readonly hash: string;
}

interface Waiting {
  readonly view: View;
  readonly told: () => void;
  readonly failed: (fault: unknown) => void;
}

export class Views {
  private waiting: Waiting[] = [];
  private busySince: number | undefined;
  private readonly last: Statement<[], Pick<Row, 'n' | 'hash'>>;
  private readonly add: Statement<[number, string, string, string]>;
  private readonly find: Statement<[string, number]>;

  private constructor(
    private readonly db: Database,
    private readonly clock: () => Date,
  ) {
    this.last = db.prepare('SELECT n, hash FROM views ORDER BY n DESC LIMIT 1');
    this.add = db.prepare('INSERT INTO views (n, view, previous_hash, hash) VALUES (?, ?, ?, ?)');
    this.find = db.prepare('INSERT INTO viewed (reference, n) VALUES (?, ?)');
  }

  /** Throws StateUnusable. */
  static open(folder: string, clock: () => Date): Views {
    const db = openStateFile(folder, TABLES);
    // The turn waits for another process, not the thread.
    db.pragma('busy_timeout = 0');
    return new Views(db, clock);
  }

  /** Resolves when the line is on disk; all that come in one turn share a commit. Rejects when it cannot be written. */
  record(view: View): Promise<void> {
    return new Promise((told, failed) => {
      this.waiting.push({ view, told, failed });
      if (this.waiting.length === 1) setImmediate(() => this.turn());
    });
  }

  /** Newest first. */
  list({ reference, limit }: { readonly reference?: string; readonly limit: number }): RecordedView[] {
    const rows =
      reference === undefined
        ? this.db.prepare<[number], Row>('SELECT * FROM views ORDER BY n DESC LIMIT ?').all(limit)
        : this.db
            .prepare<[string, number], Row>('SELECT views.* FROM viewed JOIN views USING (n) WHERE reference = ? ORDER BY n DESC LIMIT ?')
            .all(reference, limit);
    return rows.map(recorded);
  }

  /** Whether every line is as it was written and none is missing between two others, or after the last that was numbered. */
  async verify(): Promise<ViewsVerified> {
    const problems: { n: number; message: string }[] = [];
    const page = this.db.prepare<[number], Row>(`SELECT * FROM views WHERE n > ? ORDER BY n LIMIT ${PAGE}`);
    const found = this.db.prepare<[number], number>('SELECT count(*) FROM viewed WHERE n = ?').pluck();
    let before = { n: 0, hash: BEFORE_THE_FIRST };
    let views = 0;
    for (let rows = page.all(0); rows.length > 0; rows = page.all(before.n)) {
      for (const row of rows) {
        const problem =
          problemOf(row, before) ?? (found.get(row.n) === referencesOf(row).size ? undefined : 'It is not found by its references');
        if (problem !== undefined) problems.push({ n: row.n, message: problem });
        before = row;
        views++;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    const numbered = this.db.prepare<[], number>("SELECT seq FROM sqlite_sequence WHERE name = 'views'").pluck().get() ?? 0;
    if (numbered > before.n) problems.push({ n: numbered, message: 'Lines are missing at the end' });
    return { ok: problems.length === 0, views, problems };
  }

  close(): void {
    this.turn();
    for (const { failed } of this.waiting.splice(0)) failed(new Error('state.db was closed'));
    this.db.close();
  }

  private turn(): void {
    if (this.waiting.length === 0 || !this.begun()) return;
    const batch = this.waiting.splice(0);
    try {
      for (const { view } of batch) this.append(view);
      this.db.exec('COMMIT');
    } catch (fault) {
      if (this.db.inTransaction) this.db.exec('ROLLBACK');
      for (const { failed } of batch) failed(fault);
      return;
    }
    for (const { told } of batch) told();
  }

  private begun(): boolean {
    try {
      this.db.exec('BEGIN IMMEDIATE');
      this.busySince = undefined;
      return true;
    } catch (fault) {
      this.busySince ??= performance.now();
      if (isBusy(fault) && performance.now() - this.busySince < PATIENCE_MS) setTimeout(() => this.turn(), AGAIN_AFTER_MS);
      else {
        this.busySince = undefined;
        for (const { failed } of this.waiting.splice(0)) failed(fault);
      }
      return false;
    }
  }

  /** The last line is looked up within the transaction: another process may have written it. */
  private append({ actor, service, route, references, asAt, correlationId }: View): void {
    const before = this.last.get() ?? { n: 0, hash: BEFORE_THE_FIRST };
    const n = before.n + 1;
    const view = canonical({ at: this.clock().toISOString(), actor, service, route, references, asAt, correlationId });
    this.add.run(n, view, before.hash, hashOf(n, view, before.hash));
    for (const reference of new Set(references)) this.find.run(reference, n);
  }
}

function problemOf(row: Row, before: { readonly n: number; readonly hash: string }): string | undefined {
  if (row.n !== before.n + 1) return 'Lines are missing before it';
  if (row.previous_hash !== before.hash) return 'It does not follow the line before it';
  return row.hash === hashOf(row.n, row.view, row.previous_hash) ? undefined : 'It is not what its hash was made of';
}

function referencesOf(row: Row): ReadonlySet<string> {
  try {
    return new Set(recorded(row).references);
  } catch {
    return new Set();
  }
}

function recorded({ n, view, previous_hash: previousHash, hash }: Row): RecordedView {
  return { n, ...(JSON.parse(view) as View & { at: string }), previousHash, hash };
}

function hashOf(n: number, view: string, previousHash: string): string {
  return createHash('sha256').update(`${previousHash}${n} ${view}`).digest('hex');
}
