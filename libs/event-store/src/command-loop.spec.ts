import { z } from 'zod';
import {
  defineEvents,
  eventIdOf,
  isRejection,
  reject,
  versioned,
  type Decider,
  type EventOf,
  type Issue,
  type NewEvent,
  type Outcome,
} from '@waymark/kernel';
import { CommandLoop, type CommandRun, type Ran, type Sealer } from './command-loop';
import { UnknownAppendOutcome, type EventStore } from './event-store';
import { memoryEventStore } from './memory-event-store';
import { appendable } from './testing';

const definitions = defineEvents({
  CupFilled: versioned(2, z.strictObject({ ml: z.number().int(), note: z.string().optional() }), {
    1: ({ millilitres }) => ({ ml: millilitres }),
  }),
  CupEmptied: z.strictObject({}),
  CupAdmired: z.strictObject({ words: z.string() }),
});
type CupEvent = EventOf<typeof definitions>;

interface Fill {
  readonly ml: number;
  readonly events?: readonly CupEvent[];
}

/** A cup of 300 ml that is filled and emptied; admiring it does not change it. */
const cup: Decider<number, Fill, Extract<CupEvent, { type: 'CupFilled' | 'CupEmptied' }>, CupEvent, { limit: number }> = {
  name: 'cup',
  folds: { CupFilled: true, CupEmptied: true },
  initial: 0,
  evolve: (level, event) => (event.type === 'CupFilled' ? level + event.data.ml : 0),
  decide: ({ ml, events }, level, { limit }) => {
    if (events) return events;
    if (ml === 0) return [];
    return level + ml > limit ? reject('too-full', 'Empty it first') : [{ type: 'CupFilled', data: { ml, note: undefined } }];
  },
};

const STREAM = 'cup-northbank-1';
const NOW = '2026-03-02T10:00:00.000Z';
const plain: Sealer = { seal: async (_, events) => [...events] };

function issued(commandId: string, more: Partial<Issue> = {}): Issue {
  return {
    service: 'northbank',
    actor: { kind: 'practitioner', id: 'p-1', role: 'fcp' },
    commandId,
    correlationId: 'corr',
    channel: 'api',
    ...more,
  };
}

const [ONE, TWO] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];

describe('carrying out a command', () => {
  let store: EventStore;
  beforeEach(() => (store = memoryEventStore({ clock: () => new Date(NOW) })));
  afterEach(() => store.close());

  type Run = CommandRun<number, Fill, Extract<CupEvent, { type: 'CupFilled' | 'CupEmptied' }>, CupEvent, { limit: number }>;
  const run = (
    ml: number,
    how: Issue,
    more: Partial<Run> & { store?: EventStore; sealer?: Sealer } = {},
  ): Promise<Outcome<Ran<number>>> => {
    const { store: used = store, sealer = plain, ...rest } = more;
    const loop = new CommandLoop({
      store: used,
      sealer,
      clock: () => new Date(NOW),
      definitions,
      words: (event) => `${event.type} happened`,
    });
    return loop.run({ stream: STREAM, decider: cup, command: { ml }, issue: how, context: () => ({ limit: 300 }), ...rest });
  };
  const accepted = async (outcome: Promise<Outcome<Ran<number>>>): Promise<Ran<number>> => {
    const ran = await outcome;
    if (isRejection(ran)) throw new Error(`refused: ${ran.code}`);
    return ran;
  };
  const others = (...events: NewEvent[]): Promise<unknown> =>
    store.read(STREAM).then((history) => store.append(STREAM, history.at(-1)?.revision ?? 'none', events));

  it('stores what was decided, identified and signed, and gives a receipt with the state it led to', async () => {
    const ran = await accepted(run(200, issued(ONE, { causationId: 'because', fingerprint: 'print' })));
    const history = await store.read(STREAM);
    expect(history).toMatchObject([
      {
        id: eventIdOf(ONE, STREAM, 0),
        revision: 0,
        type: 'CupFilled',
        schemaVersion: 2,
        occurredAt: NOW,
        data: { ml: 200 },
        meta: {
          service: 'northbank',
          actor: 'p-1',
          role: 'fcp',
          commandId: ONE,
          correlationId: 'corr',
          causationId: 'because',
          fingerprint: 'print',
        },
      },
    ]);
    expect(ran).toEqual({
      logId: store.logId,
      position: history[0]!.position,
      stream: STREAM,
      revision: 0,
      events: [{ id: history[0]!.id, type: 'CupFilled' }],
      replayed: false,
      state: 200,
      history,
    });
  });

  it('an event says when it happened, if somebody said so, as UTC', async () => {
    await run(0, issued(ONE), { command: { ml: 0, events: [{ type: 'CupEmptied', data: {}, occurredAt: '2026-02-01T10:00:00+01:00' }] } });
    expect((await store.read(STREAM))[0]!.occurredAt).toBe('2026-02-01T09:00:00.000Z');
  });

  it('nothing to do is a receipt without events', async () => {
    expect(await accepted(run(0, issued(ONE)))).toMatchObject({
      events: [],
      revision: -1,
      position: '00000000000000000000',
      replayed: false,
    });
    await run(100, issued(TWO));
    expect(await accepted(run(0, issued(ONE)))).toMatchObject({ events: [], revision: 0, position: '00000000000000000001', state: 100 });
  });

  it('a refusal stores nothing and is not remembered', async () => {
    expect(await run(400, issued(ONE))).toMatchObject({ code: 'too-full' });
    expect(await run(400, issued(ONE), { context: () => ({ limit: 500 }) })).toMatchObject({ events: [{ type: 'CupFilled' }] });
  });

  it('reads a stream of any length, in older versions too', async () => {
    await others(...Array.from({ length: 1_100 }, () => appendable('CupFilled', { millilitres: 1 })));
    expect(await accepted(run(1, issued(ONE), { context: () => ({ limit: 2_000 }) }))).toMatchObject({ state: 1_101, revision: 1_100 });
  });

  it('tells the context the moment and the events', async () => {
    await run(100, issued(ONE));
    const asked: unknown[] = [];
    await run(100, issued(TWO), { context: (now, events) => (asked.push([now, events.map(({ type }) => type)]), { limit: 300 }) });
    expect(asked).toEqual([[NOW, ['CupFilled']]]);
  });

  it('stores the events that the sealer gives back', async () => {
    const sealer: Sealer = {
      seal: async (stream, events) => events.map((event) => ({ ...event, data: { ml: 1, note: `sealed for ${stream}` } })),
    };
    expect(await accepted(run(100, issued(ONE), { sealer }))).toMatchObject({ state: 1 });
    expect((await store.read(STREAM))[0]!.data).toEqual({ ml: 1, note: `sealed for ${STREAM}` });
  });

  describe('the same command again', () => {
    it('is the first answer, though the stream has moved on', async () => {
      const first = await accepted(run(100, issued(ONE)));
      await run(50, issued(TWO));
      const again = await accepted(run(100, issued(ONE)));
      expect(again).toMatchObject({ position: first.position, revision: 0, events: first.events, replayed: true, state: 150 });
      expect(await store.read(STREAM)).toHaveLength(2);
    });

    it('is the first answer even to a decision whose screen is old by now', async () => {
      await run(100, issued(ONE));
      const decision = { dependsOn: ['CupFilled'] };
      await run(50, issued(TWO, { seenRevision: 0 }), decision);
      expect(await run(50, issued(TWO, { seenRevision: 0 }), decision)).toMatchObject({ replayed: true, revision: 1 });
    });

    it('with another body is refused', async () => {
      await run(100, issued(ONE, { fingerprint: 'one body' }));
      expect(await run(120, issued(ONE, { fingerprint: 'another body' }))).toMatchObject({ code: 'idempotency-key-reused' });
      expect(await run(100, issued(ONE, { fingerprint: 'one body' }))).toMatchObject({ replayed: true });
    });

    it('twice at once is stored once, and one of the two learns that it was a repeat', async () => {
      const both = await Promise.all([accepted(run(100, issued(ONE))), accepted(run(100, issued(ONE)))]);
      expect(both.map(({ replayed }) => replayed).sort()).toEqual([false, true]);
      expect(both[0].events).toEqual(both[1].events);
      expect(await store.read(STREAM)).toHaveLength(1);
    });

    it('twice at once with two bodies stores the first and refuses the second', async () => {
      const fill = { type: 'CupFilled' as const, data: { ml: 1 } };
      const both = await Promise.all([
        run(1, issued(ONE, { fingerprint: 'a' })),
        run(1, issued(ONE, { fingerprint: 'b' }), { command: { ml: 1, events: [fill, fill] } }),
      ]);
      expect(both).toMatchObject([{ replayed: false }, { code: 'idempotency-key-reused' }]);
      expect(await store.read(STREAM)).toHaveLength(1);
    });
  });

  describe('somebody else is first', () => {
    /** A store where, just before each of the first `times` appends, somebody else admires the cup. */
    const overtaken = (times: number, type = 'CupAdmired', data: NewEvent['data'] = { words: 'lovely' }): EventStore => ({
      ...store,
      append: async (stream, expected, events) => {
        if (times-- > 0) await others(appendable(type, data));
        return store.append(stream, expected, events);
      },
    });

    it('an additive command is decided anew over whatever came, up to three times', async () => {
      expect(await run(200, issued(ONE), { store: overtaken(2, 'CupEmptied', {}) })).toMatchObject({
        revision: 2,
        replayed: false,
        state: 200,
      });
    });

    it('a new fact can turn the decision into a refusal', async () => {
      expect(await run(200, issued(ONE), { store: overtaken(1, 'CupFilled', { millilitres: 200 }) })).toMatchObject({ code: 'too-full' });
    });

    it('after three lost races the command is given back', async () => {
      expect(await run(200, issued(ONE), { store: overtaken(3) })).toMatchObject({ code: 'lost-race' });
      expect((await store.read(STREAM)).map(({ type }) => type)).toEqual(['CupAdmired', 'CupAdmired', 'CupAdmired']);
    });

    it('a decision of a person goes on over unrelated events and stops at one it depends on', async () => {
      await run(100, issued(TWO));
      const decision = { dependsOn: ['CupEmptied'] };
      expect(await run(10, issued(ONE, { seenRevision: 0 }), { ...decision, store: overtaken(1) })).toMatchObject({ revision: 2 });
      const third = issued('00000000-0000-4000-8000-000000000003', { seenRevision: 2 });
      expect(await run(10, third, { ...decision, store: overtaken(1, 'CupEmptied', {}) })).toMatchObject({ code: 'stale' });
    });
  });

  describe('a decision of a person', () => {
    const decision = { dependsOn: ['CupEmptied'] };

    it('needs the revision that was on the screen', async () => {
      expect(await run(10, issued(ONE), decision)).toMatchObject({ code: 'revision-needed' });
    });

    it('is stale when something it depends on came after, and says in words what came', async () => {
      await run(100, issued(TWO));
      await others(appendable('CupAdmired', { words: 'lovely' }), appendable('CupEmptied'));
      expect(await run(10, issued(ONE, { seenRevision: 0 }), decision)).toEqual({
        rejected: true,
        code: 'stale',
        detail: expect.any(String),
        since: [
          { type: 'CupAdmired', recordedAt: NOW, words: 'CupAdmired happened' },
          { type: 'CupEmptied', recordedAt: NOW, words: 'CupEmptied happened' },
        ],
      });
      expect(await run(10, issued(ONE, { seenRevision: 2 }), decision)).toMatchObject({ revision: 3 });
    });

    it('from a screen that never was is stale too', async () => {
      await run(100, issued(TWO));
      expect(await run(10, issued(ONE, { seenRevision: 1 }), decision)).toMatchObject({ code: 'stale' });
      expect(await run(10, issued(ONE, { seenRevision: 0 }), decision)).toMatchObject({ revision: 1 });
    });
  });

  describe('the store does not say whether it stored', () => {
    /** A store that answers `unknown` the first `times` times, having stored or not. */
    const silent = (times: number, having: 'stored' | 'not stored'): EventStore & { sent: unknown[] } => {
      const sent: unknown[] = [];
      return {
        ...store,
        sent,
        append: async (stream, expected, events) => {
          sent.push([expected, events]);
          if (times-- <= 0) return store.append(stream, expected, events);
          if (having === 'stored') await store.append(stream, expected, events);
          throw new UnknownAppendOutcome('no answer');
        },
      };
    };

    it.each(['stored', 'not stored'] as const)(
      'and had %s: the very same append is sent again, and the answer is an ordinary one',
      async (having) => {
        const used = silent(1, having);
        expect(await run(100, issued(ONE), { store: used })).toMatchObject({ revision: 0, replayed: false, state: 100 });
        expect(used.sent).toHaveLength(2);
        expect(used.sent[0]).toEqual(used.sent[1]);
        expect(await store.read(STREAM)).toHaveLength(1);
      },
    );

    it('and never does: the caller learns that it is unknown, not that it failed', async () => {
      await expect(run(100, issued(ONE), { store: silent(9, 'stored') })).rejects.toThrow(UnknownAppendOutcome);
      expect(await run(100, issued(ONE))).toMatchObject({ replayed: true });
    });
  });

  describe('defects are loud', () => {
    it('an event of the wrong shape is not stored, and the fault names the field, not the value', async () => {
      const wrong = { type: 'CupFilled', data: { ml: 'Ada Okonkwo' } } as unknown as CupEvent;
      await expect(run(1, issued(ONE), { command: { ml: 1, events: [wrong] } })).rejects.toThrow(
        'cup made a CupFilled of the wrong shape: /ml (invalid_type)',
      );
      expect(await store.head()).toBeUndefined();
    });

    it('an event that no definition names is not stored', async () => {
      const unknown = { type: 'CupBroken', data: {} } as unknown as CupEvent;
      await expect(run(1, issued(ONE), { command: { ml: 1, events: [unknown] } })).rejects.toThrow('CupBroken, which no definition names');
    });
  });

  it('what somebody sent can be too much, or not text: refused, not a fault', async () => {
    const admire = (words: string): Partial<Run> => ({ command: { ml: 1, events: [{ type: 'CupAdmired', data: { words } }] } });
    expect(await run(1, issued(ONE), admire('x'.repeat(1_000_001)))).toMatchObject({ code: 'too-large' });
    expect(await run(1, issued(ONE), admire('\ud83d'))).toMatchObject({ code: 'invalid' });
  });
});
