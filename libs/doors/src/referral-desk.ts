/** One referral as its readers meet it: the whole view, the timeline in words, the explanation, and the answer to a command. */
import type { Views } from '@waymark/access';
import type { Clock, EventStore } from '@waymark/event-store';
import { isRejection, reject, streamName, type Outcome, type Receipt, type RecordedEvent } from '@waymark/kernel';
import type { People } from '@waymark/people';
import type { ReferenceRow } from '@waymark/read-models';
import {
  placeOf,
  referralView,
  wordsOf,
  type NextStep,
  type ReferralCommand,
  type ReferralEvent,
  type ReferralView,
  type Stage,
} from '@waymark/referral';
import type { Configuration } from '@waymark/rules';
import type { Dispatch, Sender } from './dispatch';
import { readStream } from './streams';
import { shownTo, type Viewer } from './viewer';

/** The answer to a command about a referral: contract section 5. */
export interface CommandAnswer {
  readonly reference: string;
  readonly revision: number;
  readonly position: string;
  readonly events: readonly { readonly id: string; readonly type: string }[];
  readonly stage: Stage;
  readonly nextStep: NextStep;
}

export class ReferralDesk {
  constructor(
    private readonly store: EventStore,
    private readonly people: People,
    private readonly configuration: Configuration,
    private readonly views: Views,
    private readonly clock: Clock,
  ) {}

  /** The referral as sent, opened, with everything that is known of where it stands. */
  async view(referral: ReferenceRow, viewer: Viewer): Promise<Outcome<ReferralView>> {
    const events = await this.history(referral);
    const active = await this.configuration.current(referral.service);
    const view = referralView(
      events.map((event) => this.people.open(event)),
      active,
      this.clock().toISOString(),
    );
    return shownTo(viewer, this.views, { service: referral.service, references: [referral.reference] }, view);
  }

  /** The revision of its last event. */
  async revision(referral: ReferenceRow): Promise<number> {
    return (await this.history(referral)).length - 1;
  }

  async timeline(referral: ReferenceRow) {
    return (await this.history(referral)).map((event) => ({
      position: event.position,
      type: event.type,
      occurredAt: event.occurredAt,
      recordedAt: event.recordedAt,
      actor: event.meta.actor,
      words: wordsOf(event),
    }));
  }

  async explanation(referral: ReferenceRow) {
    const stratified = (await this.history(referral)).findLast((event) => event.type === 'ReferralStratified');
    if (!stratified) throw new Error('A stored referral without a suggestion');
    const suggestion = stratified.data as Extract<ReferralEvent, { type: 'ReferralStratified' }>['data'];
    return { reference: referral.reference, ...suggestion };
  }

  /** Carries out `command` and says where the referral then stands; a repeat says what was said the first time. */
  async carryOut(
    dispatch: Dispatch,
    command: ReferralCommand,
    referral: ReferenceRow,
    body: unknown,
    sender: Sender,
  ): Promise<Outcome<{ body: CommandAnswer; replayed: boolean }>> {
    const outcome = await this.dispatched(dispatch, command, referral, body, sender);
    if (isRejection(outcome)) return outcome;
    const then = (await this.history(referral)).filter((event) => event.revision <= outcome.revision);
    const place = placeOf(then);
    if (!place) throw new Error('A command was carried out on a referral that does not exist');
    const { revision, position, events, replayed } = outcome;
    return { body: { reference: referral.reference, revision, position, events, stage: place.stage, nextStep: place.nextStep }, replayed };
  }

  private async dispatched(
    dispatch: Dispatch,
    command: ReferralCommand,
    referral: ReferenceRow,
    body: unknown,
    sender: Sender,
  ): Promise<Outcome<Receipt>> {
    if (!command.anybody && sender.practitionerId === undefined) return actorNeeded();
    if (command.decision && sender.seenRevision === undefined) {
      return reject('revision-needed', 'Send the revision you decided on: the ETag of the referral as If-Match');
    }
    return dispatch.send(command.command, body, { ...sender, service: referral.service }, { referralId: referral.referralId });
  }

  private history(referral: ReferenceRow): Promise<RecordedEvent[]> {
    return readStream(this.store, streamName('referral', referral.service, referral.referralId));
  }
}

function actorNeeded() {
  return reject('actor-needed', 'Name the practitioner who acts: the header Waymark-Actor, or --as on the command line');
}
