/** One service on a memory store or a given one, one clinic morning, and processes that can die. */
import { join } from 'node:path';
import { clinicDayOf, clinicEvents, openSession, OpenClinicSession, type ClinicDay } from '@waymark/clinics';
import { CommandLoop, memoryEventStore, type EventStore } from '@waymark/event-store';
import { derivedId, isRejection, issue, streamName, type Actor, type DomainEvent, type Issue, type RecordedEvent } from '@waymark/kernel';
import { issueOfReaction, issueOfTimer } from '@waymark/projections';
import { Configuration } from '@waymark/rules';
import { practitionerEvents, registerPractitioner, RegisterPractitioner } from '@waymark/workforce';
import { appointmentEvents } from '../appointments';
import { attentionEvents } from '../attention';
import { WatchKeeper } from '../attention.process';
import { Book, Cancel } from '../appointments.commands';
import { Bookings } from '../booking.process';
import { Care } from '../care.process';
import { dischargeEvents } from '../discharge';
import { MachineWork } from '../machine.process';
import { placeOf } from '../place';
import type { Place } from '../standing';
import { planEvents } from '../plan';
import { referralEvents } from '../referral';
import { reservations } from '../reservations.reaction';
import { timerFolds, timerKey, toComeAfter, type ToCome } from '../timers';
import { triageEvents } from '../triage';
import { accepted, received, stratified } from './histories';

export const SERVICE = 'northbank';
export const CLINIC = 'clinic-northbank-quayside-2026-12-07';
export const SLOTS = ['quayside.2026-12-07.0900.1', 'quayside.2026-12-07.0930.2', 'quayside.2026-12-07.1000.3'] as const;
const START = Date.parse('2026-11-24T10:00:00.000Z');

const definitions = {
  ...referralEvents,
  ...triageEvents,
  ...appointmentEvents,
  ...planEvents,
  ...dischargeEvents,
  ...attentionEvents,
  ...clinicEvents,
  ...practitionerEvents,
};
const system: Actor = { kind: 'system', id: 'system', role: 'system' };

/** Northbank as the project's own files have it, read once. */
const configured = Configuration.open({
  folder: join(__dirname, '../../../../config'),
  store: memoryEventStore(),
  clock: () => new Date(START),
});

/** The process that a store belonged to is gone. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/** Stores `appends` appends, then dies: before it has said so. */
export function dyingAfter(appends: number, store: EventStore): EventStore {
  let left = appends;
  const alive = async <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
    if (left <= 0) throw new Killed();
    return work();
  };
  return {
    logId: store.logId,
    append: (...append) =>
      alive(async () => {
        const result = await store.append(...append);
        if (--left === 0) throw new Killed();
        return result;
      }),
    read: (...read) => alive(() => store.read(...read)),
    subscribe: (options) => store.subscribe(options),
    readAll: (options) => store.readAll(options),
    head: () => alive(() => store.head()),
    hashAt: (position) => alive(() => store.hashAt(position)),
    close: () => store.close(),
  };
}

export class World {
  private constructor(
    readonly store: EventStore,
    readonly configuration: Configuration,
    private readonly time: { now: number },
    readonly practitioner: string,
  ) {}

  /** On a store where the same world was opened before, it is found again. */
  static async open(storeOn: (clock: () => Date) => EventStore = (clock) => memoryEventStore({ clock })): Promise<World> {
    const time = { now: START };
    const clock = () => new Date(time.now);
    const store = storeOn(clock);
    const configuration = await configured;
    const loop = loopOn(store, clock);
    const asha = await registerPractitioner(issue(asRegistered(), how('register', system)), loop);
    if (isRejection(asha)) throw new Error(asha.detail);
    const world = new World(store, configuration, time, asha.state?.practitionerId ?? '');
    const opened = await openSession(issue(world.morning(), how('open', system)), { loop, store, configuration });
    if (isRejection(opened)) throw new Error(opened.detail);
    return world;
  }

  get now(): string {
    return new Date(this.time.now).toISOString();
  }

  pass(minutes: number): void {
    this.time.now += minutes * 60_000;
  }

  /** What a process works with; its store may be one that dies or dawdles. */
  process(store: EventStore = this.store): { bookings: Bookings; care: Care } {
    const clock = () => new Date(this.time.now);
    const loop = loopOn(store, clock);
    const bookings = new Bookings({ loop, store, configuration: this.configuration, clock });
    return { bookings, care: new Care({ loop, store, configuration: this.configuration, bookings }) };
  }

  /** What reactions and timers do now, in a process that may die. Answers how many timers were fired. */
  async settle(store: EventStore = this.store): Promise<number> {
    const { bookings } = this.process(store);
    const { carryOut } = new MachineWork({
      bookings,
      watch: new WatchKeeper({ loop: loopOn(store, () => new Date(this.time.now)), configuration: this.configuration }),
      reception: { finish: () => Promise.reject(new Error('Everybody here is accepted')) },
    });
    const due = new Map<string, ToCome>();
    for await (const event of this.store.readAll()) {
      const commands = reservations.on[event.type]?.(event) ?? [];
      for (const [index, command] of commands.entries()) await carryOut(command, issueOfReaction(reservations.name, event, index));
    }
    for await (const event of this.store.readAll()) {
      if (!Object.hasOwn(timerFolds, event.type)) continue;
      const key = timerKey(event);
      const toCome = toComeAfter(due.get(key), event as Parameters<typeof toComeAfter>[1]);
      if (toCome) due.set(key, toCome);
      else due.delete(key);
    }
    const fired = [...due.values()].flatMap(({ timers }) => timers.filter(({ due }) => due <= this.now));
    for (const timer of fired) await carryOut(timer.command, issueOfTimer(SERVICE, timer));
    return fired.length;
  }

  /** A referral that a clinician has accepted. */
  async referral(name: string, ...more: DomainEvent[]): Promise<string> {
    const id = derivedId('referral', name);
    await this.record(id, received(), stratified(), accepted({ practitionerId: this.practitioner }), ...more);
    return id;
  }

  /** Something that somebody else recorded about a referral. */
  async record(referralId: string, ...events: DomainEvent[]): Promise<void> {
    const stream = streamName('referral', SERVICE, referralId);
    const ran = await loopOn(this.store, () => new Date(this.time.now)).run({
      stream,
      decider: { name: 'others', folds: {}, initial: undefined, evolve: () => undefined, decide: () => events },
      command: undefined,
      issue: how(`others ${(await this.store.read(stream)).length} ${referralId}`, system),
      context: () => undefined,
    });
    if (isRejection(ran)) throw new Error(ran.detail);
  }

  book(referralId: string, slot: string, key = 'key', more: Partial<Issue> = {}): Book {
    return issue(Object.assign(new Book(), { referralId, slot, type: 'first' as const }), this.issued(`book ${key}`, more));
  }

  cancel(referralId: string, appointment: string, seenRevision: number, key = 'key'): Cancel {
    const body = { referralId, appointment, by: 'person' as const, reason: 'unwell' };
    return issue(Object.assign(new Cancel(), body), this.issued(`cancel ${key}`, { seenRevision }));
  }

  issued(key: string, more: Partial<Issue> = {}): Issue {
    return { ...how(key, { kind: 'practitioner', id: this.practitioner, role: 'ot' }), ...more };
  }

  async history(referralId: string): Promise<RecordedEvent[]> {
    return this.store.read(streamName('referral', SERVICE, referralId));
  }

  async place(referralId: string): Promise<Place> {
    const place = placeOf(await this.history(referralId));
    if (!place) throw new Error('No such referral');
    return place;
  }

  async clinicDay(): Promise<ClinicDay> {
    return clinicDayOf(await this.store.read(CLINIC));
  }

  async typesAtClinic(): Promise<string[]> {
    return (await this.store.read(CLINIC)).map(({ type }) => type).slice(1);
  }

  private morning(): OpenClinicSession {
    return Object.assign(new OpenClinicSession(), {
      clinic: 'quayside',
      place: 'Quayside Surgery',
      date: '2026-12-07',
      start: '09:00',
      end: '10:30',
      practitioner: this.practitioner,
      types: ['first' as const, 'follow-up' as const],
    });
  }
}

function loopOn(store: EventStore, clock: () => Date): CommandLoop {
  return new CommandLoop({ store, clock, definitions, words: ({ type }) => type, sealer: { seal: async (_, events) => [...events] } });
}

function how(key: string, actor: Actor): Issue {
  return { service: SERVICE, actor, commandId: derivedId('command', key), correlationId: derivedId('correlation', key), channel: 'api' };
}

function asRegistered(): RegisterPractitioner {
  return Object.assign(new RegisterPractitioner(), {
    name: 'Asha Rahman',
    profession: 'occupational-therapist',
    registration: { body: 'HCPC' as const, number: 'OT99001', expires: '2027-10-31' },
    level: 'ot' as const,
    scope: { strata: ['frailty' as const, 'wider' as const] },
  });
}
