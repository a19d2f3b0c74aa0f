/** Brings stored events to the version this program speaks. Used by the command loop and by every projection, and nowhere else. */
import type { EventDefinitions, RecordedEvent } from './event';

/** The log holds a version of an event that this program does not know yet: it is older than its log. */
export class LogIsNewer extends Error {
  override readonly name = 'LogIsNewer';
}

/** The log holds a type of event that this program has never heard of. */
export class UnknownEventType extends Error {
  override readonly name = 'UnknownEventType';
}

/** An event as its newest version. One that already is comes back as the same object. */
export function upcasting(definitions: EventDefinitions): (event: RecordedEvent) => RecordedEvent {
  return (event) => {
    const definition = Object.hasOwn(definitions, event.type) ? definitions[event.type] : undefined;
    if (!definition)
      throw new UnknownEventType(`${event.stream} revision ${event.revision} is a ${event.type}, which this program does not know`);
    if (event.schemaVersion === definition.schemaVersion) return event;
    if (event.schemaVersion > definition.schemaVersion) {
      throw new LogIsNewer(
        `${event.stream} revision ${event.revision} is ${event.type} version ${event.schemaVersion}; this program knows up to ${definition.schemaVersion}`,
      );
    }
    let data = event.data;
    for (let version = event.schemaVersion; version < definition.schemaVersion; version++) {
      const step = definition.upcasts[version];
      if (!step) throw new Error(`${event.type} has no upcast from version ${version}`);
      data = step(data);
    }
    return { ...event, data, schemaVersion: definition.schemaVersion };
  };
}
