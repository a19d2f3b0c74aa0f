/** One service with its published configuration, real keys and identity index, and a reception whose process can die. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clinicEvents } from '@waymark/clinics';
import { CommandLoop, memoryEventStore, type EventStore } from '@waymark/event-store';
import { derivedId, issue, streamName, type Actor, type Issue, type RecordedEvent } from '@waymark/kernel';
import { erasureEvents, People, personEvents } from '@waymark/people';
import { Configuration, configurationEvents } from '@waymark/rules';
import { practitionerEvents, registerPractitioner, RegisterPractitioner } from '@waymark/workforce';
import { appointmentEvents } from '../appointments';
import { attentionEvents } from '../attention';
import { Bookings } from '../booking.process';
import { Desk } from '../desk.process';
import { dischargeEvents } from '../discharge';
import { planEvents } from '../plan';
import { Reception } from '../receive.process';
import { referralEvents } from '../referral';
import { ReceiveReferral } from '../referral.commands';
import { triageEvents } from '../triage';
import { wordsOf } from '../words';

export const SERVICE = 'northbank';
const START = Date.parse('2026-11-20T09:12:00.000Z');

const definitions = {
  ...referralEvents,
  ...triageEvents,
  ...appointmentEvents,
  ...planEvents,
  ...dischargeEvents,
  ...attentionEvents,
  ...clinicEvents,
  ...personEvents,
  ...erasureEvents,
  ...practitionerEvents,
  ...configurationEvents,
};

/** Ada, as her practice writes about her. */
export const ada: ReceiveReferral = {
  source: 'gp',
  person: { name: { family: 'Okonkwo', given: ['Ada'] }, birthDate: '1941-02-03', nhsNumber: '999 000 0018' },
  referrer: { name: 'Dr Fictional' },
  need: { reason: 'Cannot bath safely' },
};

export class ReceptionWorld {
  private constructor(
    readonly store: EventStore,
    readonly people: People,
    readonly configuration: Configuration,
    private readonly folder: string,
    private readonly time: { now: number },
  ) {}

  static async open(): Promise<ReceptionWorld> {
    const time = { now: START };
    const clock = () => new Date(time.now);
    const folder = mkdtempSync(join(tmpdir(), 'waymark-reception-'));
    const people = People.open({ folder });
    const store = memoryEventStore({ clock });
    const configuration = await Configuration.open({ folder: join(__dirname, '../../../../config'), store, clock });
    return new ReceptionWorld(store, people, configuration, folder, time);
  }

  async close(): Promise<void> {
    await this.store.close();
    this.people.close();
    rmSync(this.folder, { recursive: true });
  }

  pass(minutes: number): void {
    this.time.now += minutes * 60_000;
  }

  get now(): string {
    return this.clock().toISOString();
  }

  readonly clock = (): Date => new Date(this.time.now);

  /** What a process works with; its store may be one that dies. */
  process(store: EventStore = this.store): { loop: CommandLoop; reception: Reception; desk: Desk } {
    const { people, configuration, clock } = this;
    const loop = new CommandLoop({ store, clock, definitions, words: wordsOf, sealer: people });
    const bookings = new Bookings({ loop, store, configuration, clock });
    return {
      loop,
      reception: new Reception({ loop, people, configuration, clock }),
      desk: new Desk({ loop, store, configuration, bookings, clock }),
    };
  }

  async practitioner(name: string, strata: RegisterPractitioner['scope']['strata'], number = 'OT99001'): Promise<Actor> {
    const body = Object.assign(new RegisterPractitioner(), {
      name,
      profession: 'occupational-therapist',
      registration: { body: 'HCPC' as const, number, expires: '2027-10-31' },
      level: 'ot' as const,
      scope: { strata },
    });
    const registered = await registerPractitioner(issue(body, how(name)), this.process().loop);
    if ('rejected' in registered || !registered.state) throw new Error('Not registered');
    return { kind: 'practitioner', id: registered.state.practitionerId, role: 'ot' };
  }

  /** A submission. `message` is its idempotency key. */
  sent(message: string, more: Partial<ReceiveReferral> = {}, otherwise: Partial<Issue> = {}): ReceiveReferral {
    return issue(Object.assign(new ReceiveReferral(), ada, more), { ...how(message), ...otherwise });
  }

  async referrals(): Promise<RecordedEvent[][]> {
    const streams = new Map<string, RecordedEvent[]>();
    for await (const event of this.store.readAll({ filter: { streamPrefixes: [streamName('referral', SERVICE)] } })) {
      streams.set(event.stream, [...(streams.get(event.stream) ?? []), event]);
    }
    return [...streams.values()];
  }

  async types(): Promise<string[][]> {
    return (await this.referrals()).map((events) => events.map(({ type }) => type));
  }
}

export function how(key: string): Issue {
  return {
    service: SERVICE,
    actor: { kind: 'machine', id: 'machine', role: 'gp' },
    commandId: derivedId('command', key),
    correlationId: derivedId('correlation', key),
    channel: 'api',
    fingerprint: key,
  };
}
