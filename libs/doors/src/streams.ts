/** A stream as the present program reads it: events of older versions as their newest. */
import type { EventStore } from '@waymark/event-store';
import { upcasting, type RecordedEvent } from '@waymark/kernel';
import { eventDefinitions } from '@waymark/read-models';

const upcast = upcasting(eventDefinitions);

export async function readStream(store: Pick<EventStore, 'read'>, stream: string, most?: number): Promise<RecordedEvent[]> {
  return (await store.read(stream, 0, most)).map(upcast);
}
