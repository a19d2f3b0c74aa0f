/** Writes the SQLite log: one transaction at a time, everything that an answer depends on read inside it. */
import type { Database, Statement } from 'better-sqlite3';
import { isBusy, type RecordedEvent } from '@waymark/kernel';
import type { AcceptedEvent } from './acceptable';
import { BEFORE_THE_FIRST, hashOfLink, type Link } from './chain';
import type { AppendResult, ExpectedRevision } from './event-store';
import { event, EVENT_COLUMNS, type EventRow } from './log-reader';
import { firstRevision, placing, recordedAtAfter } from './placing';
import { positionOf } from './position';

interface Head {
  readonly revision: number;
  readonly hash: string;
}

type NewRow = [
  position: number | null,
  id: string,
  stream: string,
  revision: number,
  service: string,
  type: string,
  schemaVersion: number,
  occurredAt: string,
  recordedAt: string,
  data: string,
  meta: string,
  previousHash: string,
  hash: string,
];

export function headOf(db: Database): Statement<[string], Head> {
  return db.prepare('SELECT revision, hash FROM events WHERE stream = ? ORDER BY revision DESC LIMIT 1');
}

/**
 * Puts a linked event at the end of the log, at the next position unless one is given, and answers with its number. Inside the
 * transaction that its head was read in.
 */
export function insertion(db: Database): (link: Link, service: string, hash: string, position?: number) => number {
  const insert: Statement<NewRow> = db.prepare(
    `INSERT INTO events (position, id, stream, revision, service, type, schema_version, occurred_at, recorded_at, data, meta, previous_hash, hash)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return ({ id, stream, revision, type, schemaVersion, occurredAt, recordedAt, data, meta, previousHash }, service, hash, position) =>
    Number(
      insert.run(
        position ?? null,
        id,
        stream,
        revision,
        service,
        type,
        schemaVersion,
        occurredAt,
        recordedAt,
        data,
        meta,
        previousHash,
        hash,
      ).lastInsertRowid,
    );
}

export class LogWriter {
  private readonly beginImmediate: Statement<[]>;
  private readonly commitAll: Statement<[]>;
  private readonly savepoint: Statement<[]>;
  private readonly release: Statement<[]>;
  private readonly undo: Statement<[]>;
  private readonly headOf: Statement<[string], Head>;
  private readonly idsOf: Statement<[string, number, number], string>;
  private readonly rowsOf: Statement<[string, number, number], EventRow>;
  private readonly newest: Statement<[], string>;
  private readonly insert: ReturnType<typeof insertion>;
  private recordedAt: string | undefined;

  constructor(
    private readonly db: Database,
    private readonly clock: () => Date,
  ) {
    const range = 'FROM events WHERE stream = ? AND revision >= ? ORDER BY revision LIMIT ?';
    this.beginImmediate = db.prepare('BEGIN IMMEDIATE');
    this.commitAll = db.prepare('COMMIT');
    this.savepoint = db.prepare('SAVEPOINT append');
    this.release = db.prepare('RELEASE append');
    this.undo = db.prepare('ROLLBACK TO append');
    this.headOf = headOf(db);
    this.idsOf = db.prepare<[string, number, number], string>(`SELECT id ${range}`).pluck();
    this.rowsOf = db.prepare<[string, number, number], EventRow>(`SELECT ${EVENT_COLUMNS} ${range}`).raw();
    this.newest = db.prepare<[], string>('SELECT recorded_at FROM events ORDER BY position DESC LIMIT 1').pluck();
    this.insert = insertion(db);
  }

  /** `false` when somebody else is writing just now. Never waits. */
  begin(): boolean {
    try {
      this.beginImmediate.run();
    } catch (fault) {
      if (isBusy(fault)) return false;
      throw fault;
    }
    this.recordedAt = this.newest.get();
    return true;
  }

  /** The answer to one append, final once the transaction is committed. A refusal or a fault leaves nothing of it behind. */
  append(stream: string, expected: ExpectedRevision, events: readonly AcceptedEvent[]): AppendResult {
    const head = this.headOf.get(stream);
    const outcome = placing(stream, expected, head?.revision ?? -1, events, (from, max) => this.idsOf.all(stream, from, max));
    switch (outcome) {
      case 'conflict':
        return { outcome, actual: head?.revision ?? 'none' };
      case 'repeated':
        return { outcome, events: this.rowsOf.all(stream, firstRevision(expected), events.length).map(event) };
      case 'append':
        // A single INSERT is atomic by itself.
        return {
          outcome: 'appended',
          events: events.length === 1 ? this.link(stream, head, events) : this.together(() => this.link(stream, head, events)),
        };
    }
  }

  /** As the reader's, but cheaper: the pages that this connection holds outlive its own commits. */
  stream(stream: string, from: number, max: number): RecordedEvent[] {
    return this.rowsOf.all(stream, from, max).map(event);
  }

  get inTransaction(): boolean {
    return this.db.inTransaction;
  }

  commit(): void {
    this.commitAll.run();
  }

  rollback(): void {
    if (this.db.inTransaction) this.db.exec('ROLLBACK');
  }

  close(): void {
    this.db.close();
  }

  private together<T>(work: () => T): T {
    this.savepoint.run();
    try {
      const done = work();
      this.release.run();
      return done;
    } catch (fault) {
      // After some faults (a full disk) SQLite has rolled back the whole transaction already.
      if (this.db.inTransaction) {
        this.undo.run();
        this.release.run();
      }
      throw fault;
    }
  }

  private link(stream: string, head: Head | undefined, events: readonly AcceptedEvent[]): RecordedEvent[] {
    const recordedAt = (this.recordedAt = recordedAtAfter(this.recordedAt, this.clock()));
    let revision = head?.revision ?? -1;
    let previousHash = head?.hash ?? BEFORE_THE_FIRST;
    return events.map(({ event: { id, type, schemaVersion, occurredAt, data, meta }, ...texts }) => {
      revision++;
      const link = { id, stream, revision, type, schemaVersion, occurredAt, recordedAt, ...texts, previousHash };
      const hash = hashOfLink(link);
      const position = positionOf(this.insert(link, meta.service, hash));
      const recorded = { id, stream, revision, position, type, schemaVersion, occurredAt, recordedAt, data, meta, previousHash, hash };
      previousHash = hash;
      return recorded;
    });
  }
}
