/**
 * One open referral a person and need: what is stored claims the need; where another open referral holds it, what this
 * one says is added there and it is linked to it. Each append is safe to send again, so nothing doubles.
 */
import type { CommandLoop, Ran } from '@waymark/event-store';
import { derivedId, fold, isRejection, streamName, type Issue, type Outcome, type RecordedEvent } from '@waymark/kernel';
import { holderOf, person, type NeedClaim, type People, type Person, type PersonCommand } from '@waymark/people';
import type { ActiveConfiguration, Configuration } from '@waymark/rules';
import { referralContext } from './context';
import { look } from './look';
import { informationIn, type ReferralReceipt } from './receipt';
import { answer, dataOf, type Received, type ReceptionAnswer } from './reception-answer';
import { referral, type Referral, type ReferralAsk } from './referral';

/** A referral that stands on its own stream, and is to be settled with whatever else is known of the person. */
export interface Stored {
  readonly how: Issue;
  readonly active: ActiveConfiguration;
  /** What it said, in the clear. */
  said(): ReferralReceipt;
}

/** How often the need is asked for again when the referral that held it ended meanwhile. */
const TRIES = 5;
/** Of the loop's own tries; enough for any crowd at one person. */
const ROUNDS = 50;

export interface SettlementOptions {
  readonly loop: CommandLoop;
  readonly people: Pick<People, 'open'>;
  readonly configuration: Pick<Configuration, 'current'>;
}

export class Settlement {
  constructor(private readonly options: SettlementOptions) {}

  /** What is left of a reception whose process died: done as if its sender had sent it again. A refusal says that it is to be tried again. */
  async finish({ service, referralId }: { readonly service: string; readonly referralId: string }): Promise<Outcome<unknown>> {
    const { loop, people, configuration } = this.options;
    const received = await look(loop, streamName('referral', service, referralId), referral);
    const [first] = received.history;
    if (first?.type !== 'ReferralReceived' || received.state.place?.ended) return undefined;
    const stored = people.open(first) as RecordedEvent<Received>;
    const how = issueOfReceipt(stored);
    return this.settled({ how, active: await configuration.current(service), said: () => stored.data }, referralId, received);
  }

  /** One open referral a person and need. */
  async settled(incoming: Stored, id: string, received: Ran<Referral>): Promise<Outcome<ReceptionAnswer>> {
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

  /** However many others ask the same referral at this moment. */
  onReferral(id: string, ask: ReferralAsk, how: Issue, active: ActiveConfiguration): Promise<Outcome<Ran<Referral>>> {
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
