/** What a server says to one subscriber, waiting to be read; a new subscription, from where the last one ended, after each cut. */
import type { RecordedEvent } from '@waymark/kernel';
import { NoAnswer, type Connection, type OpenSubscription } from './connection';
import { isEventOf, LOG_STREAM, recordedForm } from './stored-form';

export type Heard =
  | { readonly kind: 'event'; readonly event: RecordedEvent }
  /** Nothing more for this log up to this commit position. */
  | { readonly kind: 'looked'; readonly through: bigint }
  | { readonly kind: 'caught-up' }
  | { readonly kind: 'cut'; readonly fault: unknown };

/** What may wait for the reader before the server is held back. */
const AT_HAND = 2_000;
/** Silence is not health: after so long, or twice as long, without a word the server is asked something. */
const SILENCE_MS = 3_000;

interface Listening {
  readonly connection: Connection;
  readonly subscription: OpenSubscription;
  /** Looks every so often whether anything was said: a timer that every event starts anew costs as much as the event. */
  readonly silence: NodeJS.Timeout;
}

export interface HeardFrom {
  readonly connect: () => Connection;
  /** See `EventStoreDbOptions`. */
  readonly prefix: string;
  /** Asked before each subscription; throws what makes it useless. */
  isThatLog(): Promise<void>;
  /** Ends whoever waits. */
  readonly signal?: AbortSignal | undefined;
}

export class Hearing {
  private listening: Listening | undefined;
  private waiting: Heard[] = [];
  private isHeldBack = false;
  private wasTold = false;
  private isSilent = false;
  private wake: () => void = () => {};
  private readonly rouse = (): void => this.wake();
  /** At the last look something was stored that had not been told; how far it was told then. */
  private untoldAfter: bigint | undefined;

  constructor(
    private readonly from: HeardFrom,
    /** Everything up to here was handed out; 0 = nothing. */
    private reached: bigint,
  ) {
    from.signal?.addEventListener('abort', this.rouse);
  }

  /** Nothing more was said so far than what was handed out. */
  get isIdle(): boolean {
    return this.waiting.length === 0;
  }

  /** All that was said since, in order; nothing at the signal. After a long silence the server is asked something; no answer is a cut. */
  async next(): Promise<readonly Heard[]> {
    while (!this.from.signal?.aborted) {
      if (this.listening === undefined) {
        try {
          await this.from.isThatLog();
        } catch (fault) {
          return [{ kind: 'cut', fault }];
        }
        this.listening = this.listen();
        continue;
      }
      if (!this.isIdle) return this.handedOut();
      if (!this.isSilent) {
        // No timer and no listener of its own: this is done for nearly every event.
        await new Promise<void>((resolve) => (this.wake = resolve));
        continue;
      }
      try {
        await this.mustHaveToldAll(this.listening.connection);
      } catch (fault) {
        void this.cut();
        return [{ kind: 'cut', fault }];
      }
      this.isSilent = false;
    }
    return [];
  }

  async close(): Promise<void> {
    this.from.signal?.removeEventListener('abort', this.rouse);
    await this.cut();
  }

  private async cut(): Promise<void> {
    const { listening } = this;
    this.listening = undefined;
    this.waiting = [];
    this.isHeldBack = false;
    this.isSilent = false;
    this.untoldAfter = undefined;
    clearInterval(listening?.silence);
    listening?.subscription.stop();
    await listening?.connection.close();
  }

  /** A server may answer whoever asks and tell a subscriber nothing: what is untold after two silences never will be told. */
  private async mustHaveToldAll(connection: Connection): Promise<void> {
    const [last] = await connection.before(undefined, 1);
    const isUntold = last !== undefined && isEventOf(this.from.prefix, last) && last.position! > this.reached;
    const wasUntold = this.untoldAfter === this.reached;
    this.untoldAfter = isUntold ? this.reached : undefined;
    if (isUntold && wasUntold && this.isIdle) throw new NoAnswer('The server does not tell a subscriber what it shows to a reader');
  }

  private handedOut(): readonly Heard[] {
    const heard = this.waiting;
    this.waiting = [];
    this.isSilent = false;
    if (this.isHeldBack) {
      this.isHeldBack = false;
      this.listening?.subscription.resume();
    }
    const last = heard.findLast(({ kind }) => kind === 'event' || kind === 'looked');
    if (last?.kind === 'event') this.reached = BigInt(last.event.position);
    if (last?.kind === 'looked') this.reached = last.through;
    if (heard.at(-1)?.kind === 'cut') void this.cut();
    return heard;
  }

  private listen(): Listening {
    const { connect, prefix } = this.from;
    const silence = setInterval(() => {
      this.isSilent = !this.wasTold;
      this.wasTold = false;
      if (this.isSilent) this.wake();
    }, SILENCE_MS);
    const say = (heard: Heard): void => {
      this.wasTold = true;
      this.waiting.push(heard);
      if (this.waiting.length >= AT_HAND && !this.isHeldBack) {
        this.isHeldBack = true;
        this.listening?.subscription.pause();
      }
      // What comes in one turn is handed out together.
      if (this.waiting.length === 1) setImmediate(() => this.wake());
    };
    const connection = connect();
    const subscription = connection.subscribe(
      this.reached === 0n ? undefined : this.reached,
      // Where no prefix tells this log's streams from others: whatever is not the server's own.
      prefix === '' ? { regex: '^[^$]' } : { prefixes: [prefix] },
      {
        event: (stored) => {
          if (stored.stream === prefix + LOG_STREAM) return;
          try {
            say({ kind: 'event', event: recordedForm(stored, prefix) });
          } catch (fault) {
            say({ kind: 'cut', fault });
          }
        },
        checkpoint: (through) => say({ kind: 'looked', through }),
        caughtUp: () => say({ kind: 'caught-up' }),
        cut: (fault) => say({ kind: 'cut', fault }),
      },
    );
    return { connection, subscription, silence };
  }
}
