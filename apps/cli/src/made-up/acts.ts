/** What a made-up service does, it does by the same commands as everybody. Ids derive from the order of the acts, so that the same seed makes the same service. */
import { OpenClinicSession, type ClinicEvent } from '@waymark/clinics';
import type { EventStore } from '@waymark/event-store';
import { derivedId, idOf, isRejection, streamName, type Outcome, type Receipt, type RecordedEvent } from '@waymark/kernel';
import { ReceiveReferral, referralCommands, type ReceptionAnswer, type ReferralEvent } from '@waymark/referral';
import type { Configuration, Suggestion } from '@waymark/rules';
import { RegisterPractitioner } from '@waymark/workforce';
import type { Case, Clinician } from './case';

export interface Sent {
  readonly service: string;
  /** Absent = somebody outside the service. */
  readonly practitionerId?: string;
  /** The same for the same act of the same seed. */
  readonly key: string;
  readonly correlationId: string;
  readonly seenRevision?: number;
}

/** How commands reach the product, and what is asked of it. */
export interface Product {
  readonly store: Pick<EventStore, 'read'>;
  readonly configuration: Pick<Configuration, 'current'>;
  send<C extends object, Answer>(
    Command: new () => C,
    body: object,
    sent: Sent,
    fields?: Readonly<Record<string, unknown>>,
  ): Promise<Outcome<Answer>>;
}

type Opened = RecordedEvent<Extract<ClinicEvent, { type: 'ClinicSessionOpened' }>>;
type Stratified = RecordedEvent<Extract<ReferralEvent, { type: 'ReferralStratified' }>>;

export class Acts {
  private done = 0;

  constructor(
    private readonly product: Product,
    private readonly service: string,
  ) {}

  async workingDays() {
    return (await this.product.configuration.current(this.service)).calendar;
  }

  async register(body: object): Promise<string> {
    return idOf(granted(await this.product.send<RegisterPractitioner, Receipt>(RegisterPractitioner, body, this.sent())).stream);
  }

  /** The slots of the session. */
  async openSession({ id, clinic, place }: Clinician, date: string, start: string, end: string): Promise<Opened['data']['slots']> {
    const body = { place, date, start, end, practitioner: id, types: ['first', 'follow-up', 'telephone'] };
    const { stream, events } = granted(
      await this.product.send<OpenClinicSession, Receipt>(OpenClinicSession, body, this.sent(id), { clinic }),
    );
    const opened = (await this.product.store.read(stream)).find((event) => events.some((own) => own.id === event.id));
    if (!opened) throw new Error('A session was opened and is not there');
    return (opened as Opened).data.slots;
  }

  /** `linkedTo` = it was about somebody with an open referral, and was added there. */
  async receive(body: object): Promise<{ referralId: string; reference: string; revision: number; linkedTo?: string }> {
    const { receipt, reference, linkedTo } = granted(
      await this.product.send<ReceiveReferral, ReceptionAnswer>(ReceiveReferral, body, this.sent()),
    );
    return { referralId: idOf(receipt.stream), reference, revision: receipt.revision, ...(linkedTo ? { linkedTo } : {}) };
  }

  /** A command about a referral, by its name, decided on what the service has seen of it. */
  async about(each: Case, name: string, body: object, { id }: Clinician): Promise<Receipt> {
    const command = referralCommands.find((known) => known.name === name);
    if (!command) throw new Error(`There is no command ${name}`);
    const { referralId, revision } = each;
    const sent = { ...this.sent(id), seenRevision: revision };
    const receipt = granted<Receipt>(await this.product.send(command.command as new () => object, body, sent, { referralId }));
    each.revision = receipt.revision;
    return receipt;
  }

  async book(each: Case, slot: string, type: string, clinician: Clinician): Promise<string> {
    const receipt = await this.about(each, 'book', { slot, type }, clinician);
    const events = await this.product.store.read(receipt.stream, 0);
    return String(events.findLast((event) => event.type === 'AppointmentBooked')?.data['bookingId']);
  }

  /** What the rules say of it now. */
  async suggestionFor(each: Case): Promise<Suggestion> {
    const found = (await this.historyOf(each)).findLast((event) => event.type === 'ReferralStratified');
    if (!found) throw new Error('A stored referral without a suggestion');
    return (found as Stratified).data;
  }

  /** Somebody else added to it: the service looks at it again. */
  async lookAgain(each: Case): Promise<void> {
    each.revision = (await this.historyOf(each)).length - 1;
  }

  private historyOf({ referralId }: Case): Promise<RecordedEvent[]> {
    return this.product.store.read(streamName('referral', this.service, referralId));
  }

  private sent(practitionerId?: string): Sent {
    const key = `made-up/${this.done++}`;
    return {
      service: this.service,
      key,
      correlationId: derivedId('made-up', this.service, key),
      ...(practitionerId === undefined ? {} : { practitionerId }),
    };
  }
}

function granted<Answer>(outcome: Outcome<Answer>): Answer {
  if (isRejection(outcome)) throw new Error(`The made-up service did something that is refused: ${outcome.code}: ${outcome.detail}`);
  return outcome;
}
