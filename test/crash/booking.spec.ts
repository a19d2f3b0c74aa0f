/** `kill -9` while many people book the same few slots: what was answered is stored once, and no slot ever has two appointments. */
import 'reflect-metadata';
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEventStore } from '@waymark/event-store';
import { derivedId, type RecordedEvent } from '@waymark/kernel';
import { CLINIC, SLOTS, World } from '../../libs/referral/src/testing/booking-world';
import { count, rounds } from './support/kills';

const BOOKER = join(__dirname, 'support', 'booker.js');

const root = mkdtempSync(join(tmpdir(), 'waymark-crash-booking-'));
let child: ChildProcess | undefined;
afterAll(() => {
  child?.kill('SIGKILL');
  rmSync(root, { recursive: true });
});

type Request = [kind: string, key: string, referral: string, what: string];

interface Life {
  /** Asked and not answered when the process died. */
  readonly unanswered: readonly Request[];
  readonly answers: ReadonlyMap<string, string>;
  readonly requests: readonly Request[];
  /** Bookings that had their slot held, and neither confirmed nor released, when the process died. */
  readonly between: number;
}

/** Starts the booker, waits until it has booked something of its own, and kills it at a moment nobody chose. */
async function liveAndDie(folder: string, run: number, setting: object): Promise<Life> {
  const [output, input] = [join(root, `run-${run}.out`), join(root, `run-${run}.json`)];
  writeFileSync(input, JSON.stringify({ folder, run, ...setting }));
  const descriptor = openSync(output, 'w');
  child = spawn(process.execPath, [BOOKER, input], { stdio: ['ignore', descriptor, 'inherit'] });
  closeSync(descriptor);
  const died = new Promise<NodeJS.Signals | null>((resolve) => child?.once('exit', (_, signal) => resolve(signal)));
  while (!readFileSync(output, 'utf8').includes(`ask cancel cancel-${run}-`)) {
    if (child.exitCode !== null) throw new Error('the booker ended by itself');
    await pause(5);
  }
  await pause(Math.random() * 150);
  child.kill('SIGKILL');
  expect(await died).toBe('SIGKILL');
  return heardIn(readFileSync(output, 'utf8').split('\n').slice(0, -1));
}

function heardIn(lines: readonly string[]): Life {
  const requests: Request[] = [];
  const answers = new Map<string, string>();
  const held = new Set<string>();
  for (const [word, ...rest] of lines.map((line) => line.split(' '))) {
    if (word === 'ask') requests.push(rest as Request);
    if (word === 'answer') answers.set(rest[0]!, rest[1]!);
    if (word === 'step' && rest[0] === 'SlotHeld') held.add(rest[1]!);
    if (word === 'step' && (rest[0] === 'SlotConfirmed' || rest[0] === 'SlotReleased')) held.delete(rest[1]!);
  }
  return { requests, answers, unanswered: requests.filter(([, key]) => !answers.has(key)), between: held.size };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function everything(world: World): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const event of world.store.readAll()) events.push(event);
  return events;
}

it.each(rounds(50))(
  'after %i kills every answered booking is stored once and no slot was ever booked twice',
  async (kills) => {
    const folder = mkdtempSync(join(root, 'data-'));
    let world = await World.open((clock) => openEventStore({ folder, clock }));
    const referrals: string[] = [];
    for (let n = 0; n < 20; n++) referrals.push(await world.referral(`person ${n}`));
    const { practitioner } = world;
    await world.store.close();

    let unanswered: readonly Request[] = [];
    let killsBetween = 0;
    const answers = new Map<string, string>();
    const requests = new Map<string, Request>();
    for (let run = 0; run < kills; run++) {
      // Three minutes from life to life: some holds of the last one are still good, some of the one before have run out.
      const now = new Date(Date.parse('2026-11-24T10:00:00.000Z') + run * 180_000).toISOString();
      const life = await liveAndDie(folder, run, { now, practitioner, referrals, slots: SLOTS, repeat: unanswered });
      for (const [key, answer] of life.answers) answers.set(key, answer);
      for (const request of life.requests) requests.set(request[1], request);
      unanswered = life.unanswered;
      if (life.between > 0) killsBetween++;
    }

    world = await World.open((clock) => openEventStore({ folder, clock }));
    world.pass(kills * 3 + 60);
    await world.settle();
    const events = await everything(world);

    const bookedBy = new Map<string, number>();
    for (const { type, meta } of events)
      if (type === 'AppointmentBooked') bookedBy.set(meta.commandId, (bookedBy.get(meta.commandId) ?? 0) + 1);
    const promised = [...answers]
      .filter(([key, answer]) => key.startsWith('book-') && answer === 'ok')
      .map(([key]) => bookedBy.get(derivedId('command', key)));
    const lost = promised.filter((times) => times === undefined).length;
    const doubled = [...bookedBy.values()].filter((times) => times > 1).length;
    const twice = bookedTwice(events);
    count({ suite: 'booking', kills, inside: killsBetween, acknowledged: promised.length, lost, doubled, bookedTwice: twice.length });
    expect(promised.length).toBeGreaterThan(kills);
    expect(new Set(promised)).toEqual(new Set([1]));
    expect(new Set(bookedBy.values())).toEqual(new Set([1]));

    const places = await Promise.all(referrals.map((id) => world.place(id)));
    const appointments = places.flatMap((place) => place.appointments);
    const slots = [...(await world.clinicDay()).slots.values()];
    const taken = slots.flatMap(({ id, holder }) => (holder ? [`${id} ${holder.bookingId} ${holder.confirmed}`] : []));
    expect(taken.sort()).toEqual(
      appointments
        .filter(({ status }) => status === 'booked')
        .map(({ id, slot }) => `${slot} ${id} true`)
        .sort(),
    );

    const given = [...answers]
      .filter(([key, answer]) => key.startsWith('cancel-') && answer === 'ok')
      .map(([key]) => requests.get(key)![3]);
    expect(given.filter((id) => appointments.find((each) => each.id === id)?.status !== 'cancelled')).toEqual([]);

    expect(twice).toEqual([]);
    expect(killsBetween).toBeGreaterThan(0);
    await world.store.close();
    rmSync(folder, { recursive: true });
  },
  600_000,
);

/** Slots that two bookings had at one moment: on their referrals, or at the clinic. */
function bookedTwice(events: readonly RecordedEvent[]): string[] {
  const appointments = new Map<string, string>();
  const confirmed = new Map<string, string>();
  const twice: string[] = [];
  const take = (at: Map<string, string>, slot: string, booking: string) => {
    if (at.has(slot) && at.get(slot) !== booking) twice.push(slot);
    at.set(slot, booking);
  };
  const give = (at: Map<string, string>, booking: string) => {
    for (const [slot, holder] of at) if (holder === booking) at.delete(slot);
  };
  for (const { type, data, stream } of events) {
    const { slot, bookingId } = data as { slot: string; bookingId: string };
    if (type === 'AppointmentBooked') take(appointments, slot, bookingId);
    if (type === 'AppointmentCancelledByPerson') give(appointments, bookingId);
    if (type === 'SlotConfirmed' && stream === CLINIC) take(confirmed, slot, bookingId);
    if (type === 'SlotReleased') give(confirmed, bookingId);
  }
  return twice;
}
