/** A reader of a log who notes what it is told. */
import type { EventStore, SubscribeOptions, SubscriptionMessage } from '../event-store';

export interface Following {
  readonly ids: string[];
  /** Everything but events, with how many events came before. */
  readonly marks: { readonly kind: SubscriptionMessage['kind']; readonly position: string | undefined; readonly after: number }[];
  /** Resolves when the subscription has ended, with its fault if there was one. */
  readonly over: Promise<unknown>;
  leave(): Promise<unknown>;
}

/** `each` is waited for before the next message is taken. */
export function following(store: EventStore, each: () => Promise<void> | void = () => {}, options: SubscribeOptions = {}): Following {
  const ids: string[] = [];
  const marks: Following['marks'] = [];
  const ended = new AbortController();
  const over = (async () => {
    for await (const message of store.subscribe({ ...options, signal: ended.signal })) {
      if (message.kind === 'event') ids.push(message.event.id);
      else marks.push({ kind: message.kind, position: message.position, after: ids.length });
      await each();
    }
  })().catch((fault: unknown) => fault);
  return {
    ...{ ids, marks, over },
    leave: () => {
      ended.abort();
      return over;
    },
  };
}

export function caughtUp({ marks }: Following): boolean {
  return marks.some(({ kind }) => kind === 'caught-up');
}
