/** Events ready to append, for tests that are not about how events are made. */
import { randomUUID } from 'node:crypto';
import type { EventMeta, NewEvent } from '@waymark/kernel';

type Details = Partial<Omit<NewEvent, 'type' | 'data' | 'meta'>> & { readonly meta?: Partial<EventMeta> };

export function appendable(type: string, data: NewEvent['data'] = {}, { meta, ...rest }: Details = {}): NewEvent {
  return {
    id: randomUUID(),
    type,
    schemaVersion: 1,
    occurredAt: '2026-01-05T09:00:00.000Z',
    data,
    ...rest,
    meta: { service: 'northbank', actor: 'system', role: 'system', commandId: randomUUID(), correlationId: randomUUID(), ...meta },
  };
}
