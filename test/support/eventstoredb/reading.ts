/** What one read and a subscription have in common. */
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb';
import { once } from 'node:events';
import { NEVER } from './records';
import { handlerThrew, Refused } from './wire';

export type Reading = ServerWritableStream<ReadReq, ReadResp>;

/** Waits for a consumer that is slow. A call that is gone takes no more. */
export async function written(call: Reading, message: ReadResp): Promise<void> {
  if (isOver(call) || call.write(message)) return;
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  call.once('cancelled', leave);
  await once(call, 'drain', { signal: gone.signal }).catch(() => {});
  call.off('cancelled', leave);
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
