/** `Read`: a stream or $all, forwards or backwards, once; or, when it asks for a subscription, for ever. */
import { status, type handleServerStreamingCall } from '@grpc/grpc-js';
import { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb';
import type { Node } from './node';
import { fromPosition, Sender, type Reading } from './reading';
import { NEVER, type Records, type StoredEvent } from './records';
import { subscribe } from './subscription';
import { eventMessage, handlerThrew, identifierOf, nameOf, refusal, Refused, streamDeleted } from './wire';

const BACKWARDS = ReadReq.Options.ReadDirection.BACKWARDS;

export function readService(node: Node): handleServerStreamingCall<ReadReq, ReadResp> {
  return (call) => {
    const options = call.request.getOptions();
    const kind = options?.hasSubscription() ? 'subscribe' : 'read';
    node.calls[kind]++;
    const fault = node.faults.atTheDoor(kind, call.metadata);
    if (fault === 'unanswered') return;
    if (fault) return void call.emit('error', fault);
    const read = async (): Promise<void> => {
      if (!options) throw new Refused(handlerThrew());
      if (kind === 'subscribe') return subscribe(node, call, options);
      await send(call, options.hasAll() ? ofAll(node.records, options) : ofStream(node.records, options));
      call.end();
    };
    read().catch((thrown: unknown) => call.emit('error', thrown instanceof Refused ? thrown.refusal : handlerThrew()));
  };
}

async function send(call: Reading, messages: Iterable<ReadResp>): Promise<void> {
  const sender = new Sender(call);
  for (const message of messages) await sender.send(message);
}

function ofStream(records: Records, options: ReadReq.Options): Iterable<ReadResp> {
  const stream = nameOf(options.getStream()?.getStreamIdentifier());
  const [from, count] = [fromRevision(options), countOf(options)];
  if (records.isTombstoned(stream)) throw new Refused(streamDeleted(stream));
  const backwards = options.getReadDirection() === BACKWARDS;
  if ((from === 'end' && !backwards) || count === 0) throw new Refused(refusal(status.UNKNOWN, 'Unexpected ReadStreamResult: Error'));
  const events = records.of(stream);
  if (events.length === 0 || records.isSoftlyDeleted(stream))
    return [new ReadResp().setStreamNotFound(new ReadResp.StreamNotFound().setStreamIdentifier(identifierOf(stream)))];
  const first = Number(records.firstReadable(stream));
  const last = events.length - 1;
  const at = from === 'end' ? last : Number(from);
  return backwards ? down(events, Math.min(at, last), first, count) : up(events, Math.max(at, first), count);
}

function ofAll(records: Records, options: ReadReq.Options): Iterable<ReadResp> {
  const from = fromPosition(options);
  const count = countOf(options);
  const { all, end } = records;
  const backwards = options.getReadDirection() === BACKWARDS;
  if (from === 'start') return backwards ? [] : up(all, 0, count);
  if (from === 'end') return backwards ? down(all, all.length - 1, 0, count) : [];
  if (!records.isRecord(from.commit) && (from.commit <= records.last || (backwards && from.commit !== end)))
    throw new Refused(refusal(status.UNKNOWN, 'Unexpected ReadAllResult: Error'));
  const at = records.indexFrom(from.commit);
  if (!backwards) return up(all, at, count);
  // Backwards a position whose prepare is the lesser one stands for the event before.
  return down(all, from.prepare < from.commit ? at - 2 : at - 1, 0, count);
}

function* up(events: readonly StoredEvent[], from: number, count: number): Iterable<ReadResp> {
  const to = Math.min(events.length, from + count);
  for (let i = from; i < to; i++) yield eventMessage(events[i]!);
}

function* down(events: readonly StoredEvent[], from: number, to: number, count: number): Iterable<ReadResp> {
  for (let i = from; i >= to && i > from - count; i--) yield eventMessage(events[i]!);
}

/** Beyond what a node can count to, it throws. */
function fromRevision(options: ReadReq.Options): bigint | 'end' {
  const stream = options.getStream();
  if (stream?.hasEnd()) return 'end';
  const revision = stream?.hasStart() ? 0n : BigInt(stream?.getRevision() ?? 0);
  if (revision > NEVER) throw new Refused(handlerThrew());
  return revision;
}

function countOf(options: ReadReq.Options): number {
  return Number(options.getCount());
}
