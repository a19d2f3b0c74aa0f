/** What every store refuses before it is asked, so that all answer alike and a log can move from one to another. */
import { canonical, NotJson, type NewEvent } from '@waymark/kernel';
import { APPEND_LIMIT_BYTES, UnacceptableAppend, type ExpectedRevision } from './event-store';

/** An event with the texts that are stored and hashed. */
export interface AcceptedEvent {
  readonly event: NewEvent;
  readonly data: string;
  readonly meta: string;
}

export function accepted(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): AcceptedEvent[] {
  if (stream === '') throw new UnacceptableAppend('empty', 'An append needs a stream');
  if (events.length === 0) throw new UnacceptableAppend('empty', `Nothing to append to ${stream}`);
  if (expected !== 'none' && !(Number.isSafeInteger(expected) && expected >= 0)) {
    throw new UnacceptableAppend('expected', `The expected revision of ${stream} is 'none' or a whole number from 0`);
  }
  if (events.length > 1 && new Set(events.map(({ id }) => id)).size < events.length) {
    throw new UnacceptableAppend('one-id-twice', `An append to ${stream} holds one event id twice`);
  }
  let bytes = 0;
  return events.map((event) => {
    const data = written(event, 'data', event.data);
    bytes += Buffer.byteLength(data);
    if (bytes > APPEND_LIMIT_BYTES) {
      throw new UnacceptableAppend('too-large', `An append to ${stream} holds more than ${APPEND_LIMIT_BYTES} bytes of data`);
    }
    return { event, data, meta: written(event, 'meta', event.meta) };
  });
}

function written(event: NewEvent, part: 'data' | 'meta', value: object): string {
  try {
    return canonical(value);
  } catch (fault) {
    if (!(fault instanceof NotJson)) throw fault;
    throw new UnacceptableAppend(fault.brokenText ? 'broken-text' : 'not-json', `${event.type}: ${part}${fault.path} ${fault.problem}`);
  }
}
