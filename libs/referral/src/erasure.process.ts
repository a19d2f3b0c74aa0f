/** The end of a person's data: what is known of them is looked through, the person's stream decides, and then their keys are destroyed. */
import type { CommandLoop, EventStore, Ran } from '@waymark/event-store';
import {
  derivedId,
  fold,
  isRejection,
  isSealed,
  issueOf,
  londonDate,
  streamName,
  type Issue,
  type Outcome,
  type RecordedEvent,
} from '@waymark/kernel';
import {
  erasure,
  heldBy,
  personErased,
  type ApproveErasure,
  type CancelErasure,
  type CarryOutErasure,
  type Erasure,
  type ErasureAsk,
  type People,
  type PersonEvent,
  type PlaceLegalHold,
  type ReleaseLegalHold,
  type RequestErasure,
  type Retention,
} from '@waymark/people';
import { retentionFigures, type Configuration } from '@waymark/rules';
import { practitionerOf } from '@waymark/workforce';
import { actorNeeded } from './about-referral';
import { keptOf, latest, retentionOf, type Kept } from './retention';

export interface ErasuresOptions {
  readonly loop: CommandLoop;
  readonly store: EventStore;
  readonly people: Pick<People, 'open' | 'streamsOf' | 'erase'>;
  readonly configuration: Pick<Configuration, 'current'>;
  readonly clock: () => Date;
}

/** What an erasure would take, and why it may not be yet. */
export interface ErasurePreview {
  readonly referrals: number;
  readonly events: number;
  readonly fields: number;
  /** Fields of the same referrals that stay readable, because they are about somebody else. */
  readonly stays: readonly { readonly whose: 'referrer'; readonly fields: number }[];
  /** References of referrals that have not ended. */
  readonly open: readonly string[];
  /** `null` while a referral is open, and of somebody of whom nothing is kept. */
  readonly retention: Retention | null;
  /** Why their referrals keep their data now, in words. */
  readonly kept: readonly string[];
  /** The legal holds, in words. */
  readonly held: readonly string[];
}

/** Everything that the log holds of one person, as it is stored. */
export interface PersonHistory {
  readonly person: readonly RecordedEvent[];
  readonly referrals: readonly (readonly RecordedEvent[])[];
}

export class Erasures {
  constructor(private readonly options: ErasuresOptions) {}

  async preview(service: string, personId: string): Promise<Outcome<ErasurePreview>> {
    const history = await this.history(service, personId);
    const state = fold(erasure, history.person);
    if (state.erased) return personErased();
    const { open, kept, retention } = await this.keeping(service, history);
    return {
      ...lostIn(history, personId),
      stays: staysIn(history, personId),
      open,
      retention: retention ?? null,
      kept,
      held: heldBy(state),
    };
  }

  /** On data of the demo it is carried out at once. */
  request(command: RequestErasure): Promise<Outcome<Ran<Erasure>>> {
    const how = issueOf(command);
    const requestId = derivedId('erasure', how.commandId);
    const kind = command.demo ? 'erase-in-demo' : 'request';
    return this.decide({ kind, requestId, reason: command.reason }, command.personId, how);
  }

  async approve(command: ApproveErasure): Promise<Outcome<Ran<Erasure>>> {
    const how = issueOf(command);
    if (how.actor.kind !== 'practitioner') return actorNeeded();
    return this.decide({ kind: 'approve', requestId: command.request }, command.personId, how);
  }

  cancel(command: CancelErasure): Promise<Outcome<Ran<Erasure>>> {
    return this.decide({ kind: 'cancel', requestId: command.request, reason: command.reason }, command.personId, issueOf(command));
  }

  carryOut(command: CarryOutErasure): Promise<Outcome<Ran<Erasure>>> {
    return this.decide({ kind: 'execute', requestId: command.request }, command.personId, issueOf(command));
  }

  placeHold(command: PlaceLegalHold): Promise<Outcome<Ran<Erasure>>> {
    const how = issueOf(command);
    const holdId = derivedId('legal-hold', how.commandId);
    return this.decide({ kind: 'place-hold', holdId, reason: command.reason }, command.personId, how);
  }

  releaseHold(command: ReleaseLegalHold): Promise<Outcome<Ran<Erasure>>> {
    return this.decide({ kind: 'release-hold', reason: command.reason }, command.personId, issueOf(command));
  }

  /** Whose data nothing keeps any more but, perhaps, a legal hold; `undefined` for anybody else, and for whoever has been erased. */
  async dueForReview(service: string, personId: string): Promise<(Retention & { readonly legalHold: boolean }) | undefined> {
    const history = await this.history(service, personId);
    const state = fold(erasure, history.person);
    const { kept, retention } = await this.keeping(service, history);
    if (state.erased || kept.length > 0 || !retention) return undefined;
    return { ...retention, legalHold: state.holds.length > 0 };
  }

  async history(service: string, personId: string): Promise<PersonHistory> {
    const { store, people } = this.options;
    const person = await store.read(streamName('person', service, personId));
    const claimed = person
      .filter((event): event is RecordedEvent<Extract<PersonEvent, { type: 'NeedClaimed' }>> => event.type === 'NeedClaimed')
      .map(({ data }) => streamName('referral', service, data.referralId));
    // Keys tell of a referral that has claimed nothing, claims of one whose keys an older keys.db does not hold.
    const streams = [...new Set([...people.streamsOf(personId), ...claimed])].sort();
    const referrals = await Promise.all(streams.map((stream) => store.read(stream)));
    return { person, referrals: referrals.filter((events) => events.length > 0) };
  }

  private async decide(ask: ErasureAsk, personId: string, how: Issue): Promise<Outcome<Ran<Erasure>>> {
    const { loop, configuration, people, clock } = this.options;
    const { service, actor } = how;
    const ran = await loop.run({
      stream: streamName('person', service, personId),
      decider: erasure,
      command: ask,
      issue: how,
      context: async (now) => {
        const history = await this.history(service, personId);
        const { kept, retention } = await this.keeping(service, history);
        const active = await configuration.current(service);
        return {
          now,
          actor,
          personId,
          kept,
          lost: lostIn(history, personId),
          ...(retention ? { retention } : {}),
          isLead: await this.isLead(how, active.service.informationGovernanceLeads ?? []),
          daysToCancel: retentionFigures(active.settingsOn(londonDate(now))).daysToCancelErasure,
        };
      },
    });
    // Also when the event was there already: whoever recorded it may have died before the keys were gone.
    if (!isRejection(ran) && ran.state.erased) await people.erase([personId], clock().toISOString());
    return ran;
  }

  private async keeping(service: string, { referrals }: PersonHistory) {
    const { people, configuration, clock } = this.options;
    const active = await configuration.current(service);
    const kept = referrals.flatMap(([receipt, ...later]) => (receipt && keptOf([people.open(receipt), ...later])) ?? []);
    const open = kept.filter(({ place }) => !place.ended).map(({ place }) => place.reference);
    const retention = open.length > 0 ? undefined : personRetention(kept, (date) => retentionFigures(active.settingsOn(date)));
    const today = londonDate(clock().toISOString());
    const because = open.map((reference) => `Referral ${reference} is open`);
    if (retention && retention.endsOn > today) because.push(`The class '${retention.class}' keeps the data until ${retention.endsOn}`);
    return { open, kept: because, retention };
  }

  private async isLead({ service, actor }: Issue, leads: readonly string[]): Promise<boolean> {
    if (actor.kind !== 'practitioner') return false;
    const practitioner = practitionerOf(await this.options.store.read(streamName('practitioner', service, actor.id)));
    return practitioner !== undefined && leads.includes(practitioner.registration.number);
  }
}

function personRetention(kept: readonly Kept[], figuresOn: Parameters<typeof retentionOf>[1]): Retention | undefined {
  // One receipt may know the birth date that another was sent without.
  const born = kept.map(({ bornBy }) => bornBy).sort()[0];
  return latest(kept.flatMap((each) => retentionOf({ ...each, bornBy: born ?? each.bornBy }, figuresOn) ?? []));
}

function lostIn({ person, referrals }: PersonHistory, personId: string) {
  const fields = [person, ...referrals].flat().map((event) => sealedFields(event).filter(({ subject }) => subject === personId).length);
  const events = fields.filter((n) => n > 0);
  return { referrals: referrals.length, events: events.length, fields: events.reduce((sum, n) => sum + n, 0) };
}

function staysIn({ referrals }: PersonHistory, personId: string): ErasurePreview['stays'] {
  const others = referrals
    .flat()
    .flatMap(sealedFields)
    .filter(({ subject }) => subject !== personId);
  return others.length === 0 ? [] : [{ whose: 'referrer', fields: others.length }];
}

function sealedFields({ data }: RecordedEvent): readonly { readonly subject: string }[] {
  return Object.values(data).filter(isSealed);
}
