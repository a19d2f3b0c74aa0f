/** `BatchAppend`: many appends over one call, told apart by an id; errors travel in the reply. The product never uses it, hand tools do. */
import type { handleBidiStreamingCall } from '@grpc/grpc-js';
import { Any } from 'google-protobuf/google/protobuf/any_pb';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import type { Message } from 'google-protobuf';
import {
  AllStreamPosition,
  BadRequest,
  MaximumAppendSizeExceeded,
  StreamDeleted,
  WrongExpectedVersion,
} from '@eventstore/db-client/generated/shared_pb';
import { Code } from '@eventstore/db-client/generated/code_pb';
import { Status } from '@eventstore/db-client/generated/status_pb';
import { type BatchAppendReq, BatchAppendResp } from '@eventstore/db-client/generated/streams_pb';
import type { Node } from './node';
import { append, type Expected, type Placed } from './placing';
import { expectedOf, handlerThrew, identifierOf, isTooBig, MAX_APPEND_BYTES, nameOf, proposedOf, Refused } from './wire';

export function batchAppendService(node: Node): handleBidiStreamingCall<BatchAppendReq, BatchAppendResp> {
  return (call) => {
    const parts = new Map<string, BatchAppendReq[]>();
    call.on('data', (part: BatchAppendReq) => {
      const id = part.getCorrelationId()?.getString() ?? '';
      const whole = [...(parts.get(id) ?? []), part];
      parts.set(id, whole);
      if (!part.getIsFinal()) return;
      parts.delete(id);
      node.calls['batch-append']++;
      const fault = node.faults.atTheDoor('batch-append', call.metadata);
      if (fault === 'unanswered') return;
      if (fault) call.emit('error', fault);
      else call.write(reply(node, whole).setCorrelationId(part.getCorrelationId()));
    });
    call.on('end', () => call.end());
  };
}

function reply(node: Node, parts: readonly BatchAppendReq[]): BatchAppendResp {
  const options = parts[0]?.getOptions();
  const answer = new BatchAppendResp().setStreamIdentifier(options?.getStreamIdentifier());
  try {
    if (!options) throw new Refused(handlerThrew());
    const stream = nameOf(options.getStreamIdentifier());
    const expected = expectedOf(options, options.getStreamPosition());
    const events = parts.flatMap((part) => part.getProposedMessagesList()).map(proposedOf);
    if (isTooBig(events)) return answer.setError(tooBig());
    const placed = append(node.records, stream, expected, events);
    if (placed.outcome === 'deleted') return answer.setError(deleted(stream));
    if (placed.outcome === 'wrong-revision') return answer.setError(wrongRevision(expected, placed.actual));
    return answer.setSuccess(success(placed, node.faults.take('no-position', 'batch-append')));
  } catch (fault) {
    if (!(fault instanceof Refused)) throw fault;
    return answer.setError(malformed(fault.message));
  }
}

function success({ revision, position }: Placed & { outcome: 'stored' | 'repeated' }, withoutPosition: boolean): BatchAppendResp.Success {
  const said = new BatchAppendResp.Success();
  if (revision === undefined) said.setNoStream(new Empty());
  else said.setCurrentRevision(revision.toString());
  if (position === undefined || withoutPosition) return said.setNoPosition(new Empty());
  return said.setPosition(new AllStreamPosition().setCommitPosition(position.toString()).setPreparePosition(position.toString()));
}

function error(code: Code, message: string, details: Message): Status {
  const any = new Any();
  any.pack(details.serializeBinary(), `event_store.client.${message}`);
  return new Status().setCode(code).setMessage(message).setDetails(any);
}

const deleted = (stream: string): Status =>
  error(Code.NOT_FOUND, 'StreamDeleted', new StreamDeleted().setStreamIdentifier(identifierOf(stream)));

const tooBig = (): Status =>
  error(Code.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', new MaximumAppendSizeExceeded().setMaxappendsize(MAX_APPEND_BYTES));

const malformed = (why: string): Status => error(Code.INVALID_ARGUMENT, 'BadRequest', new BadRequest().setMessage(why));

function wrongRevision(expected: Expected, actual: bigint | undefined): Status {
  const wrong = new WrongExpectedVersion();
  if (actual === undefined) wrong.setCurrentNoStream(new Empty());
  else wrong.setCurrentStreamRevision(actual.toString());
  if (expected === 'none') wrong.setExpectedNoStream(new Empty());
  else if (expected === 'any') wrong.setExpectedAny(new Empty());
  else if (expected === 'exists') wrong.setExpectedStreamExists(new Empty());
  else wrong.setExpectedStreamPosition(expected.toString());
  return error(Code.ALREADY_EXISTS, 'WrongExpectedVersion', wrong);
}
