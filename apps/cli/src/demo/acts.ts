/** What the made-up service does, it does by the same commands as everybody. Ids derive from the order of the acts, so that the same seed makes the same service. */
import type { INestApplicationContext } from '@nestjs/common';
import { Dispatch, ServiceDesk, type OpenedSession, type Sender } from '@waymark/doors';
import { EVENT_STORE, type EventStore } from '@waymark/event-store';
import { derivedId, idOf, isRejection, streamName, type Outcome, type Receipt, type RecordedEvent } from '@waymark/kernel';
import { ReceiveReferral, referralCommands, type ReceptionAnswer, type ReferralEvent } from '@waymark/referral';
import { Configuration, type Suggestion } from '@waymark/rules';
import type { Case, Clinician } from './case';

export class Acts {
  private readonly dispatch: Dispatch;
  private readonly desk: ServiceDesk;
  private readonly store: EventStore;
  private readonly configuration: Configuration;
  private done = 0;

  constructor(app: INestApplicationContext) {
    this.dispatch = app.get(Dispatch);
    this.desk = app.get(ServiceDesk);
    this.store = app.get<EventStore>(EVENT_STORE);
    this.configuration = app.get(Configuration);
  }

  async workingDays() {
    return (await this.configuration.current()).calendar;
  }

  async register(body: object): Promise<string> {
    return granted(await this.desk.register(this.dispatch, body, this.sender())).id;
  }

  async openSession({ id, clinic, place, start, end }: Clinician, date: string): Promise<OpenedSession> {
    const body = { place, date, start, end, practitioner: id, types: ['first', 'follow-up', 'telephone'] };
    return granted(await this.desk.openSession(this.dispatch, clinic, body, this.sender(id)));
  }

  /** `linkedTo` = it was about somebody with an open referral, and was added there. */
  async receive(body: object): Promise<{ referralId: string; revision: number; linked: boolean }> {
    const { receipt, outcome } = granted(await this.dispatch.send<ReceiveReferral, ReceptionAnswer>(ReceiveReferral, body, this.sender()));
    return { referralId: idOf(receipt.stream), revision: receipt.revision, linked: outcome === 'linked' };
  }

  /** A command about a referral, by its name, decided on what the service has seen of it. */
  async about(each: Case, name: string, body: object, { id }: Clinician): Promise<Receipt> {
    const command = referralCommands.find((known) => known.name === name);
    if (!command) throw new Error(`There is no command ${name}`);
    const { referralId, revision } = each;
    const receipt = granted<Receipt>(
      await this.dispatch.send(command.command, body, { ...this.sender(id), seenRevision: revision }, { referralId }),
    );
    each.revision = receipt.revision;
    return receipt;
  }

  async book(each: Case, slot: string, type: string, clinician: Clinician): Promise<string> {
    const receipt = await this.about(each, 'book', { slot, type }, clinician);
    const events = await this.store.read(receipt.stream, 0);
    return String(events.findLast((event) => event.type === 'AppointmentBooked')?.data['bookingId']);
  }

  /** What the rules say of it now. */
  async suggestionFor(each: Case): Promise<Suggestion> {
    const found = (await this.historyOf(each)).findLast((event) => event.type === 'ReferralStratified');
    if (!found) throw new Error('A stored referral without a suggestion');
    return (found as RecordedEvent<Extract<ReferralEvent, { type: 'ReferralStratified' }>>).data;
  }

  /** Somebody else added to it: the service looks at it again. */
  async lookAgain(each: Case): Promise<void> {
    each.revision = (await this.historyOf(each)).length - 1;
  }

  private historyOf({ referralId }: Case): Promise<RecordedEvent[]> {
    return this.store.read(streamName('referral', SERVICE, referralId));
  }

  private sender(practitionerId?: string): Sender {
    const key = `demo/${this.done++}`;
    return {
      service: SERVICE,
      otherwise: 'public',
      channel: practitionerId ? 'page' : 'api',
      key,
      correlationId: derivedId('demo', key),
      ...(practitionerId ? { practitionerId } : {}),
    };
  }
}

const SERVICE = 'northbank';

function granted<Answer>(outcome: Outcome<Answer>): Answer {
  if (isRejection(outcome)) throw new Error(`The made-up service did something that is refused: ${outcome.code}: ${outcome.detail}`);
  return outcome;
}
