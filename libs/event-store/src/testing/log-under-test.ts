/** Short words for what the contract does with a store again and again. */
import type { NewEvent, RecordedEvent } from '@waymark/kernel';
import type { AppendResult, EventStore, ExpectedRevision, SubscribeOptions, SubscriptionMessage } from '../event-store';

export interface LogUnderTest {
  readonly store: EventStore;
  append(this: void, stream: string, expected: ExpectedRevision, ...events: NewEvent[]): Promise<AppendResult>;
  /** An append that must succeed. */
  stored(this: void, stream: string, expected: ExpectedRevision, ...events: NewEvent[]): Promise<readonly RecordedEvent[]>;
  all(this: void, options?: SubscribeOptions): Promise<RecordedEvent[]>;
  untilCaughtUp(this: void, options?: SubscribeOptions): Promise<SubscriptionMessage[]>;
}

/** `current` is the store of the running test. */
export function logUnderTest(current: () => EventStore): LogUnderTest {
  return {
    get store() {
      return current();
    },
    append: (stream, expected, ...events) => current().append(stream, expected, events),
    async stored(stream, expected, ...events) {
      const result = await current().append(stream, expected, events);
      if (result.outcome !== 'appended') throw new Error(`expected to append, got ${result.outcome}`);
      return result.events;
    },
    async all(options) {
      const events: RecordedEvent[] = [];
      for await (const event of current().readAll(options)) events.push(event);
      return events;
    },
    async untilCaughtUp(options) {
      const messages: SubscriptionMessage[] = [];
      for await (const message of current().subscribe(options)) {
        messages.push(message);
        if (message.kind === 'caught-up') break;
      }
      return messages;
    },
  };
}
