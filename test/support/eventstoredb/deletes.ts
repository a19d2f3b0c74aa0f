/** `Delete` hides a stream until somebody appends to it again; `Tombstone` ends it for ever. */
import { status, type handleUnaryCall } from '@grpc/grpc-js';
import { type DeleteReq, DeleteResp, type TombstoneReq, TombstoneResp } from '@eventstore/db-client/generated/streams_pb';
import type { Node } from './node';
import { isAsExpected, type Expected } from './placing';
import { jsonEvent, NEVER, type Records } from './records';
import { expectedOf, handlerThrew, nameOf, refusal, Refused, resetWithoutStatus, streamDeleted } from './wire';

/** How a node writes an expectation that is no revision. */
const NUMBERS = { none: -1n, any: -2n, exists: -4n };

export function deleteService(node: Node): handleUnaryCall<DeleteReq, DeleteResp> {
  return ended(node, (options) => {
    const { stream, expected } = wantedOf(options);
    const { records } = node;
    refuseUnless(records, stream, expected);
    const hidden = records.store(`$$${stream}`, [jsonEvent('$metadata', { ...records.metadataOf(stream), $tb: NEVER })]);
    const at = hidden.at(-1)!.position.toString();
    return new DeleteResp().setPosition(new DeleteResp.Position().setCommitPosition(at).setPreparePosition(at));
  });
}

export function tombstoneService(node: Node): handleUnaryCall<TombstoneReq, TombstoneResp> {
  return ended(node, (options) => {
    const { stream, expected } = wantedOf(options);
    // A stream that never was may be ended, too.
    if (expected !== 'any' || node.records.isTombstoned(stream)) refuseUnless(node.records, stream, expected);
    const at = node.records.tombstone(stream).position.toString();
    return new TombstoneResp().setPosition(new TombstoneResp.Position().setCommitPosition(at).setPreparePosition(at));
  });
}

type Options = DeleteReq.Options | TombstoneReq.Options | undefined;

function ended<Req extends { getOptions(): Options }, Resp>(node: Node, end: (options: Options) => Resp): handleUnaryCall<Req, Resp> {
  return (call, answer) => {
    node.calls.delete++;
    const fault = node.faults.atTheDoor('delete', call.metadata);
    if (fault === 'unanswered') return;
    if (fault) return answer(fault);
    try {
      const done = end(call.request.getOptions());
      if (node.faults.take('answer-lost', 'delete')) return;
      if (node.faults.take('reset-after-storing', 'delete')) return void resetWithoutStatus(call);
      answer(null, done);
    } catch (thrown) {
      answer(thrown instanceof Refused ? thrown.refusal : handlerThrew());
    }
  };
}

function wantedOf(options: Options): { stream: string; expected: Expected } {
  if (!options) throw new Refused(handlerThrew());
  return { stream: nameOf(options.getStreamIdentifier()), expected: expectedOf(options, options.getRevision()) };
}

function refuseUnless(records: Records, stream: string, expected: Expected): void {
  if (records.isTombstoned(stream)) throw new Refused(streamDeleted(stream));
  if (isAsExpected(records, stream, expected)) return;
  const [wanted, actual] = [typeof expected === 'bigint' ? expected : NUMBERS[expected], records.of(stream).at(-1)?.revision ?? -1n];
  throw new Refused(
    refusal(
      status.FAILED_PRECONDITION,
      `Delete failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${wanted}, Actual version: ${actual}`,
      {
        exception: 'wrong-expected-version',
        'stream-name': stream,
        'expected-version': wanted.toString(),
        'actual-version': actual.toString(),
      },
    ),
  );
}
