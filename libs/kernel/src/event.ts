/** The shape of an event: as a decider makes it, as the log keeps it, and the definitions from which both are checked. */
import { z } from 'zod';
import { personalFieldsOf, type PersonalField } from './personal';

/** A fact as a decider states it. `data` holds personal fields in the clear; they are sealed before they are stored. */
export interface DomainEvent<Type extends string = string, Data = Record<string, unknown>> {
  readonly type: Type;
  readonly data: Data;
  /** When it happened, if a person says so; otherwise the moment of the decision. UTC instant. */
  readonly occurredAt?: string;
}

export interface EventMeta {
  readonly service: string;
  /** A practitioner's id, `public`, `machine` or `system`: never a name. */
  readonly actor: string;
  readonly role: string;
  readonly commandId: string;
  readonly correlationId: string;
  /** The event or message that led to this command, where there was one. */
  readonly causationId?: string;
  /** Keyed digest of the request that made it, so that one key with two different bodies is noticed. */
  readonly fingerprint?: string;
}

/** An event ready to append: identified, shaped, sealed; not yet placed or hashed. */
export interface NewEvent {
  readonly id: string;
  readonly type: string;
  readonly schemaVersion: number;
  readonly occurredAt: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly meta: EventMeta;
}

/** An event in the log. Stored format: a change here needs an ADR. */
export interface RecordedEvent<E extends DomainEvent = DomainEvent> {
  readonly id: string;
  readonly stream: string;
  /** 0 for the first event of a stream. */
  readonly revision: number;
  /** Place in the log: opaque, fixed width, ordered as text. */
  readonly position: string;
  readonly type: E['type'];
  readonly schemaVersion: number;
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly data: E['data'];
  readonly meta: EventMeta;
  /** Hash of the event before it in its stream; 64 zeros for the first. */
  readonly previousHash: string;
  readonly hash: string;
}

/** One event type: its schema, its version, and how older stored versions become this one. */
export interface EventDefinition<S extends z.ZodObject = z.ZodObject> {
  readonly schema: S;
  readonly schemaVersion: number;
  readonly personal: ReadonlyMap<string, PersonalField>;
  /** Keyed by the version it upgrades from; each step leads to the next version. */
  readonly upcasts: Readonly<Record<number, (data: Record<string, unknown>) => Record<string, unknown>>>;
}

export type EventDefinitions = Readonly<Record<string, EventDefinition>>;

interface Versioned<S extends z.ZodObject> {
  readonly schema: S;
  readonly version: number;
  readonly upcasts: EventDefinition['upcasts'];
}

/**
 * Declares the events of one file: name to schema. The names are the stored names and are never reused.
 * Wrap a schema in `versioned` from its second version on.
 */
export function defineEvents<D extends Record<string, z.ZodObject | Versioned<z.ZodObject>>>(
  definitions: D,
): { readonly [K in keyof D]: EventDefinition<D[K] extends Versioned<infer S> ? S : D[K] extends z.ZodObject ? D[K] : never> } {
  const built: Record<string, EventDefinition> = {};
  for (const [type, entry] of Object.entries(definitions)) {
    const { schema, version, upcasts } = entry instanceof z.ZodObject ? { schema: entry, version: 1, upcasts: {} } : entry;
    built[type] = { schema, schemaVersion: version, upcasts, personal: personalFieldsOf(schema) };
  }
  return built as never;
}

export function versioned<S extends z.ZodObject>(version: number, schema: S, upcasts: EventDefinition['upcasts']): Versioned<S> {
  return { schema, version, upcasts };
}

/** The union of the events that a set of definitions declares. */
export type EventOf<D extends EventDefinitions> = {
  [K in keyof D & string]: DomainEvent<K, z.output<D[K]['schema']>>;
}[keyof D & string];
