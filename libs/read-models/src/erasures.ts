/** Requests to erase a person: whom each is about, where it stands, and when it is due. */
import { idOf } from '@waymark/kernel';
import type { ErasureEvent } from '@waymark/people';
import type { Projection, ReadSide } from '@waymark/projections';
import { sql } from 'kysely';
import { onEvents, type Recorded } from './on-events';

export interface ErasureRow {
  readonly service: string;
  readonly personId: string;
  readonly status: 'requested' | 'approved' | 'cancelled' | 'erased';
  readonly requestedAt: string;
  /** `null` until it is approved. */
  readonly executeAfter: string | null;
}

type RequestEvent = Exclude<ErasureEvent, { type: 'LegalHoldPlaced' | 'LegalHoldReleased' }>;

const folds: Readonly<Record<RequestEvent['type'], true>> = {
  PersonErasureRequested: true,
  PersonErasureApproved: true,
  PersonErasureCancelled: true,
  PersonErased: true,
};

export const erasures: Projection<ErasureRow> = {
  name: 'erasures',
  version: 1,
  table: {
    columns: {
      service: { type: 'text' },
      personId: { type: 'text' },
      status: { type: 'text' },
      requestedAt: { type: 'text' },
      executeAfter: { type: 'text', nullable: true },
    },
    indexes: [{ columns: ['executeAfter'], where: "status = 'approved'" }],
  },
  key: (event) => String(event.data['requestId']),
  on: onEvents(folds, evolve),
};

function evolve(row: ErasureRow | undefined, event: Recorded<RequestEvent>): ErasureRow | undefined {
  if (event.type === 'PersonErasureRequested') {
    const { meta, stream, occurredAt } = event;
    return { service: meta.service, personId: idOf(stream), status: 'requested', requestedAt: occurredAt, executeAfter: null };
  }
  if (row === undefined) return undefined;
  switch (event.type) {
    case 'PersonErasureApproved':
      return { ...row, status: 'approved', executeAfter: event.data.executeAfter };
    case 'PersonErasureCancelled':
      return { ...row, status: 'cancelled' };
    case 'PersonErased':
      return { ...row, status: 'erased' };
  }
}

export interface KnownErasure extends ErasureRow {
  readonly request: string;
}

const columns = sql`key as request, service, personId, status, requestedAt, executeAfter`;

export async function findErasure(readSide: ReadSide, request: string): Promise<KnownErasure | undefined> {
  const { rows } = await sql<KnownErasure>`
    select ${columns} from ${sql.table(readSide.tableOf(erasures.name))} where key = ${request}`.execute(readSide.db);
  return rows[0];
}

/** Approved, and the days to cancel are over at `now`. */
export async function dueErasures(readSide: ReadSide, now: string): Promise<KnownErasure[]> {
  const { rows } = await sql<KnownErasure>`
    select ${columns} from ${sql.table(readSide.tableOf(erasures.name))}
    where status = 'approved' and executeAfter <= ${now} order by executeAfter, key`.execute(readSide.db);
  return rows;
}
