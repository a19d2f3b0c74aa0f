/** The one thread for heavy work, as the web thread sees it: a queue, how far the piece in hand is, and giving up what nobody waits for. */
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { messageOf } from '@waymark/kernel';
import { GivenUp, type FromHeavy, type ToHeavy } from './heavy.worker';

export { GivenUp };

/** So much waits already that whoever comes now would wait for minutes. */
export class TooMuchHeavyWork extends Error {
  override readonly name = 'TooMuchHeavyWork';
}

export interface HeavyPiece {
  /** Absolute path of a CommonJS module that exports `work`, a `HeavyWork`. */
  readonly module: string;
  readonly input: unknown;
}

export interface Waiting {
  /** Nobody waits any more: the piece leaves the queue, or is given up where it is. */
  readonly signal?: AbortSignal;
  readonly progress?: (percent: number) => void;
}

export interface HeavyThreadOptions {
  /** Node options of the thread; those of this process when absent. */
  readonly execArgv?: readonly string[];
  /** Pieces that may wait. */
  readonly queue?: number;
}

interface Piece extends HeavyPiece, Waiting {
  resolve(result: unknown): void;
  reject(fault: Error): void;
}

const QUEUE = 20;
/** A turn is over long before; after this the thread is ended from outside. */
const STOP_WITHIN_MS = 5_000;
/** A fold keeps rows for as long as it runs; in a small young generation they would be copied over and over. */
const YOUNG_GENERATION_MB = 64;

export class HeavyThread {
  private worker: Worker | undefined;
  private readonly queue: Piece[] = [];
  private inHand: Piece | undefined;
  private closed = false;

  constructor(private readonly options: HeavyThreadOptions = {}) {}

  /**
   * Resolves with what the piece of work answered. Rejects with `GivenUp` after the signal, with `TooMuchHeavyWork` at once,
   * and with an error of the same name and message as the one that the work threw.
   */
  run<Result>(piece: HeavyPiece, { signal, progress }: Waiting = {}): Promise<Result> {
    if (this.closed || signal?.aborted) return Promise.reject(new GivenUp('Nobody waits for this any more'));
    if (this.queue.length >= (this.options.queue ?? QUEUE)) {
      return Promise.reject(new TooMuchHeavyWork('Too much work of this kind waits already; ask again in a minute'));
    }
    return new Promise<Result>((resolve, reject) => {
      const waiting: Piece = { ...piece, resolve: (result) => resolve(result as Result), reject, ...(progress ? { progress } : {}) };
      signal?.addEventListener('abort', () => this.giveUp(waiting), { once: true });
      this.queue.push(waiting);
      this.next();
    });
  }

  /** How many wait behind the piece in hand. */
  get waiting(): number {
    return this.queue.length;
  }

  /** What waits is given up; the thread ends after its next turn. */
  async close(): Promise<void> {
    this.closed = true;
    for (const piece of this.queue.splice(0)) piece.reject(new GivenUp('The program ends'));
    const { worker } = this;
    if (worker === undefined) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    this.tell({ kind: 'stop' });
    const late = setTimeout(() => void worker.terminate(), STOP_WITHIN_MS);
    await ended;
    clearTimeout(late);
  }

  private giveUp(piece: Piece): void {
    if (piece === this.inHand) return this.tell({ kind: 'give-up' });
    const at = this.queue.indexOf(piece);
    if (at < 0) return;
    this.queue.splice(at, 1);
    piece.reject(new GivenUp('Nobody waits for this any more'));
  }

  private next(): void {
    if (this.inHand !== undefined) return;
    this.inHand = this.queue.shift();
    if (this.inHand === undefined) return;
    this.worker ??= this.started();
    this.tell({ kind: 'begin', module: this.inHand.module, input: this.inHand.input });
  }

  private started(): Worker {
    const { execArgv } = this.options;
    const worker = new Worker(join(__dirname, `heavy.worker${extname(__filename)}`), {
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
      ...(execArgv ? { execArgv: [...execArgv] } : {}),
    });
    let why: string | undefined;
    worker.on('message', (message: FromHeavy) => this.heard(message));
    worker.on('error', (fault) => (why = messageOf(fault)));
    worker.on('exit', (code) => {
      this.worker = undefined;
      this.end((piece) =>
        piece.reject(this.closed ? new GivenUp('The program ends') : new Error(why ?? `The heavy thread ended with ${code}`)),
      );
    });
    return worker;
  }

  private heard(message: FromHeavy): void {
    switch (message.kind) {
      case 'progress':
        return this.inHand?.progress?.(message.percent);
      case 'done':
        return this.end((piece) => piece.resolve(message.result));
      case 'given-up':
        return this.end((piece) => piece.reject(new GivenUp('Nobody waits for this any more')));
      case 'failed':
        return this.end((piece) => piece.reject(Object.assign(new Error(message.message), { name: message.name })));
    }
  }

  private end(settle: (piece: Piece) => void): void {
    const piece = this.inHand;
    this.inHand = undefined;
    if (piece !== undefined) settle(piece);
    if (!this.closed) this.next();
  }

  private tell(message: ToHeavy): void {
    this.worker?.postMessage(message);
  }
}
