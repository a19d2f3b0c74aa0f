/** Which request a command id came with, so that the same Idempotency-Key with another body is known wherever it would lead. */
import type { RecordedEvent } from '@waymark/kernel';
import type { On, Projection, ReadSide } from '@waymark/projections';
import { sql } from 'kysely';
import { eventDefinitions } from './definitions';

interface RequestRow {
  readonly fingerprint: string;
}

export const requests: Projection<RequestRow> = {
  name: 'requests',
  version: 1,
  table: { columns: { fingerprint: { type: 'text' } } },
  key: (event) => event.meta.commandId,
  on: Object.fromEntries(Object.keys(eventDefinitions).map((type) => [type, came])),
};

/** Every type of event: whatever a command led to, it came with a request. */
function came(row: RequestRow | undefined, { meta: { fingerprint } }: RecordedEvent): ReturnType<On<RequestRow>> {
  return row ?? (fingerprint === undefined ? undefined : { fingerprint });
}

/** The fingerprint of the request that this command id came with; `undefined` = none that led to anything. */
export async function findRequest(readSide: ReadSide, commandId: string): Promise<string | undefined> {
  const { rows } = await sql<RequestRow>`
    select fingerprint from ${sql.table(readSide.tableOf(requests.name))} where key = ${commandId}`.execute(readSide.db);
  return rows[0]?.fingerprint;
}
