/** The register of practitioners, without their names: whoever shows them opens each name from the stream's first event. */
import type { Projection, ReadSide } from '@waymark/projections';
import type { PractitionerEvent } from '@waymark/workforce';
import { sql } from 'kysely';
import { onEvents, type Recorded } from './on-events';

type Registered = PractitionerEvent['data'];

export interface PractitionerRow {
  readonly service: string;
  readonly practitionerId: string;
  readonly profession: string;
  readonly registration: Registered['registration'];
  readonly level: Registered['level'];
  readonly scope: Registered['scope'];
}

export const practitioners: Projection<PractitionerRow> = {
  name: 'practitioners',
  version: 1,
  table: {
    columns: {
      service: { type: 'text' },
      practitionerId: { type: 'text' },
      profession: { type: 'text' },
      registration: { type: 'json' },
      level: { type: 'text' },
      scope: { type: 'json' },
    },
    indexes: [{ columns: ['service', 'practitionerId'] }],
  },
  key: (event) => event.stream,
  on: onEvents<PractitionerRow, PractitionerEvent>({ PractitionerRegistered: true }, evolve),
};

function evolve(_row: PractitionerRow | undefined, event: Recorded<PractitionerEvent>): PractitionerRow {
  switch (event.type) {
    case 'PractitionerRegistered': {
      const { practitionerId, profession, registration, level, scope } = event.data;
      return { service: event.meta.service, practitionerId, profession, registration, level, scope };
    }
  }
}

export interface PractitionerListed extends Omit<PractitionerRow, 'service' | 'practitionerId'> {
  readonly id: string;
  readonly stream: string;
}

/** Everybody registered in a service, by id. */
export async function listPractitioners(readSide: ReadSide, service: string): Promise<PractitionerListed[]> {
  const { value: rows } = await readSide.snapshot(
    async (db) => {
      const found = await sql<{
        key: string;
        practitionerId: string;
        profession: string;
        registration: string;
        level: Registered['level'];
        scope: string;
      }>`
      select key, practitionerId, profession, registration, level, scope from ${sql.table(readSide.tableOf(practitioners.name))}
      where service = ${service} order by practitionerId`.execute(db);
      return found.rows;
    },
    [practitioners.name],
  );
  return rows.map(({ key, practitionerId, profession, registration, level, scope }) => ({
    id: practitionerId,
    stream: key,
    profession,
    registration: JSON.parse(registration) as Registered['registration'],
    level,
    scope: JSON.parse(scope) as Registered['scope'],
  }));
}
