/** A subscription over any log that can be read in pages: catches up, says so, then waits for commits. Never skips, never reorders. */
import type { RecordedEvent } from '@waymark/kernel';
import type { SubscribeOptions, SubscriptionMessage } from './event-store';
import type { Page } from './log-reader';

/** How often a waiting reader looks whether another process has written. */
const OTHERS_MS = 50;
/** How long a reader that catches up holds the thread before others get their turn. */
const TURN_MS = 5;

/** Tells waiting readers that the log may have grown. */
export class Commits {
  private count = 0;
  private ended = false;
  private looking: NodeJS.Timeout | undefined;
  private readonly waiting = new Set<() => void>();

  /** `others`: whether another process has written since it was last asked. Absent = there can be no others. */
  constructor(private readonly others?: () => boolean) {}

  /** How many were seen so far. Ask before reading, so that a commit during the read is not slept through. */
  get seen(): number {
    return this.count;
  }

  get closed(): boolean {
    return this.ended;
  }

  happened(): void {
    this.count++;
    this.wake();
  }

  close(): void {
    this.ended = true;
    this.wake();
  }

  /** Resolves at the first commit after `seen`, at the signal, or when the log is closed. */
  async after(seen: number, signal: AbortSignal | undefined): Promise<void> {
    if (!this.ended) this.look();
    if (this.count > seen || this.ended || signal?.aborted) return;
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', wake);
        this.waiting.delete(wake);
        if (this.waiting.size === 0) clearInterval(this.looking);
        resolve();
      };
      if (this.waiting.size === 0 && this.others) this.looking = setInterval(() => this.look(), OTHERS_MS);
      this.waiting.add(wake);
      signal?.addEventListener('abort', wake);
    });
  }

  private look(): void {
    if (this.others?.()) this.happened();
  }

  private wake(): void {
    for (const wake of [...this.waiting]) wake();
  }
}

export async function* subscription(
  look: (after: string | undefined) => Page,
  commits: Commits,
  { after, signal }: SubscribeOptions,
): AsyncGenerator<SubscriptionMessage, void, void> {
  let through = after;
  let caughtUp = false;
  let turnBegan = performance.now();
  const over = (): boolean => signal?.aborted === true || commits.closed;
  while (!over()) {
    const seen = commits.seen;
    const page = look(through);
    for (const event of page.events) {
      // What a reader does with an event may never wait for anything, and a page of such events would keep everybody else waiting.
      if (performance.now() - turnBegan > TURN_MS) {
        await nextTurn();
        if (over()) return;
        turnBegan = performance.now();
      }
      yield { kind: 'event', event };
      if (over()) return;
    }
    if (page.through !== undefined && page.through !== through) {
      through = page.through;
      yield { kind: 'checkpoint', position: through };
    }
    if (!page.atHead) {
      await nextTurn();
      turnBegan = performance.now();
      continue;
    }
    if (!caughtUp && !over()) {
      caughtUp = true;
      yield { kind: 'caught-up', position: through };
    }
    await commits.after(seen, signal);
    turnBegan = performance.now();
  }
}

export async function* eventsUntilCaughtUp(messages: AsyncIterable<SubscriptionMessage>): AsyncGenerator<RecordedEvent, void, void> {
  for await (const message of messages) {
    if (message.kind === 'event') yield message.event;
    if (message.kind === 'caught-up') return;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
