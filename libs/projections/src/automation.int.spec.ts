/** Reactions and timers over a real log, a real state.db and a clock that the test moves. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { LogReader, openEventStore, type EventStore } from '@waymark/event-store';
import type { Outcome } from '@waymark/kernel';
import { countsOf, happens, noting, refused, VisitProcess } from './testing/visit-automation';
import { cancelled, planned, type Happening } from './testing/visits';

const MINUTE = 60_000;

let folder: string;
let store: EventStore;
let now: number;
let events: number;
let running: VisitProcess | undefined;

beforeEach(() => begin());
afterEach(() => end());

function begin(): void {
  folder = mkdtempSync(join(tmpdir(), 'waymark-automation-'));
  now = Date.parse('2026-04-01T09:00:00.000Z');
  events = 0;
  store = openEventStore({ folder, synchronous: 'off', clock: () => new Date(now) });
}

async function end(): Promise<void> {
  await running?.stop();
  running = undefined;
  await store.close();
  rmSync(folder, { recursive: true, force: true });
}

const process = async (reaction = noting): Promise<VisitProcess> => {
  await running?.stop();
  running = new VisitProcess(store, folder, new LogReader(folder, { hashes: false }), () => new Date(now), reaction);
  return running;
};
const happen = (happening: Happening): Promise<void> => happens(store, ++events, happening);
const pass = (minutes: number): number => (now += minutes * MINUTE);
const moved = (visit: string): Happening => ({ ...planned(visit), type: 'VisitMoved' });
const [a, b] = ['visit-northbank-a', 'visit-northbank-b'];

describe('a reaction', () => {
  it('asks for each command of an event in order, under an id of its own, and says which event led to it', async () => {
    const { automation, asked } = await process();
    await happen(planned('a'));
    await automation.settle();
    const [event] = await store.read(a!);
    expect(asked.map(({ command }) => command)).toEqual([
      { kind: 'note', stream: a },
      { kind: 'note', stream: a },
    ]);
    expect(new Set(asked.map(({ how }) => how.commandId)).size).toBe(2);
    expect(asked.map(({ how }) => how)).toMatchObject(
      [1, 2].map(() => ({
        service: 'northbank',
        actor: { kind: 'system' },
        causationId: event?.id,
        correlationId: event?.meta.correlationId,
      })),
    );
    expect(await countsOf(store, 'VisitNoted')).toEqual({ [a!]: 2 });
  });

  it('goes on where it stood when the process starts again', async () => {
    await happen(planned('a'));
    await (await process()).automation.settle();
    await happen(planned('b'));
    const { automation, asked } = await process();
    await automation.settle();
    expect(asked.map(({ command }) => command.stream)).toEqual([b, b]);
  });

  it('whose command fails is tried again after a pause, and what is behind it in its stream waits; others go on', async () => {
    const visit = await process();
    visit.instead = ({ stream }) => (stream === a ? refused('lost-race') : 'do-it');
    await happen(planned('a'));
    await happen(planned('b'));
    await happen(moved('a'));
    await visit.automation.settle();
    expect(await countsOf(store, 'VisitNoted')).toEqual({ [b!]: 2 });
    expect((await visit.automation.status()).reactions).toMatchObject([{ waiting: 2, parked: 0 }]);

    visit.instead = () => 'do-it';
    await visit.automation.settle();
    expect(await countsOf(store, 'VisitNoted')).toEqual({ [b!]: 2 });
    pass(1);
    await visit.automation.settle();
    expect(await countsOf(store, 'VisitNoted')).toEqual({ [a!]: 3, [b!]: 2 });
    expect((await visit.automation.status()).reactions).toMatchObject([{ waiting: 0, parked: 0 }]);
  });

  it('does not ask again for what was answered before the command that failed', async () => {
    const visit = await process();
    visit.instead = () => (visit.asked.length === 2 ? refused('lost-race') : 'do-it');
    await happen(planned('a'));
    await visit.automation.settle();
    pass(1);
    await visit.automation.settle();
    expect(visit.asked).toHaveLength(3);
    expect(await countsOf(store, 'VisitNoted')).toEqual({ [a!]: 2 });
  });

  it('that keeps failing is parked with an alarm; the next start tries it again', async () => {
    const visit = await process();
    visit.instead = ({ kind }) => {
      if (kind === 'note') throw new Error('no paper');
      return 'nothing';
    };
    await happen(planned('a'));
    for (let tries = 0; tries < 12; tries++) {
      await visit.automation.settle();
      pass(20);
    }
    expect((await visit.automation.status()).reactions).toMatchObject([{ waiting: 1, parked: 1 }]);
    expect(visit.notices.filter((notice) => notice.includes('no paper'))).toHaveLength(1);
    const tries = () => visit.asked.filter(({ command }) => command.kind === 'note').length;
    const tried = tries();
    pass(600);
    await visit.automation.settle();
    expect(tries()).toBe(tried);

    await (await process()).automation.settle();
    expect(await countsOf(store, 'VisitNoted')).toEqual({ [a!]: 2 });
  });

  it.each([
    ['repeat', 'from the beginning', [a, a, b, b]],
    ['silent', 'is silent', [b, b]],
  ] as const)('on a log that is another one: %s', async (onAnotherLog, words, asked) => {
    const before = await process({ ...noting, onAnotherLog });
    await before.automation.settle();
    await happen(planned('a'));
    await before.automation.settle();
    await running?.stop();
    running = undefined;
    const moved = [...(await store.read(a!))];
    await store.close();
    for (const file of ['log.db', 'log.db-wal', 'log.db-shm', 'read.db']) rmSync(join(folder, file), { force: true });
    store = openEventStore({ folder, synchronous: 'off', clock: () => new Date(now) });
    await store.append(a!, 'none', moved);

    const visit = await process({ ...noting, onAnotherLog });
    await visit.automation.settle();
    expect(visit.notices).toEqual([expect.stringContaining(words)]);
    await happen(planned('b'));
    await visit.automation.settle();
    expect(visit.asked.map(({ command }) => command.stream)).toEqual(asked);
    expect(await countsOf(store, 'VisitNoted')).toEqual({ [a!]: 2, [b!]: 2 });
  });
});

describe('a timer', () => {
  it('fires when it is due and not before, once; its row goes with the event it led to', async () => {
    const { automation, asked } = await process();
    await happen(planned('a'));
    await automation.settle();
    expect(await automation.nextDue()).toBe('2026-04-01T10:00:00.000Z');
    pass(59);
    await automation.settle();
    expect(await countsOf(store, 'VisitCancelled')).toEqual({});
    pass(1);
    await automation.settle();
    expect(await countsOf(store, 'VisitCancelled')).toEqual({ [a!]: 1 });
    expect(await automation.nextDue()).toBeUndefined();
    pass(600);
    await automation.settle();
    expect(asked.filter(({ command }) => command.kind === 'cancel')).toHaveLength(1);
  });

  it('does not fire for what an event has settled before', async () => {
    const { automation, asked } = await process();
    await happen(planned('a'));
    await happen(cancelled('a'));
    pass(120);
    await automation.settle();
    expect(asked.filter(({ command }) => command.kind === 'cancel')).toEqual([]);
  });

  it('that leads to nothing is fired again with growing pauses, always under the same id, and is told of', async () => {
    const visit = await process();
    visit.instead = ({ kind }) => (kind === 'cancel' ? 'nothing' : 'do-it');
    await happen(planned('a'));
    pass(60);
    for (let tries = 0; tries < 12; tries++) {
      await visit.automation.settle();
      pass(20);
    }
    const fired = visit.asked.filter(({ command }) => command.kind === 'cancel');
    expect(new Set(fired.map(({ how }) => how.commandId)).size).toBe(1);
    expect(fired.length).toBeGreaterThan(5);
    expect(visit.notices.filter((notice) => notice.includes('still there'))).toHaveLength(1);
    expect(await visit.automation.status()).toMatchObject({ status: 'behind', timers: { stuck: 1 } });
    expect(await visit.automation.overdueTimers()).toEqual([
      { key: a, service: 'northbank', due: '2026-04-01T10:00:00.000Z', command: 'cancel' },
    ]);
  });

  it('deleting read.db between firing and everything else fires nothing twice and loses nothing', async () => {
    const visit = await process();
    await happen(planned('a'));
    await happen(planned('b'));
    pass(60);
    await happen({ ...planned('c') });
    visit.instead = ({ kind, stream }) => (kind === 'cancel' && stream === b ? refused('lost-race') : 'do-it');
    await visit.automation.settle();
    for (const file of ['read.db', 'read.db-wal', 'read.db-shm']) rmSync(join(folder, file), { force: true });
    visit.instead = () => 'do-it';
    pass(60);
    await visit.automation.settle();
    expect(await countsOf(store, 'VisitCancelled')).toEqual({ [a!]: 1, [b!]: 1, 'visit-northbank-c': 1 });
  });
});

describe('while it runs', () => {
  it('an event leads to its commands without anybody asking', async () => {
    const visit = await process();
    await visit.automation.start();
    await happen(planned('a'));
    while (((await countsOf(store, 'VisitNoted'))[a!] ?? 0) < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await visit.automation.status()).toMatchObject({ status: 'live', timers: { stuck: 0 } });
  });
});

describe('whatever happens, and wherever a process dies', () => {
  type Act =
    | { do: 'plan' | 'move' | 'cancel'; visit: 'a' | 'b' | 'c' }
    | { do: 'wait'; minutes: number }
    | { do: 'run'; dies: number; how: 'die' | Outcome<never> }
    | { do: 'lose-read' };
  const visit = fc.constantFrom('a' as const, 'b' as const, 'c' as const);
  const act: fc.Arbitrary<Act> = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('plan' as const, 'move' as const, 'cancel' as const), visit }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.constantFrom(1, 20, 60) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('run' as const),
        dies: fc.constantFrom(1, 2, 3, Infinity),
        how: fc.constantFrom('die' as const, refused('lost-race')),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ do: 'lose-read' as const }) },
  );

  it('every event led to each of its commands once, and every visit was cancelled once, by somebody or by its timer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 14 }), async (acts) => {
        await end();
        begin();
        const once = new Set<string>();
        const expected: Record<string, number> = {};
        for (const one of [...acts, { do: 'wait', minutes: 60 } as const, { do: 'run', dies: Infinity, how: 'die' } as const]) {
          switch (one.do) {
            case 'wait':
              pass(one.minutes);
              break;
            case 'lose-read':
              await running?.stop();
              running = undefined;
              for (const file of ['read.db', 'read.db-wal', 'read.db-shm']) rmSync(join(folder, file), { force: true });
              break;
            case 'run': {
              const started = await process();
              let left = one.dies;
              started.instead = () => (--left === 0 ? one.how : 'do-it');
              await Promise.race([started.automation.settle(), started.died]);
              break;
            }
            case 'plan':
              if (once.has(one.visit)) break;
              once.add(one.visit);
              expected[`visit-northbank-${one.visit}`] = 2;
              await happen(planned(one.visit));
              break;
            case 'move':
              if (!once.has(one.visit)) break;
              expected[`visit-northbank-${one.visit}`]! += 1;
              await happen(moved(one.visit));
              break;
            case 'cancel': {
              const stream = `visit-northbank-${one.visit}`;
              if (!once.has(one.visit) || (await store.read(stream)).some(({ type }) => type === 'VisitCancelled')) break;
              await happen(cancelled(one.visit));
              break;
            }
          }
        }
        // What was put off has its pause, and then its turn.
        for (let turns = 0; turns < 6; turns++) {
          pass(20);
          await running!.automation.settle();
        }
        expect(await countsOf(store, 'VisitNoted')).toEqual(expected);
        const cancelledOnce = Object.fromEntries([...once].map((name) => [`visit-northbank-${name}`, 1]));
        expect(await countsOf(store, 'VisitCancelled')).toEqual(cancelledOnce);
      }),
      { numRuns: 40 },
    );
  }, 180_000);
});
