/**
 * A subscription to $all: confirmation, then what is there with checkpoints between, then `caughtUp`, then whatever is stored. Catching up
 * waits for a slow consumer; live it is cut when too much waits for it.
 */
import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { ReadResp, type ReadReq } from '@eventstore/db-client/generated/streams_pb';
import { filterOf, type Filter } from './filter';
import type { Node } from './node';
import { fromPosition, isOver, Sender, type Reading } from './reading';
import type { Records, StoredEvent } from './records';
import { eventMessage, handlerThrew, refusal, Refused, timedOut } from './wire';

/** Records looked at in one go where there is no filter. */
const PAGE = 1_000;

export async function subscribe(node: Node, call: Reading, options: ReadReq.Options): Promise<void> {
  if (!options.hasAll()) throw new Refused(refusal(status.UNIMPLEMENTED, 'Only $all can be subscribed to here'));
  const filter = options.getFilter();
  await new Subscription(node, call, filter && filterOf(filter)).run(startOf(node.records, options));
}

/** The position after which it begins: past the end nothing ever comes, inside the log it must be a record's. */
function startOf(records: Records, options: ReadReq.Options): bigint {
  const from = fromPosition(options);
  if (from === 'start') return -1n;
  if (from === 'end') return records.last;
  if (from.commit <= records.last && from.commit !== 0n && !records.isRecord(from.commit)) throw new Refused(handlerThrew());
  return from.commit;
}

class Subscription {
  /** Records looked at since the last checkpoint. */
  private looked = 0;
  private readonly waiting: ReadResp[] = [];
  private eventsWaiting = 0;
  private isLive = false;
  private tooSlow = false;
  private wasSilenced = false;
  private readonly sender: Sender;
  private readonly ends: (() => void)[] = [];
  private wake: () => void = () => {};

  constructor(
    private readonly node: Node,
    private readonly call: Reading,
    private readonly filter: Filter | undefined,
  ) {
    this.sender = new Sender(call);
  }

  async run(after: bigint): Promise<void> {
    this.call.once('cancelled', () => this.wake());
    const { faults, subscriptions } = this.node;
    subscriptions.add(this.call);
    this.ends.push(
      () => subscriptions.delete(this.call),
      faults.onSwitch(() => this.switched()),
    );
    await this.say(new ReadResp().setConfirmation(new ReadResp.SubscriptionConfirmation().setSubscriptionId(randomUUID())));
    await this.catchUp(after);
    await this.live();
    for (const end of this.ends) end();
    if (this.tooSlow) this.call.emit('error', timedOut('Consumer too slow to handle event while live. Client resubscription required.'));
  }

  private async catchUp(after: bigint): Promise<void> {
    const { all } = this.node.records;
    const window = this.filter?.window ?? PAGE;
    let from = this.node.records.indexFrom(after + 1n);
    while (from < all.length && !isOver(this.call)) {
      const page = all.slice(from, from + window);
      from += page.length;
      const matching = page.filter((event) => this.matches(event));
      for (const event of matching) await this.say(eventMessage(event));
      // A page without a match is told by where it begins, without a prepare position.
      if (this.isCheckpoint(page.length)) await this.say(checkpoint(matching.at(-1)?.position ?? page[0]!.position, matching.length > 0));
    }
    this.goLive(after);
  }

  /** In the turn in which nothing more was there, so that nothing is missed in between. */
  private goLive(after: bigint): void {
    this.isLive = true;
    this.ends.push(this.node.records.onStored((stored) => this.stored(stored.filter(({ position }) => position > after))));
    this.waiting.push(new ReadResp().setCaughtUp(new ReadResp.CaughtUp()));
    this.switched();
  }

  private stored(events: readonly StoredEvent[]): void {
    for (const event of events) {
      const matches = this.matches(event);
      if (matches && this.eventsWaiting >= this.node.settings.liveBuffer && !this.isSilenced) this.tooSlow = true;
      if (this.tooSlow) break;
      if (matches) {
        this.waiting.push(eventMessage(event));
        this.eventsWaiting++;
      }
      if (this.isCheckpoint(1)) this.waiting.push(checkpoint(event.position, true));
    }
    this.wake();
  }

  /** What waits is sent before the cut: what a consumer was given has no gap. */
  private async live(): Promise<void> {
    while (!isOver(this.call)) {
      const next = this.waiting.shift();
      if (next) {
        if (next.hasEvent()) this.eventsWaiting--;
        await this.say(next);
      } else if (this.tooSlow) return;
      else await this.woken();
    }
  }

  private async say(message: ReadResp): Promise<void> {
    while (this.isSilenced && !isOver(this.call)) {
      if (!this.wasSilenced) this.node.faults.happened.silence++;
      this.wasSilenced = true;
      await this.woken();
    }
    await this.sender.send(message);
  }

  private switched(): void {
    if (this.isLive && !this.tooSlow && this.node.faults.take('too-slow', 'subscribe')) this.tooSlow = true;
    this.wake();
  }

  private woken(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }

  private get isSilenced(): boolean {
    return this.node.faults.isOn('silence', 'subscribe');
  }

  private matches(event: StoredEvent): boolean {
    return !this.filter || this.filter.matches(event);
  }

  private isCheckpoint(records: number): boolean {
    if (!this.filter) return false;
    this.looked += records;
    if (this.looked < this.filter.spacing) return false;
    this.looked %= this.filter.spacing;
    return true;
  }
}

function checkpoint(position: bigint, withPrepare: boolean): ReadResp {
  const at = position.toString();
  return new ReadResp().setCheckpoint(new ReadResp.Checkpoint().setCommitPosition(at).setPreparePosition(withPrepare ? at : '0'));
}
