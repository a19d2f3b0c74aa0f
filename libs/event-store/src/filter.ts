/** Whether an event is one that a reader asked for: for logs that do not look it up. */
import type { RecordedEvent } from '@waymark/kernel';
import type { EventFilter } from './event-store';

export function isAskedFor({ meta, type, stream }: RecordedEvent, { service, types, streamPrefixes }: EventFilter): boolean {
  return (
    (service === undefined || meta.service === service) &&
    (types === undefined || types.includes(type)) &&
    (streamPrefixes === undefined || streamPrefixes.some((prefix) => stream.startsWith(prefix)))
  );
}
