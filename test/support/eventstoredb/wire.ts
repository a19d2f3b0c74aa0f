/** What every service of the server needs of the wire: names, ids, records as messages, and the ways in which a node refuses. */
import { status, Metadata, type ServerErrorResponse } from '@grpc/grpc-js';
import { StreamIdentifier, UUID } from '@eventstore/db-client/generated/shared_pb';
import { ReadResp } from '@eventstore/db-client/generated/streams_pb';
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Expected } from './placing';
import type { ProposedEvent, StoredEvent } from './records';

/** The sum of the data bytes of one append; metadata is not counted. */
export const MAX_APPEND_BYTES = 1_048_576;

export type Refusal = Partial<ServerErrorResponse> & { readonly code: status; readonly details: string };

export function refusal(code: status, details: string, trailers: Readonly<Record<string, string>> = {}): Refusal {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, headerText(value));
  return { code, details, metadata };
}

/** Carries a refusal out of the reading of a request; the message is what a node says of it in a reply. */
export class Refused extends Error {
  constructor(
    readonly refusal: Refusal,
    why = refusal.details,
  ) {
    super(why);
  }
}

/** What a node says of a request that it cannot make sense of. */
export const handlerThrew = (): Refusal => refusal(status.UNKNOWN, 'Exception was thrown by handler.');

export const streamDeleted = (stream: string): Refusal =>
  refusal(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, { exception: 'stream-deleted', 'stream-name': stream });

export const tooBig = (): Refusal =>
  refusal(status.INVALID_ARGUMENT, `Maximum Append Size of ${MAX_APPEND_BYTES} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(MAX_APPEND_BYTES),
  });

export const timedOut = (why: string): Refusal => refusal(status.ABORTED, `Operation timed out: ${why}`);

export const unavailable = (): Refusal => refusal(status.UNAVAILABLE, 'Server Is Not Ready');

/** Header values are ASCII. */
function headerText(value: string): string {
  return value.replace(/[^\x20-\x7e]+/g, encodeURIComponent);
}

export function nameOf(identifier: StreamIdentifier | undefined): string {
  const name = Buffer.from(identifier?.getStreamName_asU8() ?? []).toString('utf8');
  if (name === '') throw new Refused(handlerThrew(), "Value cannot be null. (Parameter 'value')");
  return name;
}

export function identifierOf(stream: string): StreamIdentifier {
  return new StreamIdentifier().setStreamName(Buffer.from(stream, 'utf8'));
}

interface Expecting {
  hasNoStream(): boolean;
  hasAny(): boolean;
  hasStreamExists(): boolean;
}

export function expectedOf(options: Expecting, revision: string): Expected {
  if (options.hasNoStream()) return 'none';
  if (options.hasAny()) return 'any';
  if (options.hasStreamExists()) return 'exists';
  return BigInt(revision);
}

interface Proposed {
  getId(): UUID | undefined;
  getMetadataMap(): { get(name: string): string | undefined };
  getData_asU8(): Uint8Array;
  getCustomMetadata_asU8(): Uint8Array;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NIL = '00000000-0000-0000-0000-000000000000';

export function isTooBig(events: readonly ProposedEvent[]): boolean {
  return events.reduce((bytes, { data }) => bytes + data.length, 0) > MAX_APPEND_BYTES;
}

/** @throws Refused */
export function proposedOf(message: Proposed): ProposedEvent {
  const [type, contentType] = [required(message, 'type'), required(message, 'content-type')];
  const id = message.getId()?.getString().toLowerCase() ?? '';
  if (type === '') throw new Refused(handlerThrew(), "Empty eventType provided. (Parameter 'eventType')");
  if (!ID.test(id)) throw new Refused(handlerThrew(), 'Unrecognized Guid format.');
  if (id === NIL) throw new Refused(handlerThrew(), "Empty eventId provided. (Parameter 'eventId')");
  return { id, type, isJson: contentType === 'application/json', data: message.getData_asU8(), metadata: message.getCustomMetadata_asU8() };
}

function required(message: Proposed, property: string): string {
  const value = message.getMetadataMap().get(property);
  if (value !== undefined) return value;
  throw new Refused(
    refusal(status.INVALID_ARGUMENT, `Required Metadata Property '${property}' is missing`, {
      exception: 'missing-required-metadata-property',
      'required-metadata-properties': 'content-type,type',
    }),
  );
}

export function eventMessage(stored: StoredEvent): ReadResp {
  const position = stored.position.toString();
  const event = new ReadResp.ReadEvent.RecordedEvent()
    .setId(new UUID().setString(stored.id))
    .setStreamIdentifier(identifierOf(stored.stream))
    .setStreamRevision(stored.revision.toString())
    .setPreparePosition(position)
    .setCommitPosition(position)
    .setCustomMetadata(stored.metadata)
    .setData(stored.data);
  event
    .getMetadataMap()
    .set('type', stored.type)
    .set('created', stored.created.toString())
    .set('content-type', stored.isJson ? 'application/json' : 'application/octet-stream');
  return new ReadResp().setEvent(new ReadResp.ReadEvent().setEvent(event).setCommitPosition(position));
}

/** Ends a call as a node does that is being stopped: no status, and the connection stays. Resolves when the other side has it. */
export function resetWithoutStatus(call: object): Promise<void> {
  const stream = streamOf(call);
  const { session } = stream;
  stream.close(constants.NGHTTP2_NO_ERROR);
  return new Promise((resolve) => {
    if (!session || session.destroyed) resolve();
    else session.ping(() => resolve());
  });
}

/** The caller has cancelled: the end of what it sends is not the end of what it meant to send. */
export function isGivenUp(call: object): boolean {
  const { aborted, closed, destroyed } = streamOf(call);
  return aborted || closed || destroyed;
}

/** Sends without waiting for what was sent before, which the library does at every message; `sent` is told when it has left. */
export function sendAtOnce(call: object, message: ReadResp, sent: () => void): void {
  inside<{ sendMessage(message: ReadResp, sent: () => void): void }>(call, 'call').sendMessage(message, sent);
}

/** The library has no word for a reset, hence the reach inside. */
function streamOf(call: object): ServerHttp2Stream {
  return inside<ServerHttp2Stream>(inside<object>(call, 'call'), 'stream');
}

function inside<T>(of: object, name: string): T {
  const found: unknown = Reflect.get(of, name);
  if (found === undefined) throw new Error(`This version of the gRPC library keeps no ${name} there`);
  return found as T;
}
