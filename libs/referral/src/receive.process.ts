/**
 * Taking a referral in, in appends to several streams, each safe to send again: it is stored on its own stream first;
 * then it claims the person's need; where another open referral holds that need, what it says is added there and it is
 * linked to it. A process that dies in between is finished by the same message sent again, and nothing doubles.
 */
import type { CommandLoop, Ran } from '@waymark/event-store';
import {
  derivedId,
  fold,
  isErased,
  isRejection,
  issueOf,
  parseNhsNumber,
  referenceOf,
  rejectAll,
  streamName,
  type Issue,
  type Outcome,
  type Receipt,
  type RecordedEvent,
  type Rejection,
} from '@waymark/kernel';
import { holderOf, KeyDestroyed, person, type NeedClaim, type People, type Person, type PersonCommand } from '@waymark/people';
import type { ActiveConfiguration, Configuration } from '@waymark/rules';
import { bySystem } from './about-referral';
import { checkReferral } from './check-referral';
import { referralContext } from './context';
import { gather, nothingGathered } from './gathered';
import { placeOf, type NextStep, type Place } from './place';
import { agreementOf, detailsOf, informationIn, receiptOf, type Recognised, type ReferralReceipt } from './receipt';
import { notAgreed, referral, type Referral, type ReferralAsk, type ReferralEvent } from './referral';
import type { ReceiveReferral } from './referral.commands';

/** The answer to a submission. Made of stored events alone, so that a repeat gives it again. */
export interface ReceptionAnswer {
  readonly outcome: 'accepted' | 'linked';
  readonly reference: string;
  /** The reference of the open referral that this one was added to. */
  readonly linkedTo?: string;
  readonly receivedAt: string;
  readonly flags: readonly string[];
  readonly nextStep: NextStep;
  readonly receipt: Receipt;
  readonly position: string;
  readonly replayed: boolean;
}

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

/** A referral that stands on its own stream, and is to be settled with whatever else is known of the person. */
interface Stored {
  readonly how: Issue;
  readonly active: ActiveConfiguration;
  /** What it said, in the clear. */
  said(): ReferralReceipt;
}

type Received = Extract<ReferralEvent, { type: 'ReferralReceived' }>;

/** How often the need is asked for again when the referral that held it ended meanwhile. */
const TRIES = 5;
/** Of the loop's own tries; enough for any crowd at one person. */
const ROUNDS = 50;

export class Reception {
  constructor(private readonly options: ReceptionOptions) {}

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

  /** What is left of a reception whose process died: done as if its sender had sent it again. A refusal says that it is to be tried again. */
  async finish({ service, referralId }: { readonly service: string; readonly referralId: string }): Promise<Outcome<unknown>> {
    const { loop, people, configuration } = this.options;
    const received = await loop.run({
      stream: streamName('referral', service, referralId),
      decider: { ...referral, decide: () => [] },
      command: undefined as never,
      issue: bySystem(service, derivedId('finish', referralId)),
      context: () => undefined as never,
    });
    if (isRejection(received)) return received;
    const [first] = received.history;
    if (first?.type !== 'ReferralReceived' || received.state.place?.ended) return undefined;
    const stored = people.open(first) as RecordedEvent<Received>;
    const how = issueOfReceipt(stored);
    return this.settled({ how, active: await configuration.current(service), said: () => stored.data }, referralId, received);
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
      return this.settled({ how, active, said }, id, received);
    }
    // The same identifier came in another message at the same moment, and that one was first.
    return received.code === 'already-received' ? this.receive(sent) : received;
  }

  /** One open referral a person and need. */
  private async settled(incoming: Stored, id: string, received: Ran<Referral>): Promise<Outcome<ReceptionAnswer>> {
    const { place } = received.state;
    if (!place) throw new Error('A referral was received and is nowhere');
    const mine: NeedClaim = { referralId: id, reference: place.reference };
    if (place.linkedTo) return this.linked(incoming, mine, place.linkedTo, received);
    for (let tries = 1; ; tries++) {
      const separateNeed = dataOf(received).separateNeed;
      const claimed = await this.onPerson(incoming.how, place.personId, { kind: 'claim-need', ...mine, separateNeed });
      if (!isRejection(claimed)) return answer(received);
      if (claimed.code !== 'need-already-claimed' || tries > TRIES) return claimed;
      const holder = await this.holder(incoming.how, place.personId);
      // Decided or ended meanwhile: it stands for itself.
      if (!holder || place.ended || place.decided) return answer(received);
      const outcome = await this.linked(incoming, mine, holder, received);
      if (!isRejection(outcome) || outcome.code !== 'ended') return outcome;
      const taken = await this.onPerson(incoming.how, place.personId, { kind: 'take-over-need', from: holder.referralId, ...mine });
      if (!isRejection(taken)) return answer(received);
    }
  }

  /** First what it says is added there, then it is linked: at no moment is it closed with its content nowhere else. */
  private async linked(
    { said, how, active }: Stored,
    mine: NeedClaim,
    first: NeedClaim,
    received: Ran<Referral>,
  ): Promise<Outcome<ReceptionAnswer>> {
    const information = informationIn(said(), { linkedFrom: mine.referralId });
    const added = await this.onReferral(
      first.referralId,
      { kind: 'add-information', information },
      step(how, 'add-to', first.referralId),
      active,
    );
    if (isRejection(added)) return added;
    const ask: ReferralAsk = { kind: 'link-as-duplicate', to: first.referralId, toReference: first.reference };
    const linked = await this.onReferral(mine.referralId, ask, step(how, 'link-to', first.referralId), active);
    if (!isRejection(linked)) return answer(received, { reference: first.reference, receipt: linked });
    // Somebody accepted or ended it in this moment: it stands for itself.
    return linked.code === 'already-decided' || linked.code === 'ended' ? answer(received) : linked;
  }

  /** The same referral sent again, changed: it adds to itself. */
  private async added({ referral: sent, how, active }: Incoming, id: string, first: RecordedEvent): Promise<Outcome<ReceptionAnswer>> {
    const { reference, receivedAt, personId } = (first as RecordedEvent<Received>).data;
    const said = receiptOf(sent, { reference, personId, matched: 'new', possible: false, referrerId: '' }, how.channel, receivedAt);
    const added = await this.onReferral(id, { kind: 'add-information', information: informationIn(said, {}) }, how, active);
    return isRejection(added) ? added : answer(added, { reference, receipt: added });
  }

  private onReferral(id: string, ask: ReferralAsk, how: Issue, active: ActiveConfiguration): Promise<Outcome<Ran<Referral>>> {
    return unraced(() =>
      this.options.loop.run({
        stream: streamName('referral', how.service, id),
        decider: referral,
        command: ask,
        issue: how,
        context: (now) => referralContext(active, how, now),
      }),
    );
  }

  private onPerson(how: Issue, personId: string, command: PersonCommand): Promise<Outcome<Ran<Person>>> {
    return unraced(() =>
      this.options.loop.run({
        stream: streamName('person', how.service, personId),
        decider: person,
        command,
        issue: step(how, command.kind, command.kind === 'take-over-need' ? command.from : ''),
        context: () => ({ personId }),
      }),
    );
  }

  private async holder(how: Issue, personId: string): Promise<NeedClaim | undefined> {
    return holderOf(fold(person, await this.options.loop.store.read(streamName('person', how.service, personId))));
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

/**
 * The referral is stored, so the rest is done however many others are at the same person at this moment: in every round
 * somebody is first, and it is not theirs again.
 */
async function unraced<Answer>(step: () => Promise<Outcome<Answer>>): Promise<Outcome<Answer>> {
  for (let rounds = 1; ; rounds++) {
    const outcome = await step();
    if (!isRejection(outcome) || outcome.code !== 'lost-race' || rounds === ROUNDS) return outcome;
  }
}

/** The same for every re-send of one message, and another for each thing that it leads to. */
function step(how: Issue, what: string, about: string): Issue {
  const { seenRevision: _, ...same } = how;
  return { ...same, commandId: derivedId(what, how.commandId, about) };
}

/** As its sender's command was issued, so that every step of it has the same id again. */
function issueOfReceipt({ meta, data }: RecordedEvent<Received>): Issue {
  const { service, actor: id, role, commandId, correlationId } = meta;
  const kind = id === 'public' || id === 'machine' || id === 'system' ? id : 'practitioner';
  return { service, actor: { kind, id, role }, commandId, correlationId, channel: data.channel };
}

function dataOf({ history: [first] }: Ran<Referral>): Received['data'] {
  if (first?.type !== 'ReferralReceived') throw new Error('A referral that does not begin with its receipt');
  return (first as RecordedEvent<Received>).data;
}

/** Says of the referral what was so when it was answered the first time: a sender learns nothing by asking again. */
function answer(ran: Ran<Referral>, linked?: { readonly reference: string; readonly receipt: Receipt }): ReceptionAnswer {
  const then: Place | undefined = placeOf(ran.history.filter(({ revision }) => revision <= ran.revision));
  if (!then) throw new Error('A referral was received and is nowhere');
  const { logId, position, stream, revision, events, replayed } = linked?.receipt ?? ran;
  return {
    outcome: linked ? 'linked' : 'accepted',
    reference: then.reference,
    ...(linked ? { linkedTo: linked.reference } : {}),
    receivedAt: then.receivedAt,
    flags: then.flags,
    nextStep: then.nextStep,
    receipt: { logId, position, stream, revision, events, replayed },
    position,
    replayed: ran.replayed,
  };
}
