/** Booking over two streams: a slot has one appointment at most, whoever races and wherever a process dies. */
import 'reflect-metadata';
import fc from 'fast-check';
import { SESSION_TYPES } from '@waymark/clinics';
import type { EventStore } from '@waymark/event-store';
import { issue, isRejection, type RecordedEvent } from '@waymark/kernel';
import { APPOINTMENT_TYPES, type AppointmentEvent } from './appointments';
import { RecordAttendance } from './appointments.commands';
import { Discharge } from './discharge.commands';
import { CLINIC, dyingAfter, Killed, SLOTS, World } from './testing/booking-world';
import { oneOfEach, stratified } from './testing/histories';

const [nine, , ten] = SLOTS;
const HOLD_MINUTES = 5;

let world: World;
beforeEach(async () => {
  world = await World.open();
});

const typesOf = async (referralId: string) => (await world.history(referralId)).map(({ type }) => type).slice(3);
const bookedId = async (referralId: string) => (await world.place(referralId)).appointments.at(-1)?.id ?? '';
const holderOf = async (slot: string) => (await world.clinicDay()).slots.get(slot)?.holder;

describe('a booking', () => {
  it('holds the slot, is decided by the referral, and has the slot confirmed', async () => {
    const ada = await world.referral('ada');
    const booked = await world.process().bookings.book(world.book(ada, nine));
    expect(booked).toMatchObject({ replayed: false, events: [{ type: 'AppointmentBooked' }] });
    expect((await world.place(ada)).appointments).toMatchObject([{ slot: nine, status: 'booked', start: '2026-12-07T09:00:00.000Z' }]);
    expect(await world.typesAtClinic()).toEqual(['SlotHeld', 'SlotConfirmed']);
    expect(await holderOf(nine)).toMatchObject({ referralId: ada, bookingId: await bookedId(ada), confirmed: true });
  });

  it('sent again gives the first answer and changes nothing', async () => {
    const ada = await world.referral('ada');
    const { bookings } = world.process();
    const first = await bookings.book(world.book(ada, nine));
    const again = await bookings.book(world.book(ada, nine));
    expect(again).toMatchObject({ replayed: true, events: isRejection(first) ? [] : first.events });
    expect(await world.typesAtClinic()).toEqual(['SlotHeld', 'SlotConfirmed']);
  });

  it('of a slot that somebody has is refused, and leaves nothing on the referral', async () => {
    const ada = await world.referral('ada');
    const bea = await world.referral('bea');
    const { bookings } = world.process();
    await bookings.book(world.book(ada, nine, 'a'));
    expect(await bookings.book(world.book(bea, nine, 'b'))).toMatchObject({ code: 'slot-taken' });
    expect(await typesOf(bea)).toEqual([]);
  });

  it('that the referral refuses leaves nothing at the clinic', async () => {
    const ada = await world.referral('ada', oneOfEach.Discharged);
    expect(await world.process().bookings.book(world.book(ada, nine))).toMatchObject({ code: 'ended' });
    expect(await world.typesAtClinic()).toEqual([]);
  });

  it('refused once may be asked for again, and is decided again', async () => {
    const ada = await world.referral('ada', { type: 'ReferralRedirected', data: { ...oneOfEach.ReferralRedirected.data } });
    const { bookings } = world.process();
    expect(await bookings.book(world.book(ada, nine))).toMatchObject({ code: 'not-accepted' });
    await world.record(ada, oneOfEach.ReferralAccepted);
    expect(await bookings.book(world.book(ada, nine))).toMatchObject({ events: [{ type: 'AppointmentBooked' }] });
  });

  it('refused between the hold and the decision frees the slot, after closing the booking for good', async () => {
    const ada = await world.referral('ada');
    const bea = await world.referral('bea');
    const racing = onFirstAppendTo(CLINIC, world.store, () => world.record(ada, oneOfEach.DeathRecorded));
    expect(await world.process(racing).bookings.book(world.book(ada, nine, 'a'))).toMatchObject({ code: 'ended' });
    expect(await typesOf(ada)).toEqual(['DeathRecorded', 'BookingAbandoned']);
    expect(await world.typesAtClinic()).toEqual(['SlotHeld', 'SlotReleased']);
    expect(await world.process().bookings.book(world.book(bea, nine, 'b'))).toMatchObject({ events: [{ type: 'AppointmentBooked' }] });
  });

  it('is for slots that exist, for practitioners of the service, and within their scope', async () => {
    const ada = await world.referral('ada');
    const { bookings } = world.process();
    expect(await bookings.book(world.book(ada, 'quayside.2026-12-07.1700.9'))).toMatchObject({ code: 'unknown-slot' });
    expect(await bookings.book(world.book(ada, 'nonsense'))).toMatchObject({ code: 'unknown-slot' });
    const stranger = { actor: { kind: 'practitioner', id: ada, role: 'ot' } } as const;
    expect(await bookings.book(world.book(ada, nine, 'b', stranger))).toMatchObject({ code: 'not-registered' });
    const nobody = { actor: { kind: 'public', id: 'public', role: 'public' } } as const;
    expect(await bookings.book(world.book(ada, nine, 'c', nobody))).toMatchObject({ code: 'actor-needed' });
    const atWork = await world.referral('bea', {
      ...oneOfEach.ReferralAccepted,
      data: { ...oneOfEach.ReferralAccepted.data, stratum: 'work' },
    });
    expect(await bookings.book(world.book(atWork, nine, 'd'))).toMatchObject({ code: 'out-of-scope' });
    expect(await world.typesAtClinic()).toEqual([]);
  });

  it('with a key that was used for another slot is refused, and that slot stays free', async () => {
    const ada = await world.referral('ada');
    const { bookings } = world.process();
    await bookings.book(world.book(ada, nine, 'k', { fingerprint: 'one' }));
    expect(await bookings.book(world.book(ada, ten, 'k', { fingerprint: 'two' }))).toMatchObject({ code: 'idempotency-key-reused' });
    expect(await holderOf(ten)).toBeUndefined();
  });

  it('asked for twice at once with one key is one appointment, and the other slot stays free', async () => {
    const ada = await world.referral('ada');
    const ask = (slot: string) => world.process().bookings.book(world.book(ada, slot, 'k'));
    const [one, other] = await Promise.all([ask(nine), ask(ten)]);
    expect([one, other]).toMatchObject([{ events: [{ type: 'AppointmentBooked' }] }, { events: [{ type: 'AppointmentBooked' }] }]);
    expect((await world.place(ada)).appointments).toHaveLength(1);
    expect([...(await world.clinicDay()).slots.values()].filter(({ holder }) => holder)).toHaveLength(1);
  });

  it('whose key went to another slot after a process died is given up when its hold runs out', async () => {
    const ada = await world.referral('ada');
    await expect(world.process(dyingAfter(1, world.store)).bookings.book(world.book(ada, ten, 'k'))).rejects.toThrow(Killed);
    const { bookings } = world.process();
    await bookings.book(world.book(ada, nine, 'k'));
    expect(await bookings.book(world.book(ada, ten, 'k'))).toMatchObject({ replayed: true });
    expect(await holderOf(ten)).toMatchObject({ confirmed: false });
    world.pass(HOLD_MINUTES);
    await world.settle();
    expect(await holderOf(ten)).toBeUndefined();
    expect(await holderOf(nine)).toMatchObject({ confirmed: true });
  });

  it('of three slots by twenty people at once gives three appointments and seventeen refusals', async () => {
    const people = await Promise.all(Array.from({ length: 20 }, (_, index) => world.referral(`person ${index}`)));
    const processes = [world.process(), world.process()];
    const answers = await Promise.all(
      people.map((id, index) => processes[index % 2]!.bookings.book(world.book(id, SLOTS[index % 3]!, `k${index}`))),
    );
    expect(answers.filter((answer) => !isRejection(answer))).toHaveLength(3);
    expect(new Set(answers.flatMap((answer) => (isRejection(answer) ? answer.code : [])))).toEqual(new Set(['slot-taken']));
    expect([...(await world.clinicDay()).slots.values()].map(({ holder }) => holder?.confirmed)).toEqual([true, true, true]);
  });

  it('offers the kinds of appointment that a session may hold', () => {
    expect([...SESSION_TYPES]).toEqual([...APPOINTMENT_TYPES]);
  });
});

describe('a process that dies', () => {
  it.each([1, 2, 3])('after %d of the three appends finishes the booking when it is sent again', async (appends) => {
    const ada = await world.referral('ada');
    await expect(world.process(dyingAfter(appends, world.store)).bookings.book(world.book(ada, nine))).rejects.toThrow(Killed);
    expect(await world.process().bookings.book(world.book(ada, nine))).toMatchObject({ events: [{ type: 'AppointmentBooked' }] });
    expect(await typesOf(ada)).toEqual(['AppointmentBooked']);
    expect(await world.typesAtClinic()).toEqual(['SlotHeld', 'SlotConfirmed']);
  });

  it('before the referral decided: the slot is kept until the hold runs out, then given up for good', async () => {
    const ada = await world.referral('ada');
    const bea = await world.referral('bea');
    await expect(world.process(dyingAfter(1, world.store)).bookings.book(world.book(ada, nine, 'a'))).rejects.toThrow(Killed);
    const { bookings } = world.process();
    expect(await bookings.book(world.book(bea, nine, 'b'))).toMatchObject({ code: 'slot-taken' });
    expect(await world.settle()).toBe(0);
    world.pass(HOLD_MINUTES);
    expect(await bookings.book(world.book(bea, nine, 'b'))).toMatchObject({ events: [{ type: 'AppointmentBooked' }] });
    expect(await typesOf(ada)).toEqual(['BookingAbandoned']);
    expect(await bookings.book(world.book(ada, nine, 'a'))).toMatchObject({ code: 'booking-abandoned' });
    expect(await holderOf(nine)).toMatchObject({ referralId: bea, confirmed: true });
  });

  it('after the referral decided: the appointment stands, and its slot is confirmed and not given away', async () => {
    const ada = await world.referral('ada');
    const bea = await world.referral('bea');
    await expect(world.process(dyingAfter(2, world.store)).bookings.book(world.book(ada, nine, 'a'))).rejects.toThrow(Killed);
    world.pass(HOLD_MINUTES);
    const { bookings } = world.process();
    expect(await bookings.book(world.book(bea, nine, 'b'))).toMatchObject({ code: 'slot-taken' });
    expect(await holderOf(nine)).toMatchObject({ referralId: ada, confirmed: true });
    expect(await typesOf(ada)).toEqual(['AppointmentBooked']);
  });

  it('is put right by whoever looks next, without being told where', async () => {
    const ada = await world.referral('ada');
    const bea = await world.referral('bea');
    await expect(world.process(dyingAfter(1, world.store)).bookings.book(world.book(ada, nine, 'a'))).rejects.toThrow(Killed);
    await expect(world.process(dyingAfter(2, world.store)).bookings.book(world.book(bea, ten, 'b'))).rejects.toThrow(Killed);
    world.pass(HOLD_MINUTES);
    // The other one was made, which is an event, so that it did not need to wait for its hold to run out.
    expect(await world.settle()).toBe(1);
    expect(await holderOf(nine)).toBeUndefined();
    expect(await holderOf(ten)).toMatchObject({ referralId: bea, confirmed: true });
    expect(await world.settle()).toBe(0);
  });

  it.each([1, 2])('while it settles, after %d appends, leaves the rest to the next', async (appends) => {
    const ada = await world.referral('ada');
    await expect(world.process(dyingAfter(1, world.store)).bookings.book(world.book(ada, nine))).rejects.toThrow(Killed);
    world.pass(HOLD_MINUTES);
    await expect(world.settle(dyingAfter(appends, world.store))).rejects.toThrow(Killed);
    await world.settle();
    expect(await typesOf(ada)).toEqual(['BookingAbandoned']);
    expect(await world.typesAtClinic()).toEqual(['SlotHeld', 'SlotReleased']);
  });
});

describe('a slot is free again', () => {
  const bookedByAda = async () => {
    const ada = await world.referral('ada');
    await world.process().bookings.book(world.book(ada, nine, 'a'));
    return { ada, appointment: await bookedId(ada), revision: (await world.history(ada)).length - 1 };
  };
  const discharge = (referralId: string, seenRevision: number) =>
    issue(
      Object.assign(new Discharge(), {
        referralId,
        reason: 'goals-met',
        destination: 'self-management',
        summary: { did: 'Advice', gpToDo: 'Nothing' },
      }),
      world.issued('discharge', { seenRevision }),
    );

  it('when the appointment is cancelled, and somebody else may have it', async () => {
    const { ada, appointment, revision } = await bookedByAda();
    const { bookings } = world.process();
    const cancelled = await bookings.cancel(world.cancel(ada, appointment, revision));
    expect(cancelled).toMatchObject({ events: [{ type: 'AppointmentCancelledByPerson' }] });
    expect(await world.typesAtClinic()).toEqual(['SlotHeld', 'SlotConfirmed', 'SlotReleased']);
    const bea = await world.referral('bea');
    expect(await bookings.book(world.book(bea, nine, 'b'))).toMatchObject({ events: [{ type: 'AppointmentBooked' }] });
    // A late repeat of either changes nothing for whoever has it now.
    expect(await bookings.book(world.book(ada, nine, 'a'))).toMatchObject({ replayed: true });
    expect(await bookings.cancel(world.cancel(ada, appointment, revision))).toMatchObject({ replayed: true });
    expect(await holderOf(nine)).toMatchObject({ referralId: bea, confirmed: true });
  });

  it('when the process died between the cancellation and the release', async () => {
    const { ada, appointment, revision } = await bookedByAda();
    const cancel = world.cancel(ada, appointment, revision);
    await expect(world.process(dyingAfter(1, world.store)).bookings.cancel(cancel)).rejects.toThrow(Killed);
    expect(await holderOf(nine)).toMatchObject({ confirmed: true });
    await world.settle();
    expect(await holderOf(nine)).toBeUndefined();
  });

  it('when it was cancelled before it was ever confirmed', async () => {
    const ada = await world.referral('ada');
    await expect(world.process(dyingAfter(2, world.store)).bookings.book(world.book(ada, nine))).rejects.toThrow(Killed);
    const cancel = world.cancel(ada, await bookedId(ada), (await world.history(ada)).length - 1);
    await expect(world.process(dyingAfter(1, world.store)).bookings.cancel(cancel)).rejects.toThrow(Killed);
    world.pass(HOLD_MINUTES);
    await world.settle();
    expect(await world.typesAtClinic()).toEqual(['SlotHeld', 'SlotConfirmed', 'SlotReleased']);
  });

  it('at discharge, also when the process died before it was released', async () => {
    const { ada, appointment, revision } = await bookedByAda();
    await expect(world.process(dyingAfter(1, world.store)).care.discharge(discharge(ada, revision))).rejects.toThrow(Killed);
    const discharged = await world.process().care.discharge(discharge(ada, revision));
    expect(discharged).toMatchObject({ replayed: true, events: [{ type: 'Discharged' }] });
    expect((await world.history(ada)).at(-1)?.data).toMatchObject({ released: [appointment] });
    expect(await holderOf(nine)).toBeUndefined();
  });

  it('when the person has died, whoever recorded it', async () => {
    const { ada } = await bookedByAda();
    await world.record(ada, oneOfEach.DeathRecorded);
    await world.process().bookings.releaseSlots(ada, await world.history(ada), world.issued('death'));
    expect(await holderOf(nine)).toBeUndefined();
  });

  it('not when somebody decided it on an old screen: they see what came between', async () => {
    const { ada, appointment, revision } = await bookedByAda();
    await world.record(ada, oneOfEach.InformationAdded, stratified({ because: 'information-added' }));
    const { bookings, care } = world.process();
    const stale = { code: 'stale', since: [{ type: 'InformationAdded' }, { type: 'ReferralStratified' }] };
    expect(await bookings.cancel(world.cancel(ada, appointment, revision))).toMatchObject(stale);
    expect(await care.discharge(discharge(ada, revision))).toMatchObject(stale);
    expect(await holderOf(nine)).toMatchObject({ confirmed: true });
  });
});

describe('attendance', () => {
  it('counts for an occupational therapist’s contact', async () => {
    const ada = await world.referral('ada');
    const { bookings } = world.process();
    await bookings.book(world.book(ada, nine));
    world.pass(14 * 24 * 60);
    const attended = Object.assign(new RecordAttendance(), {
      referralId: ada,
      appointment: await bookedId(ada),
      outcome: 'attended' as const,
    });
    expect(await bookings.recordAttendance(issue(attended, world.issued('attended')))).toMatchObject({ events: [{ type: 'Attended' }] });
    expect((await world.place(ada)).contacts).toEqual({ used: 1, allowed: 6 });
  });
});

describe('whatever order people and processes come in', () => {
  type Act =
    | { do: 'book'; who: number; slot: number; key: number; appends: number }
    | { do: 'cancel'; who: number; appends: number }
    | { do: 'settle'; appends: number }
    | { do: 'wait'; minutes: number };
  // A process dies after so many appends, or lives.
  const appends = fc.constantFrom(1, 2, 3, Infinity, Infinity);
  const three = fc.nat({ max: 2 });
  const act: fc.Arbitrary<Act> = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('book' as const), who: three, slot: three, key: three, appends }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), who: three, appends }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('settle' as const), appends }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.constantFrom(1, HOLD_MINUTES) }) },
  );

  it('a slot never has two appointments, and in the end every appointment has its slot', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(act, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
        fc.scheduler(),
        async (people, scheduler) => {
          world = await World.open();
          const referrals = await Promise.all(['ada', 'bea', 'cyn'].map((name) => world.referral(name)));
          const store = dawdling(world.store, scheduler);

          const perform = async (one: Act): Promise<void> => {
            if (one.do === 'wait') return world.pass(one.minutes);
            if (one.do === 'settle') return void (await world.settle(dyingAfter(one.appends, store)));
            const { bookings } = world.process(dyingAfter(one.appends, store));
            const who = referrals[one.who]!;
            if (one.do === 'book') return void (await bookings.book(world.book(who, SLOTS[one.slot]!, `${one.key}`)));
            const history = await world.history(who);
            const appointment = (await world.place(who)).appointments.findLast(({ status }) => status === 'booked');
            if (appointment) await bookings.cancel(world.cancel(who, appointment.id, history.length - 1, appointment.id));
          };
          const working = Promise.all(
            people.map(async (acts) => {
              for (const one of acts) await perform(one).catch(unlessKilled);
            }),
          );
          await scheduler.waitFor(working);

          world.pass(HOLD_MINUTES);
          await world.settle();
          expect(doublyBooked(await everything())).toEqual([]);
          const appointments = (await Promise.all(referrals.map((id) => world.place(id)))).flatMap((place) => place.appointments);
          const booked = appointments.filter(({ status }) => status === 'booked').map(({ id, slot }) => [slot, id, true]);
          const slots = [...(await world.clinicDay()).slots.values()];
          const taken = slots.flatMap(({ id, holder }) => (holder ? [[id, holder.bookingId, holder.confirmed]] : []));
          expect(taken.sort()).toEqual(booked.sort());
        },
      ),
      { numRuns: 100 },
    );
  }, 60_000);

  it('the check itself finds a slot that was booked twice', async () => {
    const ada = await world.referral('ada', oneOfEach.AppointmentBooked);
    expect(doublyBooked(await everything())).toEqual([]);
    await world.record(ada, { type: 'AppointmentBooked', data: { ...oneOfEach.AppointmentBooked.data, bookingId: ada } });
    expect(doublyBooked(await everything())).toEqual([oneOfEach.AppointmentBooked.data.slot]);
  });
});

async function everything(): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const event of world.store.readAll()) events.push(event);
  return events;
}

/** Slots that had two appointments at one moment, from the log alone. */
function doublyBooked(events: readonly RecordedEvent[]): string[] {
  const taken = new Map<string, string>();
  const twice: string[] = [];
  for (const { type, data } of events as RecordedEvent<AppointmentEvent>[]) {
    const { bookingId } = data as { bookingId: string };
    if (type === 'AppointmentBooked') {
      const { slot } = data as { slot: string };
      if (taken.has(slot)) twice.push(slot);
      taken.set(slot, bookingId);
    }
    if (type === 'AppointmentCancelledByPerson' || type === 'AppointmentCancelledByService') {
      for (const [slot, holder] of taken) if (holder === bookingId) taken.delete(slot);
    }
  }
  return twice;
}

/** Every reading and writing waits its turn, and the scheduler says whose it is. */
function dawdling(store: EventStore, scheduler: fc.Scheduler): EventStore {
  return {
    ...store,
    logId: store.logId,
    append: scheduler.scheduleFunction((...append: Parameters<EventStore['append']>) => store.append(...append)),
    read: scheduler.scheduleFunction((...read: Parameters<EventStore['read']>) => store.read(...read)),
  };
}

function onFirstAppendTo(stream: string, store: EventStore, then: () => Promise<void>): EventStore {
  let happened = false;
  return {
    ...store,
    logId: store.logId,
    async append(...append) {
      const result = await store.append(...append);
      if (append[0] === stream && !happened) {
        happened = true;
        await then();
      }
      return result;
    },
  };
}

function unlessKilled(fault: unknown): void {
  if (!(fault instanceof Killed)) throw fault;
}
