/** A small made-up read side for the tests of the runner: planned visits, and the places they are planned for. */
import { defineEvents, derivedId, type NewEvent, type RecordedEvent } from '@waymark/kernel';
import { z } from 'zod';
import type { Projection } from '../projection';

export const eventDefinitions = defineEvents({
  VisitPlanned: z.strictObject({ place: z.string() }),
  VisitNoted: z.strictObject({ words: z.string(), weight: z.number() }),
  VisitMoved: z.strictObject({ place: z.string() }),
  VisitCancelled: z.strictObject({}),
  RoomPainted: z.strictObject({}),
});

export interface VisitRow {
  place: string;
  notes: string[];
  noted: number;
  weight: number | null;
  lastOn: string;
}

export const visits: Projection<VisitRow> = {
  name: 'visits',
  version: 1,
  table: {
    columns: {
      place: { type: 'text' },
      notes: { type: 'json' },
      noted: { type: 'integer' },
      weight: { type: 'real', nullable: true },
      lastOn: { type: 'text' },
    },
    indexes: [{ columns: ['place', 'noted'], where: 'noted > 0' }],
  },
  key: (event) => event.stream,
  on: {
    VisitPlanned: (row, event) =>
      row ?? { place: String(event.data['place']), notes: [], noted: 0, weight: null, lastOn: event.occurredAt },
    VisitNoted: (row, event) =>
      row && {
        ...row,
        notes: [...row.notes, String(event.data['words'])],
        noted: row.noted + 1,
        weight: Number(event.data['weight']),
        lastOn: event.occurredAt,
      },
    VisitMoved: (row, event) => row && { ...row, place: String(event.data['place']), lastOn: event.occurredAt },
    VisitCancelled: () => undefined,
  },
  neverWas: ['VisitCancelled'],
};

/** One row over many streams. */
export const places: Projection<{ planned: number; streams: string[] }> = {
  name: 'places',
  version: 1,
  table: { columns: { planned: { type: 'integer' }, streams: { type: 'json' } } },
  key: (event) => String(event.data['place']),
  on: {
    VisitPlanned: (row, event) => ({
      planned: (row?.planned ?? 0) + 1,
      streams: [...new Set([...(row?.streams ?? []), event.stream])].sort(),
    }),
  },
};

export const readModels: readonly Projection[] = [visits, places];

export interface Happening {
  readonly stream: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

export const planned = (visit: string, place = 'clinic'): Happening => ({
  stream: `visit-northbank-${visit}`,
  type: 'VisitPlanned',
  data: { place },
});
export const noted = (visit: string, words: string, weight = 1.5): Happening => ({
  stream: `visit-northbank-${visit}`,
  type: 'VisitNoted',
  data: { words, weight },
});
export const cancelled = (visit: string): Happening => ({ stream: `visit-northbank-${visit}`, type: 'VisitCancelled', data: {} });
export const painted = (): Happening => ({ stream: 'room-northbank-1', type: 'RoomPainted', data: {} });

/** `n` makes the ids: the same number gives the same event. */
export function newEvent({ stream, type, data }: Happening, n: number, schemaVersion = 1): NewEvent {
  const commandId = derivedId('visits', String(n));
  return {
    id: derivedId(commandId, stream),
    type,
    schemaVersion,
    occurredAt: new Date(Date.UTC(2026, 3, 1) + n * 60_000).toISOString(),
    data,
    meta: { service: 'northbank', actor: 'machine', role: 'machine', commandId, correlationId: commandId },
  };
}

/** A log in memory, without a store: for many small logs. */
export function recorded(happenings: readonly Happening[], from = 0): RecordedEvent[] {
  const revisions = new Map<string, number>();
  return happenings.map((happening, i) => {
    const n = from + i + 1;
    const event = newEvent(happening, n);
    const revision = revisions.get(happening.stream) ?? 0;
    revisions.set(happening.stream, revision + 1);
    return {
      ...event,
      stream: happening.stream,
      revision,
      position: String(n).padStart(20, '0'),
      recordedAt: event.occurredAt,
      previousHash: '0'.repeat(64),
      hash: derivedId('hash', event.id),
    };
  });
}
