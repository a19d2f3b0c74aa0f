/** One commit for all appends of an event-loop turn, so that many callers share one wait for the disk. */
import type { AcceptedEvent } from './acceptable';
import { UnknownAppendOutcome, type AppendResult, type ExpectedRevision } from './event-store';
import type { LogWriter } from './log-writer';

/** The longest that one commit gathers appends; the rest waits for the next turn. */
const TURN_MS = 20;
/** How long the lock of another process is waited for, in growing pauses, before the outcome counts as unknown. */
const LOCK_BUDGET_MS = 5_000;
const LONGEST_PAUSE_MS = 25;

interface Waiting {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly AcceptedEvent[];
  resolve(result: AppendResult): void;
  reject(fault: unknown): void;
}

export class GroupCommit {
  private waiting: Waiting[] = [];
  private scheduled = false;
  private lockedSince: number | undefined;
  private pause = 1;
  private idle: (() => void) | undefined;

  constructor(
    /** Opened by the first append, since that is what makes the log. */
    private readonly writer: () => LogWriter,
    private readonly committed: () => void,
  ) {}

  append(stream: string, expected: ExpectedRevision, events: readonly AcceptedEvent[]): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ stream, expected, events, resolve, reject });
      this.schedule();
    });
  }

  /** Resolves when everything that was appended so far has its answer. */
  async settled(): Promise<void> {
    if (this.waiting.length > 0) await new Promise<void>((resolve) => (this.idle = resolve));
  }

  private schedule(pause?: number): void {
    if (this.scheduled) return;
    this.scheduled = true;
    const turn = (): void => {
      this.scheduled = false;
      this.turn();
      if (this.waiting.length > 0) this.schedule(this.lockedSince === undefined ? undefined : this.pause);
      else this.idle?.();
    };
    if (pause === undefined) setImmediate(turn);
    else setTimeout(turn, pause);
  }

  private turn(): void {
    try {
      const writer = this.writer();
      if (writer.begin()) this.commit(writer);
      else this.locked();
    } catch (fault) {
      for (const { reject } of this.waiting.splice(0)) reject(fault);
    }
  }

  private commit(writer: LogWriter): void {
    this.lockedSince = undefined;
    this.pause = 1;
    const until = performance.now() + TURN_MS;
    const answered: Waiting[] = [];
    const answers: (() => void)[] = [];
    try {
      do {
        const next = this.waiting.shift()!;
        answered.push(next);
        answers.push(answer(writer, next));
      } while (this.waiting.length > 0 && performance.now() < until);
      writer.commit();
    } catch (fault) {
      writer.rollback();
      // A commit that failed may have reached the disk, and every answer rests on it: conflicts, too, saw their neighbours.
      for (const { reject, stream } of answered)
        reject(new UnknownAppendOutcome(`The log did not say whether ${stream} was stored`, { cause: fault }));
      return;
    }
    this.committed();
    for (const tell of answers) tell();
  }

  private locked(): void {
    const now = performance.now();
    this.lockedSince ??= now;
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
    if (now - this.lockedSince < LOCK_BUDGET_MS) return;
    this.lockedSince = undefined;
    for (const { reject, stream } of this.waiting.splice(0)) {
      reject(
        new UnknownAppendOutcome(
          `Another process kept the log locked for ${LOCK_BUDGET_MS / 1_000} seconds; ${stream} was not stored in that time`,
        ),
      );
    }
  }
}

/** Works one append into the transaction; what comes back tells its caller, once the commit has made it true. */
function answer(writer: LogWriter, { stream, expected, events, resolve, reject }: Waiting): () => void {
  try {
    const result = writer.append(stream, expected, events);
    return () => resolve(result);
  } catch (fault) {
    if (!writer.inTransaction) throw fault;
    return () => reject(fault);
  }
}
