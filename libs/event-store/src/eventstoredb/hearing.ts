/** What a server says to one subscriber, waiting to be read; a new subscription, from where the last one ended, after each cut. */
import type { RecordedEvent } from '@waymark/kernel';
import type { Connection, OpenSubscription } from './connection';
import { LOG_STREAM, recordedForm } from './stored-form';

export type Heard =
  | { readonly kind: 'event'; readonly event: RecordedEvent }
  /** Nothing more for this log up to this commit position. */
  | { readonly kind: 'looked'; readonly through: bigint }
  | { readonly kind: 'caught-up' }
  | { readonly kind: 'cut'; readonly fault: unknown };

/** What may wait for the reader before the server is held back. */
const AT_HAND = 2_000;
/** Silence is not health: after so long without a word the server is asked something. */
const SILENCE_MS = 5_000;

export interface HeardFrom {
  readonly connect: () => Connection;
  /** See `EventStoreDbOptions`. */
  readonly prefix: string;
  /** Asked before each subscription; throws what makes it useless. */
  isThatLog(): Promise<void>;
}

export class Hearing {
  private listening: { readonly connection: Connection; readonly subscription: OpenSubscription } | undefined;
  private waiting: Heard[] = [];
  private isHeldBack = false;
  private wake: (() => void) | undefined;

  constructor(
    private readonly from: HeardFrom,
    /** Everything up to here was handed out; 0 = nothing. */
    private reached: bigint,
  ) {}

  /** Nothing more was said so far than what was handed out. */
  get isIdle(): boolean {
    return this.waiting.length === 0;
  }

  /** All that was said since, in order; nothing at the signal. After a long silence the server is asked something; no answer is a cut. */
  async next(signal: AbortSignal | undefined): Promise<readonly Heard[]> {
    while (!signal?.aborted) {
      if (this.listening === undefined) {
        try {
          await this.from.isThatLog();
        } catch (fault) {
          return [{ kind: 'cut', fault }];
        }
        this.listening = this.listen();
      }
      if (!this.isIdle) return this.handedOut();
      if (await this.word(signal)) continue;
      const fault = await this.listening.connection.before(undefined, 1).then(
        () => undefined,
        (silent: unknown) => ({ silent }),
      );
      if (fault) {
        void this.close();
        return [{ kind: 'cut', fault: fault.silent }];
      }
    }
    return [];
  }

  async close(): Promise<void> {
    const { listening } = this;
    this.listening = undefined;
    this.waiting = [];
    this.isHeldBack = false;
    listening?.subscription.stop();
    await listening?.connection.close();
  }

  private handedOut(): readonly Heard[] {
    const heard = this.waiting.splice(0);
    if (this.isHeldBack) {
      this.isHeldBack = false;
      this.listening?.subscription.resume();
    }
    const last = heard.findLast(({ kind }) => kind === 'event' || kind === 'looked');
    if (last?.kind === 'event') this.reached = BigInt(last.event.position);
    if (last?.kind === 'looked') this.reached = last.through;
    if (heard.at(-1)?.kind === 'cut') void this.close();
    return heard;
  }

  private listen() {
    const { connect, prefix } = this.from;
    // One list for each subscription: what an old one still says is not heard.
    const waiting: Heard[] = (this.waiting = []);
    const say = (heard: Heard): void => {
      waiting.push(heard);
      if (waiting === this.waiting && waiting.length >= AT_HAND && !this.isHeldBack) {
        this.isHeldBack = true;
        this.listening?.subscription.pause();
      }
      this.wake?.();
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
    return { connection, subscription };
  }

  /** `false` when nothing was said for too long. */
  private word(signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (said: boolean): void => {
        clearTimeout(silence);
        signal?.removeEventListener('abort', heard);
        this.wake = undefined;
        resolve(said);
      };
      const heard = (): void => end(true);
      const silence = setTimeout(() => end(false), SILENCE_MS);
      this.wake = heard;
      signal?.addEventListener('abort', heard);
    });
  }
}
