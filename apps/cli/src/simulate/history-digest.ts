/** Counts a history, and tells one from another: SHA-256 over type, occurredAt and opened data of its events, in their order. */
import { createHash } from 'node:crypto';
import type { Sealer } from '@waymark/event-store';
import { canonical, type EventDefinitions, type NewEvent } from '@waymark/kernel';

export class HistoryDigest {
  events = 0;
  referrals = 0;
  private readonly hash = createHash('sha256');
  /** A sealed event, and what it was sealed from. */
  private readonly opened = new WeakMap<NewEvent, NewEvent>();

  /** Sees what is sealed before it is. */
  before({ seal }: Sealer): Sealer {
    return {
      seal: async (stream: string, events: readonly NewEvent[], definitions: EventDefinitions) => {
        const sealed = await seal(stream, events, definitions);
        sealed.forEach((event, i) => this.opened.set(event, events[i]!));
        return sealed;
      },
    };
  }

  readonly appended = (events: readonly NewEvent[]): void => {
    for (const event of events) {
      const { type, occurredAt, data } = this.opened.get(event) ?? event;
      this.hash.update(`${type}\n${occurredAt}\n${canonical(data)}\n`);
      this.events++;
      if (type === 'ReferralReceived') this.referrals++;
    }
  };

  /** In hex; of the whole history, once. */
  digest(): string {
    return this.hash.digest('hex');
  }
}
