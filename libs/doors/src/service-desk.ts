/** What a service is made of, for whoever sets it up or books into it: practitioners, clinic sessions, slots and codes. */
import type { QueryBus } from '@nestjs/cqrs';
import { OpenClinicSession, type ClinicEvent } from '@waymark/clinics';
import type { Clock, EventStore } from '@waymark/event-store';
import { idOf, isErased, isRejection, type Outcome, type Receipt, type RecordedEvent } from '@waymark/kernel';
import type { People } from '@waymark/people';
import type { ReadSide } from '@waymark/projections';
import { FreeSlotsQuery, PractitionersQuery, type FreeSlot } from '@waymark/read-models';
import type { Configuration, Publication } from '@waymark/rules';
import { RegisterPractitioner, type PractitionerEvent } from '@waymark/workforce';
import { unknownActor, type Dispatch, type Sender } from './dispatch';
import { serviceNamed } from './services';
import { readStream } from './streams';

type Opened = Extract<ClinicEvent, { type: 'ClinicSessionOpened' }>;

export interface OpenedSession {
  readonly id: string;
  readonly slots: readonly { readonly id: string; readonly start: string; readonly end: string }[];
}

export class ServiceDesk {
  constructor(
    private readonly bus: QueryBus,
    private readonly store: EventStore,
    private readonly people: People,
    private readonly configuration: Configuration,
    private readonly readSide: ReadSide,
    private readonly clock: Clock,
  ) {}

  async register(dispatch: Dispatch, body: unknown, sender: Sender): Promise<Outcome<{ id: string; replayed: boolean }>> {
    const receipt = await dispatch.send<RegisterPractitioner, Receipt>(RegisterPractitioner, body, sender);
    return isRejection(receipt) ? receipt : { id: idOf(receipt.stream), replayed: receipt.replayed };
  }

  async openSession(
    dispatch: Dispatch,
    clinic: string,
    body: unknown,
    sender: Sender,
  ): Promise<Outcome<OpenedSession & { replayed: boolean }>> {
    const receipt = await dispatch.send<OpenClinicSession, Receipt>(OpenClinicSession, body, sender, { clinic });
    if (isRejection(receipt)) return receipt;
    const events = (await readStream(this.store, receipt.stream)) as RecordedEvent<Opened>[];
    const opened = events.find((event) => receipt.events.some(({ id }) => id === event.id));
    if (!opened) throw new Error('A session was opened and is not there');
    const slots = opened.data.slots.map(({ id, start, end }) => ({ id, start, end }));
    return { id: opened.data.sessionId, slots, replayed: receipt.replayed };
  }

  async practitioners(named: string | undefined) {
    const service = await serviceNamed(named, this.configuration, '?service');
    if (isRejection(service)) return service;
    await this.caughtUp();
    const listed = await this.bus.execute(new PractitionersQuery(service));
    return { items: await Promise.all(listed.map(async ({ stream, ...row }) => ({ ...row, name: await this.nameOf(stream) }))) };
  }

  async slots({ service: named, ...query }: Readonly<Record<string, string>>): Promise<Outcome<{ items: FreeSlot[] }>> {
    const service = await serviceNamed(named, this.configuration, '?service');
    if (isRejection(service)) return service;
    await this.caughtUp();
    const free = await this.bus.execute(new FreeSlotsQuery({ ...query, service, now: this.clock().toISOString() }));
    return isRejection(free) ? free : { items: free };
  }

  /** Every code with its label and the list that it belongs to, as published for the service. */
  async codes(named: string | undefined) {
    const service = await serviceNamed(named, this.configuration, '?service');
    if (isRejection(service)) return service;
    return { codes: (await this.configuration.current(service)).codes.all() };
  }

  /** Appends what the configuration files say and the log does not, in the name of a practitioner of any of the services: a new one has nobody yet. */
  async publish(dispatch: Dispatch, reason: string, practitionerId: string): Promise<Outcome<readonly Publication[]>> {
    for (const service of this.configuration.services()) {
      const actor = await dispatch.practitioner(service, practitionerId);
      if (!isRejection(actor)) return this.configuration.publish({ actor, reason });
    }
    return unknownActor();
  }

  private async nameOf(stream: string): Promise<string> {
    const [registered] = (await readStream(this.store, stream, 1)) as RecordedEvent<PractitionerEvent>[];
    if (!registered) throw new Error('A registered practitioner who is not there');
    const { name } = this.people.open(registered).data;
    return isErased(name) ? 'Erased' : name;
  }

  private async caughtUp(): Promise<void> {
    const head = await this.store.head();
    if (head !== undefined) await this.readSide.waitFor(head);
  }
}
