/** Which lists changed since a position, and for which references: what a page needs to know before it asks again. */
import { BEGINNING, type EventStore } from '@waymark/event-store';
import type { ReadSide } from '@waymark/projections';
import { listsOf, referencesOf } from '@waymark/read-models';

export interface Change {
  /** Whoever asks again from here misses nothing: of several lists that changed together, only the last one's is past the change. */
  readonly position: string;
  readonly list: string;
  readonly references: readonly string[];
}

/** Most references named at once; a burst is told in several messages. */
const BATCH = 200;

export class Changes {
  constructor(
    private readonly store: EventStore,
    private readonly readSide: ReadSide,
  ) {}

  /** Starts at `after`, or at the end of the log as it is now. Told when the lists themselves show it, or do not for two seconds. */
  async *since(after: string | undefined, signal: AbortSignal): AsyncIterable<Change> {
    const from = after ?? (await this.store.head());
    const streams = new Map<string, Set<string>>();
    let waiting = 0;
    let told = from ?? BEGINNING;
    for await (const message of this.store.subscribe({ ...(from === undefined ? {} : { after: from }), signal })) {
      if (message.kind === 'event') {
        for (const list of listsOf(message.event.type)) {
          const known = streams.get(list) ?? new Set<string>();
          streams.set(list, known.add(message.event.stream));
        }
        waiting++;
      }
      const position = message.kind === 'event' ? message.event.position : message.position;
      if (position === undefined || waiting === 0 || (message.kind === 'event' && waiting < BATCH)) continue;
      await this.readSide.waitFor(position);
      for (const [list, changed] of streams) {
        const references = await referencesOf(this.readSide, [...changed]);
        yield { position: streams.size === 1 ? position : told, list, references };
        streams.delete(list);
      }
      told = position;
      waiting = 0;
    }
  }
}
