/** Seals the personal fields of events before they are stored, and opens them for a reader. */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import {
  ERASED,
  isErased,
  isSealed,
  type EventDefinition,
  type EventDefinitions,
  type NewEvent,
  type RecordedEvent,
  type Sealed,
} from '@waymark/kernel';
import { freshBytes } from './fresh-bytes';
import { IDENTITY, keyId, type KeyName, type Keys, type NamedKey } from './keys';

/** A sealed value whose key is here and does not open it: it was changed, or moved from another event or field. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
  constructor(eventId: string, field: string) {
    super(`The sealed field '${field}' of event ${eventId} was changed after it was sealed. Run: waymark events verify`);
  }
}

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** One personal field of one event, and the key that it needs. */
interface Place {
  readonly event: NewEvent;
  readonly field: string;
  readonly key: KeyName;
  readonly keyId: string;
}

/** The events with their personal fields sealed. Every key that was used is on disk when this resolves. `history` as of Sealer. */
export async function sealEvents(
  keys: Keys,
  stream: string,
  events: readonly NewEvent[],
  definitions: EventDefinitions,
  history: readonly RecordedEvent[] = [],
): Promise<NewEvent[]> {
  const places = events.flatMap((event) => placesIn(stream, event, definitions));
  if (places.length === 0) return [...events];
  const names = new Map(places.map((place) => [place.keyId, place.key]));
  const given = await keys.provide([...names.values()], (name) => history.some((event) => isSealedIn(event, name)));
  const keyFor = new Map([...names.keys()].map((id, i) => [id, given[i]!]));
  const sealed = new Map<NewEvent, Record<string, unknown>>();
  for (const { event, field, keyId } of places) {
    const data = sealed.get(event) ?? { ...event.data };
    data[field] = seal(keyFor.get(keyId)!, event.id, field, event.data[field]);
    sealed.set(event, data);
  }
  return events.map((event) => {
    const data = sealed.get(event);
    return data ? { ...event, data } : event;
  });
}

/**
 * The event with its sealed fields opened: the value, or ERASED where the key is destroyed or gone.
 * With its definition, only the fields that it declares as personal are opened.
 */
export function openEvent<E extends RecordedEvent>(keys: Keys, event: E, definition?: EventDefinition): E {
  const fields = Object.entries(event.data).flatMap(([field, value]) =>
    isSealed(value) && definition?.personal.has(field) !== false ? [{ field, value }] : [],
  );
  if (fields.length === 0) return event;
  const found = keys.find(fields.map(({ value }) => ({ subject: value.subject, name: value.key })));
  const opened: Record<string, unknown> = {};
  fields.forEach(({ field, value }, i) => {
    const key = found[i];
    opened[field] = key ? unseal(key, value, event.id, field) : ERASED;
  });
  return { ...event, data: { ...event.data, ...opened } };
}

/** Subjects whose key is missing, or is another one than that under which this was sealed. A destroyed key is not missing. */
export function unopenedIn(keys: Keys, event: RecordedEvent): string[] {
  const subjects = new Set<string>();
  for (const [field, value] of Object.entries(event.data)) {
    if (!isSealed(value)) continue;
    const name = { subject: value.subject, name: value.key };
    const [key] = keys.find([name]);
    if (key ? !opens(key, value, event.id, field) : keys.isMissing(name)) subjects.add(value.subject);
  }
  return [...subjects];
}

function opens(key: Uint8Array, sealed: Sealed, eventId: string, field: string): boolean {
  try {
    unseal(key, sealed, eventId, field);
    return true;
  } catch (fault) {
    if (fault instanceof SealBroken) return false;
    throw fault;
  }
}

function placesIn(stream: string, event: NewEvent, definitions: EventDefinitions): Place[] {
  const definition = Object.hasOwn(definitions, event.type) ? definitions[event.type] : undefined;
  if (!definition) throw new Error(`There is no definition of the event type ${event.type}: its personal fields are not known`);
  const places: Place[] = [];
  for (const [field, { subjectField, kind }] of definition.personal) {
    const value = event.data[field];
    if (value === undefined || isErased(value) || isSealed(value)) continue;
    const subject = event.data[subjectField];
    if (typeof subject !== 'string' || subject === '') {
      throw new Error(`${event.type} has the personal field '${field}' but no '${subjectField}' that says whom it is about`);
    }
    const key = { subject, name: kind === 'identity' ? IDENTITY : stream };
    places.push({ event, field, key, keyId: keyId(key) });
  }
  return places;
}

function isSealedIn({ data }: RecordedEvent, { subject, name }: KeyName): boolean {
  return Object.values(data).some((value) => isSealed(value) && value.subject === subject && value.key === name);
}

function seal({ subject, name, key }: NamedKey, eventId: string, field: string, value: unknown): Sealed {
  const iv = freshBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv).setAAD(additionalData(eventId, field));
  const ct = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return { $enc: 1, subject, key: name, iv: iv.toString('base64'), ct: ct.toString('base64') };
}

function unseal(key: Uint8Array, sealed: Sealed, eventId: string, field: string): unknown {
  try {
    const ct = Buffer.from(sealed.ct, 'base64');
    const decipher = createDecipheriv(CIPHER, key, Buffer.from(sealed.iv, 'base64'), { authTagLength: TAG_BYTES })
      .setAAD(additionalData(eventId, field))
      .setAuthTag(ct.subarray(-TAG_BYTES));
    const plain = Buffer.concat([decipher.update(ct.subarray(0, -TAG_BYTES)), decipher.final()]);
    return JSON.parse(plain.toString('utf8'));
  } catch {
    throw new SealBroken(eventId, field);
  }
}

/** Binds a value to its place. Stored format. */
function additionalData(eventId: string, field: string): Buffer {
  return Buffer.from(`${eventId}/${field}`, 'utf8');
}
