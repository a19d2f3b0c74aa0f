import { z } from 'zod';
import { defineEvents, versioned, type RecordedEvent } from './event';
import { LogIsNewer, UnknownEventType, upcasting } from './upcast';

const definitions = defineEvents({
  TeaMade: versioned(3, z.strictObject({ cups: z.number(), milk: z.boolean() }), {
    1: ({ mugs, ...rest }) => ({ ...rest, cups: mugs }),
    2: (data) => ({ ...data, milk: false }),
  }),
  TeaDrunk: z.strictObject({}),
});
const upcast = upcasting(definitions);

function stored(type: string, schemaVersion: number, data: Record<string, unknown>): RecordedEvent {
  return {
    id: 'e',
    stream: 'kitchen-northbank-1',
    revision: 4,
    position: '00000000000000000007',
    type,
    schemaVersion,
    occurredAt: '2026-01-05T09:00:00.000Z',
    recordedAt: '2026-01-05T09:00:00.000Z',
    data,
    meta: { service: 'northbank', actor: 'system', role: 'system', commandId: 'c', correlationId: 'r' },
    previousHash: '',
    hash: 'h',
  };
}

describe('upcasting', () => {
  it('leads an old event step by step to the newest version', () => {
    expect(upcast(stored('TeaMade', 1, { mugs: 2 }))).toEqual({ ...stored('TeaMade', 3, { cups: 2, milk: false }) });
    expect(upcast(stored('TeaMade', 2, { cups: 2 })).data).toEqual({ cups: 2, milk: false });
  });

  it('leaves an event of the newest version as it is', () => {
    const event = stored('TeaDrunk', 1, {});
    expect(upcast(event)).toBe(event);
  });

  it('stops at an event of a newer version than it knows', () => {
    expect(() => upcast(stored('TeaDrunk', 2, {}))).toThrow(LogIsNewer);
  });

  it('stops at an event type it has never heard of, even one named like a built-in', () => {
    expect(() => upcast(stored('TeaSpilt', 1, {}))).toThrow(UnknownEventType);
    expect(() => upcast(stored('constructor', 1, {}))).toThrow(UnknownEventType);
  });

  it('stops where a step is missing', () => {
    const gap = upcasting({ TeaMade: { ...definitions.TeaMade, upcasts: { 1: (data) => data } } });
    expect(() => gap(stored('TeaMade', 1, {}))).toThrow('TeaMade has no upcast from version 2');
  });
});
