/** What every event store promises. Each adapter runs this suite unchanged; its first tests are the known bugs of other stores. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { NewEvent } from '@waymark/kernel';
import { APPEND_LIMIT_BYTES, PartlyRepeatedAppend, UnacceptableAppend, type EventStore, type ExpectedRevision } from '../event-store';
import { appendable } from './appendable';
import { eventStoreModel } from './event-store.model';
import { readingContract } from './event-store.reading';
import { logUnderTest } from './log-under-test';

/** An empty log of its own for every test. */
export type OpenForTest = (options: { clock?: () => Date }) => EventStore | Promise<EventStore>;

const REFERRAL = 'referral-northbank-1';

export function eventStoreContract(name: string, open: OpenForTest): void {
  describe(`${name} keeps the promises of an event store`, () => {
    let store: EventStore;
    let now = new Date('2026-03-02T10:00:00.000Z');

    beforeEach(async () => {
      now = new Date('2026-03-02T10:00:00.000Z');
      store = await open({ clock: () => now });
    });
    afterEach(() => store.close());

    const log = logUnderTest(() => store);
    const { append, stored, all } = log;

    describe('one stream, one history', () => {
      it('the second creator of a stream is told so and leaves nothing behind', async () => {
        await stored(REFERRAL, 'none', appendable('ReferralReceived'));
        expect(await append(REFERRAL, 'none', appendable('ReferralReceived'))).toEqual({ outcome: 'conflict', actual: 0 });
        expect(await store.read(REFERRAL)).toHaveLength(1);
      });

      it('of 500 people who create one stream at once, one succeeds and 499 learn of it', async () => {
        const results = await Promise.all(
          Array.from({ length: 500 }, (_, n) => append(REFERRAL, 'none', appendable('ReferralReceived', { n }))),
        );
        expect(results.filter(({ outcome }) => outcome === 'appended')).toHaveLength(1);
        expect(results.filter(({ outcome }) => outcome === 'conflict')).toHaveLength(499);
        expect(await store.read(REFERRAL)).toHaveLength(1);
        expect(await all()).toHaveLength(1);
      });

      it('an append at a revision that the stream has left, or has not reached, is a conflict that names the head', async () => {
        expect(await append(REFERRAL, 0, appendable('ReferralAccepted'))).toEqual({ outcome: 'conflict', actual: 'none' });
        await stored(REFERRAL, 'none', appendable('ReferralReceived'), appendable('ReferralStratified'));
        expect(await append(REFERRAL, 0, appendable('ReferralAccepted'))).toEqual({ outcome: 'conflict', actual: 1 });
        expect(await append(REFERRAL, 2, appendable('ReferralAccepted'))).toEqual({ outcome: 'conflict', actual: 1 });
        expect(await append(REFERRAL, 1, appendable('ReferralAccepted'))).toMatchObject({ outcome: 'appended' });
      });

      it('several events of one append stand together, in order, with revisions from 0', async () => {
        const events = await stored(REFERRAL, 'none', appendable('A'), appendable('B'), appendable('C'));
        expect(events.map(({ type, revision }) => [type, revision])).toEqual([
          ['A', 0],
          ['B', 1],
          ['C', 2],
        ]);
        expect(await store.read(REFERRAL)).toEqual(events);
        expect(await all()).toEqual(events);
      });

      it('a stream is read from any revision and in any number; an unknown one is empty', async () => {
        await stored(REFERRAL, 'none', appendable('A'), appendable('B'), appendable('C'));
        expect((await store.read(REFERRAL, 1)).map(({ type }) => type)).toEqual(['B', 'C']);
        expect((await store.read(REFERRAL, 1, 1)).map(({ type }) => type)).toEqual(['B']);
        expect(await store.read(REFERRAL, 3)).toEqual([]);
        expect(await store.read('referral-northbank-2')).toEqual([]);
      });
    });

    describe('sending again', () => {
      it('the same append again is the original success, stored once', async () => {
        const event = appendable('ReferralReceived', { n: 1 });
        const [original] = await stored(REFERRAL, 'none', event);
        now = new Date('2026-03-02T11:00:00.000Z');
        expect(await append(REFERRAL, 'none', event)).toEqual({ outcome: 'repeated', events: [original] });
        expect(await store.read(REFERRAL)).toEqual([original]);
      });

      it('is recognised by its ids, even after the stream has moved on and with other bytes', async () => {
        await stored(REFERRAL, 'none', appendable('ReferralReceived'));
        const [a, b] = [appendable('A'), appendable('B')];
        const original = await stored(REFERRAL, 0, a, b);
        await stored(REFERRAL, 2, appendable('C'), appendable('D'));
        expect(await append(REFERRAL, 0, { ...a, data: { sealed: 'anew' } }, b)).toEqual({ outcome: 'repeated', events: original });
        expect(await store.read(REFERRAL)).toHaveLength(5);
      });

      it('twice in the same moment is stored once', async () => {
        const event = appendable('ReferralReceived');
        const results = await Promise.all([append(REFERRAL, 'none', event), append(REFERRAL, 'none', event)]);
        expect(results.map(({ outcome }) => outcome)).toEqual(['appended', 'repeated']);
        expect(await all()).toHaveLength(1);
      });

      it('the first part of an append is a repeat too', async () => {
        const [a, b] = [appendable('A'), appendable('B')];
        const original = await stored(REFERRAL, 'none', a, b);
        expect(await append(REFERRAL, 'none', a)).toEqual({ outcome: 'repeated', events: [original[0]] });
      });

      it('events of which only some are stored are a defect, loudly, and nothing is added', async () => {
        const [a, b] = [appendable('A'), appendable('B')];
        await stored(REFERRAL, 'none', a);
        await expect(append(REFERRAL, 'none', a, b)).rejects.toThrow(PartlyRepeatedAppend);
        await stored(REFERRAL, 0, appendable('C'));
        await expect(append(REFERRAL, 'none', a, b)).rejects.toThrow(PartlyRepeatedAppend);
        await expect(
          append(REFERRAL, 'none', appendable('X'), appendable('C', {}, { id: (await store.read(REFERRAL))[1]!.id })),
        ).rejects.toThrow(PartlyRepeatedAppend);
        expect(await store.read(REFERRAL)).toHaveLength(2);
      });
    });

    describe('a refusal leaves no trace', () => {
      it('neither in the stream nor in the log', async () => {
        const [first] = await stored(REFERRAL, 'none', appendable('A'));
        await append(REFERRAL, 'none', appendable('B'), appendable('C'));
        await append(REFERRAL, 7, appendable('D'));
        await append(REFERRAL, 'none', { ...appendable('A'), id: first!.id }, appendable('E')).catch(() => undefined);
        const [second] = await stored(REFERRAL, 0, appendable('F'));
        expect(await all()).toEqual([first, second]);
        expect(await store.head()).toBe(second!.position);
      });

      it('and does not touch its neighbours of the same moment', async () => {
        await stored(REFERRAL, 'none', appendable('A'));
        const known = (await store.read(REFERRAL))[0]!.id;
        const [before, conflict, defect, after] = await Promise.allSettled([
          append('referral-northbank-2', 'none', appendable('B'), appendable('C')),
          append(REFERRAL, 'none', appendable('D'), appendable('E')),
          append(REFERRAL, 'none', appendable('F', {}, { id: known }), appendable('G')),
          append('referral-northbank-3', 'none', appendable('H')),
        ]);
        expect(before).toMatchObject({ status: 'fulfilled', value: { outcome: 'appended' } });
        expect(conflict).toMatchObject({ status: 'fulfilled', value: { outcome: 'conflict' } });
        expect(defect).toMatchObject({ status: 'rejected' });
        expect(after).toMatchObject({ status: 'fulfilled', value: { outcome: 'appended' } });
        expect((await all()).map(({ type }) => type).sort()).toEqual(['A', 'B', 'C', 'H']);
      });
    });

    describe('what cannot be stored is refused before any store is asked', () => {
      const refused: [string, string, ExpectedRevision, () => NewEvent[]][] = [
        ['nothing', 'empty', 'none', () => []],
        [
          'one id twice',
          'one-id-twice',
          'none',
          () => {
            const event = appendable('A');
            return [event, event];
          },
        ],
        ['a revision before the first', 'expected', -1, () => [appendable('A')]],
        ['half a revision', 'expected', 0.5, () => [appendable('A')]],
        ['too much in one event', 'too-large', 'none', () => [appendable('A', { text: 'x'.repeat(APPEND_LIMIT_BYTES) })]],
        ['too much in all its events', 'too-large', 'none', () => [1, 2, 3].map(() => appendable('A', { text: 'é'.repeat(200_000) }))],
        ['undefined', 'not-json', 'none', () => [appendable('A', { note: undefined })]],
        ['a number that is none', 'not-json', 'none', () => [appendable('A', { n: NaN })]],
        ['minus zero', 'not-json', 'none', () => [appendable('A', { n: [-0] })]],
        ['a BigInt', 'not-json', 'none', () => [appendable('A', { n: 1n })]],
        ['a date', 'not-json', 'none', () => [appendable('A', { at: new Date(0) })]],
        [
          'a circle',
          'not-json',
          'none',
          () => {
            const data: Record<string, unknown> = {};
            data['self'] = data;
            return [appendable('A', data)];
          },
        ],
        ['half a character', 'broken-text', 'none', () => [appendable('A', { text: '\ud83d' })]],
        ['undefined in its meta', 'not-json', 'none', () => [appendable('A', {}, { meta: { causationId: undefined as never } })]],
      ];
      it.each(refused)('%s', async (_, reason, expected, events) => {
        const refusal = await store.append(REFERRAL, expected, events()).catch((fault: unknown) => fault);
        expect(refusal).toBeInstanceOf(UnacceptableAppend);
        expect(refusal).toMatchObject({ reason });
        expect(await store.head()).toBeUndefined();
      });

      it('exactly as much as is allowed is stored', async () => {
        const text = 'x'.repeat(APPEND_LIMIT_BYTES - '{"text":""}'.length);
        const [event] = await stored(REFERRAL, 'none', appendable('A', { text }));
        expect((await store.read(REFERRAL))[0]).toEqual(event);
      });
    });

    it('gives data back exactly as it came', async () => {
      const data = {
        text: 'Zoë “quoted” \\ \u0000 \u2028 日本 👩‍⚕️\n',
        numbers: [0, -1, 0.1, 1e21, 5e-324, Number.MAX_SAFE_INTEGER],
        nothing: null,
        empty: { list: [], record: {} },
        '': true,
        __proto__x: { nested: [[{ deep: false }]] },
        big: 'é'.repeat(100_000),
      };
      const [event] = await stored(
        REFERRAL,
        'none',
        appendable('A', data, { schemaVersion: 3, meta: { causationId: 'c', fingerprint: 'f' } }),
      );
      expect(event!.data).toEqual(data);
      const [read] = await store.read(REFERRAL);
      expect(read).toEqual(event);
      expect(await all()).toEqual([event]);
    });

    it('what a reader does to an event is not seen by the next', async () => {
      await stored(REFERRAL, 'none', appendable('A', { list: [1] }));
      ((await store.read(REFERRAL))[0]!.data['list'] as number[]).push(2);
      expect((await store.read(REFERRAL))[0]!.data).toEqual({ list: [1] });
    });

    it('recorded times never run backwards, though the clock does', async () => {
      const instants = ['2026-03-02T10:00:00.000Z', '2026-03-02T09:00:00.000Z', '2026-03-02T10:00:00.001Z'];
      for (const [n, instant] of instants.entries()) {
        now = new Date(instant);
        await stored(`referral-northbank-${n}`, 'none', appendable('A'));
      }
      expect((await all()).map(({ recordedAt }) => recordedAt)).toEqual([instants[0], instants[0], instants[2]]);
    });

    it('every event carries the hash of the one before it in its stream and its own, which anyone can compute', async () => {
      await stored('referral-northbank-1', 'none', appendable('A', { é: 1, a: ['x', null] }), appendable('B'));
      await stored('referral-northbank-2', 'none', appendable('C'));
      await stored('referral-northbank-1', 1, appendable('D'));
      const heads = new Map<string, string>();
      for (const event of await all()) {
        const { position, hash, ...hashed } = event;
        expect(event.previousHash).toBe(heads.get(event.stream) ?? '0'.repeat(64));
        expect(hash).toBe(createHash('sha256').update(canonicalize(hashed)!).digest('hex'));
        expect(await store.hashAt(position)).toBe(hash);
        heads.set(event.stream, hash);
      }
      expect(heads.size).toBe(2);
    });

    readingContract(log);

    it('has an id that no other log has', async () => {
      const other = await open({});
      expect(store.logId).toMatch(/^[0-9a-f-]{36}$/);
      expect(other.logId).not.toBe(store.logId);
      await other.close();
    });

    eventStoreModel(open);
  });
}
