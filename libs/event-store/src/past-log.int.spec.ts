import fc from 'fast-check';
import type { NewEvent, RecordedEvent } from '@waymark/kernel';
import { openForWriting } from './log-file';
import { insertion } from './log-writer';
import { PastLog, type Outline } from './past-log';
import { numberOf, positionOf } from './position';
import { openEventStore } from './sqlite-event-store';
import { testFolders } from './testing/folder';

const newFolder = testFolders();
const services = ['northbank', 'southbank'];
const HOUR = 3_600_000;
const START = Date.parse('2026-11-02T09:00:00.000Z');

/** One event an append: whose it is, and what the clock says then. A clock that is set back goes backwards. */
const history = fc.array(fc.record({ service: fc.constantFrom(...services), hour: fc.integer({ min: 0, max: 30 }) }), { maxLength: 25 });

function newEvent(service: string, n: number): NewEvent {
  const meta = { service, actor: 'machine', role: 'machine', commandId: `c${n}`, correlationId: `c${n}` };
  return { id: `e${n}`, type: 'Noted', schemaVersion: 1, occurredAt: new Date(START).toISOString(), data: { n }, meta };
}

async function withLog(
  told: readonly { service: string; hour: number }[],
  look: (log: PastLog, events: RecordedEvent[]) => void,
): Promise<void> {
  const folder = newFolder();
  let now = START;
  const store = openEventStore({ folder, synchronous: 'off', clock: () => new Date(now) });
  const events: RecordedEvent[] = [];
  for (const [n, { service, hour }] of told.entries()) {
    now = START + hour * HOUR;
    const result = await store.append(`visit-${service}-${n}`, 'none', [newEvent(service, n)]);
    if (result.outcome === 'appended') events.push(...result.events);
  }
  const log = new PastLog(folder);
  try {
    look(log, events);
  } finally {
    log.close();
    await store.close();
  }
}

function placed(event: RecordedEvent | undefined) {
  return event && { position: event.position, recordedAt: event.recordedAt };
}

it('finds the last event recorded at or before a moment, however the clock went', async () => {
  await fc.assert(
    fc.asyncProperty(history, (told) =>
      withLog(told, (log, events) => {
        for (let hour = -1; hour <= 31; hour++) {
          for (const shift of [-1, 0, 1]) {
            const moment = new Date(START + hour * HOUR + shift).toISOString();
            expect(log.placeAt(moment)).toEqual(placed(events.findLast(({ recordedAt }) => recordedAt <= moment)));
          }
        }
        expect(log.head()).toEqual(placed(events.at(-1)));
      }),
    ),
    { numRuns: 40 },
  );
});

it('of writers beside each other, who are stored a moment out of order, takes nothing that was recorded later', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 25 }),
      fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 25, maxLength: 25 }),
      async (hours, steps) => {
        const folder = newFolder();
        const db = openForWriting(folder, 'log', new Date(START), 'off');
        const insert = insertion(db);
        const recorded = hours.map((hour) => new Date(START + hour * HOUR).toISOString());
        let position = 0;
        const places = recorded.map((recordedAt, n) => {
          const { id, type, schemaVersion, occurredAt, data, meta } = newEvent('northbank', n);
          const link = { id, stream: `visit-northbank-${n}`, revision: 0, type, schemaVersion, occurredAt, recordedAt };
          position += steps[n]!;
          insert({ ...link, data: JSON.stringify(data), meta: JSON.stringify(meta), previousHash: '' }, 'northbank', '', position);
          return { position: positionOf(position), recordedAt };
        });
        db.close();
        const log = new PastLog(folder);
        for (const moment of [new Date(START - 1).toISOString(), ...recorded]) {
          const later = recorded.findIndex((at) => at > moment);
          expect(log.placeAt(moment)).toEqual(later === 0 ? undefined : places.at(later < 0 ? -1 : later - 1));
        }
        log.close();
      },
    ),
    { numRuns: 60 },
  );
});

it('knows its own positions and no others', () =>
  withLog([{ service: 'northbank', hour: 1 }], (log, events) => {
    expect(log.placeOf(events[0]!.position)).toEqual(placed(events[0]));
    expect([positionOf(0), positionOf(2)].map((position) => log.placeOf(position))).toEqual([undefined, undefined]);
  }));

it('outlines the events of one service up to a place, the latest first, and opens those that are asked for', async () => {
  await fc.assert(
    fc.asyncProperty(history, fc.nat(), fc.integer({ min: 1, max: 4 }), (told, end, size) =>
      withLog(told, (log, events) => {
        const upTo = events[end % Math.max(1, events.length)]?.position;
        const outlines: Outline[] = [];
        for (let last = upTo; ; last = positionOf(numberOf(outlines.at(-1)!.position) - 1)) {
          const page = log.outlines('northbank', last, size);
          expect(page.length).toBeLessThanOrEqual(size);
          outlines.push(...page);
          if (page.length === 0) break;
        }
        const expected = events.filter((event) => event.meta.service === 'northbank' && event.position <= (upTo ?? ''));
        expect(outlines.reverse()).toEqual(
          expected.map(({ position, id, stream, type, schemaVersion, occurredAt }) => {
            return { position, id, stream, type, schemaVersion, occurredAt };
          }),
        );
        const read = log.at(outlines.map(({ position }) => position));
        expect(read.map((event) => ({ ...event, data: event.data }))).toMatchObject(
          expected.map(({ position, data, meta, recordedAt }) => ({ position, data, meta, recordedAt })),
        );
        expect(log.lastOf('northbank', upTo)).toBe(expected.at(-1)?.position);
      }),
    ),
    { numRuns: 40 },
  );
});

it('is empty, without a fault, where no log was written yet', () => {
  const folder = newFolder();
  const log = new PastLog(folder);
  expect([log.logId, log.head(), log.placeAt('2026-11-02T09:00:00.000Z'), log.lastOf('northbank', undefined)]).toEqual(
    Array(4).fill(undefined),
  );
  expect(log.outlines('northbank', positionOf(9), 10)).toEqual([]);
  expect(log.at([positionOf(9)])).toEqual([]);
  log.close();
});
