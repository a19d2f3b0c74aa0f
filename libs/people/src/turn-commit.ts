/** One commit of keys.db per event-loop turn, shared by all who write in that turn; each has a savepoint of its own. */
import type { Database, Statement } from 'better-sqlite3';
import { isBusy } from '@waymark/kernel';

interface Waiting {
  /** Does the work and gives what tells its caller, once it is committed. */
  attempt(): () => void;
  fail(fault: unknown): void;
}

/** Another process may hold the write lock for one batch (50 ms). Longer than this and it is not coming back. */
const PATIENCE_MS = 10_000;
const AGAIN_AFTER_MS = 2;

export class TurnCommit {
  private waiting: Waiting[] = [];
  private busySince: number | undefined;
  private readonly begin: Statement;
  private readonly commit: Statement;
  private readonly savepoint: Statement;
  private readonly rollbackTo: Statement;
  private readonly release: Statement;

  /** `db` must not sleep on a busy lock (`busy_timeout = 0`): the turn waits, not the thread. */
  constructor(private readonly db: Database) {
    this.begin = db.prepare('BEGIN IMMEDIATE');
    this.commit = db.prepare('COMMIT');
    this.savepoint = db.prepare('SAVEPOINT one');
    this.rollbackTo = db.prepare('ROLLBACK TO one');
    this.release = db.prepare('RELEASE one');
  }

  /** Runs `work` in the transaction of this turn. Resolves when it is on disk; a fault in it undoes it alone. */
  write<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({
        attempt: () => {
          const value = work();
          return () => resolve(value);
        },
        fail: reject,
      });
      if (this.waiting.length === 1) setImmediate(() => this.turn());
    });
  }

  /** Commits what waits; whatever cannot be committed now fails. */
  close(): void {
    this.turn();
    this.failAll(new Error('keys.db was closed'));
  }

  private turn(): void {
    if (this.waiting.length === 0 || !this.begun()) return;
    const batch = this.waiting;
    this.waiting = [];
    let tell: (() => void)[];
    try {
      tell = batch.map((one) => this.attempted(one));
      this.commit.run();
    } catch (fault) {
      if (this.db.inTransaction) this.db.exec('ROLLBACK');
      for (const one of batch) one.fail(fault);
      return;
    }
    for (const one of tell) one();
  }

  private begun(): boolean {
    try {
      this.begin.run();
      this.busySince = undefined;
      return true;
    } catch (fault) {
      this.busySince ??= performance.now();
      if (isBusy(fault) && performance.now() - this.busySince < PATIENCE_MS) setTimeout(() => this.turn(), AGAIN_AFTER_MS);
      else this.failAll(fault);
      return false;
    }
  }

  private attempted(one: Waiting): () => void {
    this.savepoint.run();
    try {
      const tell = one.attempt();
      this.release.run();
      return tell;
    } catch (fault) {
      // A full disk or a failing one ends the whole transaction: then nobody's work is stored.
      if (!this.db.inTransaction) throw fault;
      this.rollbackTo.run();
      this.release.run();
      return () => one.fail(fault);
    }
  }

  private failAll(fault: unknown): void {
    const batch = this.waiting;
    this.waiting = [];
    this.busySince = undefined;
    for (const one of batch) one.fail(fault);
  }
}
