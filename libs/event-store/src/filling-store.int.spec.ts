/** Filling a log with a made-up history: the log that any store reads, and the same one when it was stopped in between. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Decider, DomainEvent, RecordedEvent } from '@waymark/kernel';
import { FilledDifferently, FillingStore, type FillingStoreOptions } from './filling-store';
import { FoldedStates } from './folded-states';
import { openEventStore } from './sqlite-event-store';
import { appendable, testFolders } from './testing';
import { verifyLog } from './verify';

const newFolder = testFolders();
const STREAMS = 5;

/** The nth append of the history, one minute after the one before. */
const time = (n: number): Date => new Date(Date.parse('2026-01-05T09:00:00.000Z') + n * 60_000);
const stream = (n: number): string => `referral-northbank-${n % STREAMS}`;
const event = (n: number) => appendable('A', { n }, { id: `event-${n}`, meta: { commandId: `command-${n}`, correlationId: 'c' } });

async function fill(folder: string, appends: number, options: Partial<FillingStoreOptions> = {}): Promise<RecordedEvent[]> {
  let now = time(0);
  const store = new FillingStore({ folder, clock: () => now, ...options });
  const answered: RecordedEvent[] = [];
  for (let n = 0; n < appends; n++) {
    now = time(n);
    const before = await store.read(stream(n));
    const result = await store.append(stream(n), before.at(-1)?.revision ?? 'none', [event(n)]);
    if (result.outcome === 'appended') answered.push(...result.events);
  }
  await store.close();
  return answered;
}

const KILOBYTES_AN_EVENT = 5;

/** A long history of short lives; `look` is told twice: early, and at the end. */
async function fillLong(eventsAtHand: number, look: () => void): Promise<void> {
  const store = new FillingStore({ folder: newFolder(), clock: () => time(0), eventsAtHand });
  for (let n = 0; n < 8_000; n++) {
    const words = String(n)
      .repeat(1_024)
      .slice(0, 1_024 * KILOBYTES_AN_EVENT);
    await store.append(`referral-northbank-long-${n}`, 'none', [
      appendable('A', { words: Buffer.from(words).toString('latin1') }, { id: `long-${n}` }),
    ]);
    if (n === 1_500) look();
  }
  look();
  await store.close();
}

/** Megabytes between the two looks. */
async function heapGrowthOf(fills: typeof fillLong, eventsAtHand: number): Promise<number> {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  const seen: number[] = [];
  await fills(eventsAtHand, () => {
    collect();
    seen.push(process.memoryUsage().heapUsed);
  });
  return (seen[1]! - seen[0]!) / 2 ** 20;
}

async function eventsIn(folder: string): Promise<RecordedEvent[]> {
  const store = openEventStore({ folder, readOnly: true });
  const found: RecordedEvent[] = [];
  for await (const each of store.readAll()) found.push(each);
  await store.close();
  return found;
}

describe('a store that fills a log', () => {
  it('leaves a log that verifies, in the order and with the times of the history', async () => {
    const folder = newFolder();
    const answered = await fill(folder, 23);
    const found = await eventsIn(folder);
    expect(found).toEqual(answered);
    expect(found.map(({ data, recordedAt }) => [data['n'], recordedAt])).toEqual(
      Array.from({ length: 23 }, (_, n) => [n, time(n).toISOString()]),
    );
    expect(await verifyLog(folder)).toMatchObject({ ok: true, events: 23, streams: STREAMS });
  });

  it('goes on where it was stopped: what is stored comes again, and only the rest is written', async () => {
    const folder = newFolder();
    const stored = await fill(folder, 12);
    const heard: string[] = [];
    const again = await fill(folder, 23, { appended: (events) => heard.push(...events.map(({ id }) => id)) });
    expect(again.slice(0, 12)).toEqual(stored);
    expect(await eventsIn(folder)).toEqual(again);
    expect(heard).toEqual(Array.from({ length: 23 }, (_, n) => `event-${n}`));
    expect(await verifyLog(folder)).toMatchObject({ ok: true, events: 23 });
  });

  it('shows nothing of what is stored before its time has come', async () => {
    const folder = newFolder();
    await fill(folder, 12);
    const store = new FillingStore({ folder, clock: () => time(0) });
    const seen = async (): Promise<number> => {
      const found: RecordedEvent[] = [];
      for await (const each of store.readAll()) found.push(each);
      return found.length;
    };
    expect([await store.head(), await seen(), await store.read(stream(0))]).toEqual([undefined, 0, []]);
    await store.append(stream(0), 'none', [event(0)]);
    expect([await store.head(), await seen(), (await store.read(stream(0))).length]).toEqual(['00000000000000000001', 1, 1]);
    expect(store.isRepeating).toBe(true);
    await store.close();
  });

  it('stops at the first event that is another than what is stored', async () => {
    const folder = newFolder();
    await fill(folder, 12);
    const store = new FillingStore({ folder, clock: () => time(0) });
    await store.append(stream(0), 'none', [event(0)]);
    await expect(store.append(stream(1), 'none', [event(7)])).rejects.toThrow(FilledDifferently);
    await store.close();
    expect(await eventsIn(folder)).toHaveLength(12);
  });

  it('reads from the log what it no longer has at hand', async () => {
    const [held, forgotten] = [newFolder(), newFolder()];
    expect((await fill(forgotten, 60, { eventsAtHand: 7 })).map(({ hash }) => hash)).toEqual(
      (await fill(held, 60)).map(({ hash }) => hash),
    );
  });

  it('takes no more memory the longer the history is', async () => {
    expect(await heapGrowthOf(fillLong, 500)).toBeLessThan(15);
    // Shown to notice: with everything held it grows by what the events hold. What else the heap lets go of in between can hide it once.
    const held = [await heapGrowthOf(fillLong, Infinity), await heapGrowthOf(fillLong, Infinity)];
    expect(Math.max(...held)).toBeGreaterThan(25);
  });

  it('answers a conflict where somebody counted on another revision', async () => {
    const store = new FillingStore({ folder: newFolder(), clock: () => time(0) });
    await store.append(stream(0), 'none', [event(0)]);
    expect(await store.append(stream(0), 'none', [event(5)])).toEqual({ outcome: 'conflict', actual: 0 });
    expect(await store.append(stream(1), 3, [event(6)])).toEqual({ outcome: 'conflict', actual: 'none' });
    await store.close();
  });
});

describe('states that are kept', () => {
  const counted: Decider<number, never, DomainEvent, DomainEvent, never> = {
    name: 'counted',
    folds: { A: true },
    initial: 0,
    evolve: (sum, { data }) => sum * 31 + Number(data['n']),
    decide: () => [],
  };

  it('are what a fold of the whole stream gives, at every length, and only what is new is folded', async () => {
    const events = await fill(newFolder(), 20);
    const states = new FoldedStates();
    let evolved = 0;
    const watched = {
      ...counted,
      evolve: (sum: number, each: DomainEvent) => {
        evolved++;
        return counted.evolve(sum, each);
      },
    };
    const whole = (length: number): number => events.slice(0, length).reduce((sum, each) => counted.evolve(sum, each), 0);
    for (let length = 0; length <= 20; length++) expect(states.fold(watched, events.slice(0, length))).toBe(whole(length));
    expect(evolved).toBe(20);
    expect(states.fold(watched, events)).toBe(whole(20));
    expect(evolved).toBe(20);
    expect(states.fold({ ...counted, evolve: (sum: number) => sum + 1 }, events)).toBe(20);
  });
});
