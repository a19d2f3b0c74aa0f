/** What one read and a subscription have in common. */
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb';
import { NEVER } from './records';
import { handlerThrew, Refused, sendAtOnce } from './wire';

export type Reading = ServerWritableStream<ReadReq, ReadResp>;

/** How many messages may be on their way to a consumer. */
const UNDERWAY = 64;

/** Sends messages in order, and waits for a consumer that is slow. A call that is gone takes no more. */
export class Sender {
  private underway = 0;
  private wake: () => void = () => {};

  constructor(private readonly call: Reading) {
    call.once('cancelled', () => this.wake());
  }

  async send(message: ReadResp): Promise<void> {
    if (isOver(this.call)) return;
    this.underway++;
    sendAtOnce(this.call, message, () => {
      this.underway--;
      this.wake();
    });
    while (this.underway >= UNDERWAY && !isOver(this.call)) await new Promise<void>((resolve) => (this.wake = resolve));
  }
}

export function isOver(call: Reading): boolean {
  return call.cancelled || call.destroyed;
}

/** Beyond what a node can count to, it throws. */
export function fromPosition(options: ReadReq.Options): { commit: bigint; prepare: bigint } | 'start' | 'end' {
  const all = options.getAll();
  if (all?.hasEnd()) return 'end';
  const position = all?.getPosition();
  if (!position) return 'start';
  const [commit, prepare] = [BigInt(position.getCommitPosition()), BigInt(position.getPreparePosition())];
  if (commit > NEVER || prepare > commit) throw new Refused(handlerThrew());
  return { commit, prepare };
}
