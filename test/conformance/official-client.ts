/** The official client as these suites use it: appends over the unary call, and subscriptions whose every message is kept in order. */
import { randomUUID } from 'node:crypto';
import {
  binaryEvent,
  EventStoreDBClient,
  jsonEvent,
  type AllStreamRecordedEvent,
  type AppendExpectedRevision,
  type EventData,
  type Filter,
  type Position,
  type ResolvedEvent,
} from '@eventstore/db-client';

const opened: EventStoreDBClient[] = [];

/** `more`: further options of the connection string, such as `&keepAliveInterval=1000`. */
export function connect(url: string, more = ''): EventStoreDBClient {
  const client = EventStoreDBClient.connectionString(`${url}${more}`);
  opened.push(client);
  return client;
}

export async function disconnectAll(): Promise<void> {
  await Promise.all(opened.splice(0).map((client) => client.dispose()));
}

export const event = (type = 'Tried', id: string = randomUUID(), data: Record<string, unknown> = { n: 1 }): EventData =>
  jsonEvent({ type, id, data });

export const events = (count: number, type?: string): EventData[] => Array.from({ length: count }, () => event(type));

export const bytes = (length: number): EventData => binaryEvent({ type: 'Bytes', id: randomUUID(), data: new Uint8Array(length) });

/** Credentials with the call are what makes the client take `Append` and not `BatchAppend`. */
const UNARY = { credentials: { username: 'anyone', password: 'anything' } };

export function append(
  client: EventStoreDBClient,
  stream: string,
  proposed: EventData[],
  expectedRevision: AppendExpectedRevision,
  more: { deadline?: number; requiresLeader?: boolean } = {},
): ReturnType<EventStoreDBClient['appendToStream']> {
  return client.appendToStream(stream, proposed, { expectedRevision, ...UNARY, ...more });
}

/** @throws what the client throws */
export async function collected<T>(read: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of read) all.push(one);
  return all;
}

export async function idsOf(client: EventStoreDBClient, stream: string): Promise<(string | undefined)[]> {
  return (await collected(client.readStream(stream))).map(({ event: stored }) => stored?.id);
}

export type Message =
  | { readonly kind: 'confirmation' | 'caughtUp' }
  | { readonly kind: 'event'; readonly event: AllStreamRecordedEvent }
  | { readonly kind: 'checkpoint'; readonly position: Position }
  | { readonly kind: 'error'; readonly error: Error & { readonly type?: string; readonly code?: number } };

export interface Subscribed {
  readonly messages: readonly Message[];
  readonly events: readonly AllStreamRecordedEvent[];
  has(kind: Message['kind']): boolean;
  pause(): void;
  resume(): void;
}

export function subscribe(
  client: EventStoreDBClient,
  fromPosition: Position | 'start' | 'end',
  filter?: (checkpointReached: (at: Position) => void) => Filter,
): Subscribed {
  const messages: Message[] = [];
  const checkpoint = (position: Position): void => void messages.push({ kind: 'checkpoint', position });
  const subscription = client.subscribeToAll({ fromPosition, ...(filter ? { filter: filter(checkpoint) } : {}) });
  subscription
    .on('confirmation', () => messages.push({ kind: 'confirmation' }))
    .on('caughtUp', () => messages.push({ kind: 'caughtUp' }))
    .on('error', (error: Error) => messages.push({ kind: 'error', error }))
    .on('data', ({ event: stored }: ResolvedEvent) => stored && messages.push({ kind: 'event', event: stored as AllStreamRecordedEvent }));
  return {
    messages,
    get events() {
      return messages.flatMap((message) => (message.kind === 'event' ? [message.event] : []));
    },
    has: (kind) => messages.some((message) => message.kind === kind),
    pause: () => subscription.pause(),
    resume: () => subscription.resume(),
  };
}

/** A client may still hold the connection of a server that was stopped a moment ago: again, until it has noticed. */
export async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (fault) {
      if ((fault as { code?: number }).code !== 14) throw fault;
    }
  }
}

/** Waits for what must come; the time-out of the test is the only limit. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}
