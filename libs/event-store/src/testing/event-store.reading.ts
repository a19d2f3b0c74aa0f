/** The part of the contract about reading: across streams, and live. */
import type { RecordedEvent } from '@waymark/kernel';
import { appendable } from './appendable';
import type { LogUnderTest } from './log-under-test';

export function readingContract(log: LogUnderTest): void {
  const { append, stored, all, untilCaughtUp } = log;

  describe('reading across streams', () => {
    const three = async (): Promise<readonly RecordedEvent[]> => [
      ...(await stored('referral-northbank-1', 'none', appendable('ReferralReceived'))),
      ...(await stored('person-northbank-1', 'none', appendable('PersonIdentified'))),
      ...(await stored('referral-southbank-1', 'none', appendable('ReferralReceived', {}, { meta: { service: 'southbank' } }))),
    ];

    it('an empty log has no head, and a reader has caught up at once', async () => {
      expect(await log.store.head()).toBeUndefined();
      expect(await log.store.hashAt('00000000000000000001')).toBeUndefined();
      expect(await untilCaughtUp()).toEqual([{ kind: 'caught-up', position: undefined }]);
      expect(await all()).toEqual([]);
    });

    it('positions are 20 digits that order as text, in the order of the log', async () => {
      const positions = (await three()).map(({ position }) => position);
      expect(positions.every((position) => /^\d{20}$/.test(position))).toBe(true);
      expect([...positions].sort()).toEqual(positions);
      expect(await log.store.head()).toBe(positions[2]);
      expect(await log.store.hashAt('00000000000000000099')).toBeUndefined();
    });

    it('`after` is exclusive, and the head itself gives nothing more', async () => {
      const [first, ...rest] = await three();
      expect(await all({ after: first!.position })).toEqual(rest);
      expect(await all({ after: rest[1]!.position })).toEqual([]);
      await expect(all({ after: 'yesterday' })).rejects.toThrow('A position is 20 digits');
    });

    it('a filter lets through only its service, its types, its streams, and all of these together', async () => {
      const [a, b, c] = await three();
      expect(await all({ filter: { service: 'northbank' } })).toEqual([a, b]);
      expect(await all({ filter: { types: ['ReferralReceived'] } })).toEqual([a, c]);
      expect(await all({ filter: { streamPrefixes: ['person-', 'referral-south'] } })).toEqual([b, c]);
      expect(await all({ filter: { service: 'northbank', types: ['ReferralReceived'], streamPrefixes: ['referral-'] } })).toEqual([a]);
      expect(await all({ filter: { types: [] } })).toEqual([]);
      expect(await all({ filter: { streamPrefixes: [] } })).toEqual([]);
    });

    it('a reader whose filter matches nothing still learns how far it has looked', async () => {
      const head = (await three()).at(-1)!.position;
      expect(await untilCaughtUp({ filter: { types: ['ReferralEnded'] } })).toEqual([
        { kind: 'checkpoint', position: head },
        { kind: 'caught-up', position: head },
      ]);
    });

    it('a long log comes whole and in order, page after page, with checkpoints on the way', async () => {
      const appends = await Promise.all(
        Array.from({ length: 90 }, (_, s) =>
          stored(`referral-northbank-${s}`, 'none', ...Array.from({ length: 50 }, () => appendable('A'))),
        ),
      );
      const messages = await untilCaughtUp();
      const events = messages.flatMap((message) => (message.kind === 'event' ? [message.event] : []));
      expect(events.map(({ position }) => position)).toEqual(appends.flatMap((append) => append.map(({ position }) => position)).sort());
      let seen: string | undefined;
      for (const message of messages) {
        if (message.kind === 'event') seen = message.event.position;
        else expect(message.position! >= seen!).toBe(true);
      }
      expect(messages.filter(({ kind }) => kind === 'checkpoint').length).toBeGreaterThan(1);
      expect((await all({ filter: { streamPrefixes: ['referral-northbank-89'] } })).length).toBe(50);
    });
  });

  describe('live', () => {
    it('a reader says once that it has caught up, then sees what is appended', async () => {
      await stored('referral-northbank-1', 'none', appendable('A'));
      const kinds: string[] = [];
      for await (const message of log.store.subscribe()) {
        kinds.push(message.kind === 'event' ? message.event.type : message.kind);
        if (message.kind === 'caught-up')
          void append('referral-northbank-1', 0, appendable('B')).then(() => append('referral-northbank-2', 'none', appendable('C')));
        if (kinds.at(-1) === 'C') break;
      }
      expect(kinds.filter((kind) => kind !== 'checkpoint')).toEqual(['A', 'caught-up', 'B', 'C']);
    });

    it('ends at the signal, whether it waits or reads', async () => {
      await stored('referral-northbank-1', 'none', appendable('A'), appendable('B'));
      const reading = new AbortController();
      const seen: string[] = [];
      for await (const message of log.store.subscribe({ signal: reading.signal })) {
        seen.push(message.kind);
        reading.abort();
      }
      expect(seen).toEqual(['event']);

      const waiting = new AbortController();
      for await (const message of log.store.subscribe({ signal: waiting.signal }))
        if (message.kind === 'caught-up') setImmediate(() => waiting.abort());
      expect(waiting.signal.aborted).toBe(true);

      for await (const message of log.store.subscribe({ signal: AbortSignal.abort() }))
        throw new Error(`an aborted reader got ${message.kind}`);
    });

    it('ends when the store is closed', async () => {
      for await (const message of log.store.subscribe()) if (message.kind === 'caught-up') setImmediate(() => void log.store.close());
      await expect(append('referral-northbank-1', 'none', appendable('A'))).rejects.toThrow('closed');
    });

    it('a reader beside many writers misses nothing, repeats nothing and reorders nothing', async () => {
      const streams = Array.from({ length: 20 }, (_, s) => `referral-northbank-${s}`);
      const seen: RecordedEvent[] = [];
      const reader = (async () => {
        for await (const message of log.store.subscribe()) {
          if (message.kind === 'event') seen.push(message.event);
          if (seen.length === streams.length * 25) return;
        }
      })();
      await Promise.all(
        streams.map(async (stream) => {
          for (let n = 0; n < 25; n++) await append(stream, n === 0 ? 'none' : n - 1, appendable('A', { n }));
        }),
      );
      await reader;
      expect(seen).toEqual(await all());
      for (const stream of streams) {
        expect(seen.filter((event) => event.stream === stream).map(({ revision }) => revision)).toEqual(
          Array.from({ length: 25 }, (_, n) => n),
        );
      }
    });
  });
}
