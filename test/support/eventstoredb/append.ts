/** `Append`: options, one message an event, one reply. A wrong revision is an ordinary reply. */
import type { handleClientStreamingCall, sendUnaryData, ServerReadableStream } from '@grpc/grpc-js';
import { Empty } from '@eventstore/db-client/generated/shared_pb';
import { AppendReq, AppendResp } from '@eventstore/db-client/generated/streams_pb';
import { later, type Node } from './node';
import { append, type Expected, type Placed } from './placing';
import type { ProposedEvent } from './records';
import {
  expectedOf,
  handlerThrew,
  isGivenUp,
  isTooBig,
  nameOf,
  proposedOf,
  Refused,
  resetWithoutStatus,
  streamDeleted,
  timedOut,
  tooBig,
} from './wire';

interface Request {
  readonly stream: string;
  readonly expected: Expected;
  readonly events: readonly ProposedEvent[];
}

export function appendService(node: Node): handleClientStreamingCall<AppendReq, AppendResp> {
  return (call, answer) => {
    const messages: AppendReq[] = [];
    call.on('data', (message: AppendReq) => messages.push(message));
    call.on('end', () => {
      // Given up in the middle: what came so far is not the append.
      if (isGivenUp(call)) return;
      try {
        answered(node, call, messages, answer);
      } catch (fault) {
        answer(fault instanceof Refused ? fault.refusal : handlerThrew());
      }
    });
  };
}

function answered(
  node: Node,
  call: ServerReadableStream<AppendReq, AppendResp>,
  messages: readonly AppendReq[],
  answer: sendUnaryData<AppendResp>,
): void {
  const { faults, settings, records } = node;
  node.calls.append++;
  node.appends.longestWaitMs = Math.max(node.appends.longestWaitMs, Number(call.getDeadline()) - Date.now());
  const fault = faults.atTheDoor('append', call.metadata);
  if (fault === 'unanswered') return;
  if (fault) return answer(fault);
  const { stream, expected, events } = requestOf(messages);

  if (faults.take('timeout-stored-later', 'append')) {
    later(settings.commitTimeoutMs, () => answer(timedOut('Commit phase timeout.')));
    return later(settings.commitTimeoutMs + settings.storedLaterMs, () => append(records, stream, expected, events));
  }
  const placed = append(records, stream, expected, events);
  if (placed.outcome === 'repeated' && faults.take('resend-times-out', 'append'))
    return later(settings.commitTimeoutMs, () => answer(timedOut('Commit phase timeout.')));
  if (placed.outcome === 'repeated' && faults.take('resend-refused', 'append'))
    return answer(null, reply(expected, { outcome: 'wrong-revision', actual: records.of(stream).at(-1)?.revision }));
  if (placed.outcome === 'stored' && faults.take('answer-lost', 'append')) return;
  if (placed.outcome === 'stored' && faults.take('reset-after-storing', 'append')) return void resetWithoutStatus(call);
  if (placed.outcome === 'deleted') return answer(streamDeleted(stream));
  const silentOnPosition = placed.outcome !== 'wrong-revision' && faults.take('no-position', 'append');
  answer(null, reply(expected, silentOnPosition ? { ...placed, position: undefined } : placed));
}

function requestOf([first, ...rest]: readonly AppendReq[]): Request {
  const options = first?.getOptions();
  if (!options) throw new Refused(handlerThrew());
  const messages = rest.map((message) => message.getProposedMessage() ?? new AppendReq.ProposedMessage());
  const events = messages.map(proposedOf);
  if (isTooBig(events)) throw new Refused(tooBig());
  return { stream: nameOf(options.getStreamIdentifier()), expected: expectedOf(options, options.getRevision()), events };
}

function reply(expected: Expected, placed: Exclude<Placed, { outcome: 'deleted' }>): AppendResp {
  switch (placed.outcome) {
    case 'wrong-revision':
      return new AppendResp().setWrongExpectedVersion(wrongRevision(expected, placed.actual));
    case 'stored':
    case 'repeated': {
      const success = new AppendResp.Success();
      if (placed.revision === undefined) success.setNoStream(new Empty());
      else success.setCurrentRevision(placed.revision.toString());
      if (placed.position === undefined) success.setNoPosition(new Empty());
      else success.setPosition(position(placed.position));
      return new AppendResp().setSuccess(success);
    }
  }
}

function position(at: bigint): AppendResp.Position {
  return new AppendResp.Position().setCommitPosition(at.toString()).setPreparePosition(at.toString());
}

/** Without the fields for servers of 2020, which nobody reads. */
function wrongRevision(expected: Expected, actual: bigint | undefined): AppendResp.WrongExpectedVersion {
  const wrong = new AppendResp.WrongExpectedVersion();
  if (actual === undefined) wrong.setCurrentNoStream(new Empty());
  else wrong.setCurrentRevision(actual.toString());
  if (expected === 'none') return wrong.setExpectedNoStream(new Empty());
  if (expected === 'any') return wrong.setExpectedAny(new Empty());
  if (expected === 'exists') return wrong.setExpectedStreamExists(new Empty());
  return wrong.setExpectedRevision(expected.toString());
}
