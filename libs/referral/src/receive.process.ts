/**
 * Taking a referral in, in appends to several streams, each safe to send again: it is stored on its own stream first;
 * then it claims the person's need; where another open referral holds that need, what it says is added there and it is
 * linked to it. A process that dies in between is finished by the same message sent again, and nothing doubles.
 */
import type { CommandLoop } from '@waymark/event-store';
import {
  derivedId,
  isErased,
  isRejection,
  issueOf,
  parseNhsNumber,
  referenceOf,
  rejectAll,
  streamName,
  type Issue,
  type Outcome,
  type RecordedEvent,
  type Rejection,
} from '@waymark/kernel';
import { KeyDestroyed, type People } from '@waymark/people';
import type { ActiveConfiguration, Configuration } from '@waymark/rules';
import { checkReferral } from './check-referral';
import { referralContext } from './context';
import { gather, nothingGathered } from './gathered';
import { placeOf } from './place';
import { agreementOf, detailsOf, informationIn, receiptOf, type Recognised } from './receipt';
import { answer, dataOf, type Received, type ReceptionAnswer } from './reception-answer';
import { notAgreed, referral } from './referral';
import type { ReceiveReferral } from './referral.commands';
import { Settlement } from './settle.process';

export interface ReceptionOptions {
  readonly loop: CommandLoop;
  readonly people: Pick<People, 'match' | 'open' | 'referenceKey'>;
  readonly configuration: Pick<Configuration, 'current'>;
  readonly clock: () => Date;
}

/** A referral on its way in. */
interface Incoming {
  readonly referral: ReceiveReferral;
  readonly how: Issue;
  readonly active: ActiveConfiguration;
}

export class Reception {
  private readonly settlement: Settlement;

  constructor(private readonly options: ReceptionOptions) {
    this.settlement = new Settlement(options);
  }

  /** What is left of a reception whose process died: done as if its sender had sent it again. A refusal says that it is to be tried again. */
  finish(about: { readonly service: string; readonly referralId: string }): Promise<Outcome<unknown>> {
    return this.settlement.finish(about);
  }

  async receive(command: ReceiveReferral, extra: { readonly original?: Record<string, unknown> } = {}): Promise<Outcome<ReceptionAnswer>> {
    try {
      return await this.received(command, extra);
    } catch (fault) {
      if (!(fault instanceof KeyDestroyed)) throw fault;
      // The person was erased after they were recognised: whoever is referred now is somebody new.
      return this.received(command, extra);
    }
  }

  private async received(
    command: ReceiveReferral,
    extra: { readonly original?: Record<string, unknown> },
  ): Promise<Outcome<ReceptionAnswer>> {
    const how = issueOf(command);
    const incoming = {
      referral: extra.original ? Object.assign(command, { original: extra.original }) : command,
      how,
      active: await this.options.configuration.current(how.service),
    };
    const own = ownId(how);
    const id = idFromIdentifier(incoming) ?? own;
    const before = id === own ? [] : await this.history(how, id);
    const [first] = before;
    const sentBefore = before.some((event) => event.meta.commandId === how.commandId);
    if (!sentBefore) {
      const refused = this.refusal(incoming);
      if (refused) return refused;
    }
    if (!first || first.meta.commandId === how.commandId) return this.taken(incoming, id);
    // The sender's identifier names a referral that is here already: the same one, unless it has ended or is somebody else's.
    const open = !placeOf(before)?.ended && !this.isSomebodyElse(first, command);
    return sentBefore || open ? this.added(incoming, id, first) : this.taken(incoming, own);
  }

  private refusal({ referral, how, active }: Incoming): Rejection | undefined {
    const now = this.options.clock().toISOString();
    const [first, ...others] = checkReferral(referral, { now, channel: how.channel, catalogue: active.facts, codes: active.codes });
    if (first) return rejectAll([first, ...others]);
    if (agreementOf(referral).basis !== 'refused') return undefined;
    // Asked before the person is looked up: of somebody who said no, nothing is kept.
    const nobody: Recognised = { reference: '', personId: '', matched: 'new', possible: false, referrerId: '' };
    const event: Received = { type: 'ReferralReceived', data: receiptOf(referral, nobody, how.channel, now) };
    return notAgreed(referral, referralContext(active, how, now).suggest(gather(nothingGathered, event)));
  }

  /** Stored on its own stream, then settled with whatever else is known of the person. */
  private async taken(incoming: Incoming, id: string): Promise<Outcome<ReceptionAnswer>> {
    const { referral: sent, how, active } = incoming;
    const { loop, people } = this.options;
    const stream = streamName('referral', how.service, id);
    const referrerId = derivedId('referrer', how.service, how.commandId);
    const received = await loop.run({
      stream,
      decider: referral,
      command: { kind: 'receive', referral: sent },
      issue: how,
      context: async (now) => {
        const candidate = derivedId('person', how.service, how.commandId);
        const match = await people.match(how.service, detailsOf(sent.person), candidate, {
          stream,
          subjects: sent.referrer ? [referrerId] : [],
        });
        const recognised = { ...match, reference: referenceOf(id, people.referenceKey), referrerId };
        return { ...referralContext(active, how, now), recognised };
      },
    });
    if (!isRejection(received)) {
      const data = dataOf(received);
      const recognised = { ...data, possible: false, referrerId: data.referrerId ?? '' };
      const said = () => receiptOf(sent, recognised, how.channel, data.receivedAt);
      return this.settlement.settled({ how, active, said }, id, received);
    }
    // The same identifier came in another message at the same moment, and that one was first.
    return received.code === 'already-received' ? this.receive(sent) : received;
  }

  /** The same referral sent again, changed: it adds to itself. */
  private async added({ referral: sent, how, active }: Incoming, id: string, first: RecordedEvent): Promise<Outcome<ReceptionAnswer>> {
    const { reference, receivedAt, personId } = (first as RecordedEvent<Received>).data;
    const said = receiptOf(sent, { reference, personId, matched: 'new', possible: false, referrerId: '' }, how.channel, receivedAt);
    const added = await this.settlement.onReferral(id, { kind: 'add-information', information: informationIn(said, {}) }, how, active);
    return isRejection(added) ? added : answer(added, { reference, receipt: added });
  }

  private history(how: Issue, id: string): Promise<RecordedEvent[]> {
    return this.options.loop.store.read(streamName('referral', how.service, id));
  }

  /** Two valid NHS numbers that differ are two people, whatever the sender's identifier says. */
  private isSomebodyElse(received: RecordedEvent, { person: sent }: ReceiveReferral): boolean {
    const known = (this.options.people.open(received) as RecordedEvent<Received>).data.person;
    const before = isErased(known) ? undefined : parseNhsNumber(known.nhsNumber ?? '');
    const now = parseNhsNumber(sent.nhsNumber ?? '');
    return before !== undefined && now !== undefined && before !== now;
  }
}

function ownId({ commandId }: Issue): string {
  return derivedId('referral', commandId);
}

function idFromIdentifier({ referral: { identifier }, how }: Incoming): string | undefined {
  const [first] = identifier ?? [];
  return first && derivedId('referral', how.service, first.system, first.value);
}
