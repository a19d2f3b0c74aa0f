/** From a public reference to the referral behind it, whether it is open, has ended, or was linked to another. */
import { idOf, londonDate } from '@waymark/kernel';
import type { Projection, ReadDb, ReadModels } from '@waymark/projections';
import type { DischargeEvent, ReferralEvent, TriageEvent } from '@waymark/referral';
import { sql } from 'kysely';
import { onEvents, type Recorded } from './on-events';

export interface ReferenceRow {
  readonly service: string;
  readonly reference: string;
  readonly referralId: string;
  readonly stream: string;
  readonly personId: string;
  readonly source: string;
  readonly receivedAt: string;
  readonly ended: 0 | 1;
  /** London date; `null` as long as the referral is open. */
  readonly endedOn: string | null;
}

type KnownEvent =
  | Exclude<ReferralEvent, { type: 'ReferralStratified' | 'InformationAdded' }>
  | Extract<TriageEvent, { type: 'ReferralReturnedWithAdvice' | 'ReferralDeclined' }>
  | DischargeEvent;

const folds: Readonly<Record<KnownEvent['type'], true>> = {
  ReferralReceived: true,
  ReferralLinkedAsDuplicate: true,
  ReferralWithdrawn: true,
  ReferralEnteredInError: true,
  DeathRecorded: true,
  ReferralReturnedWithAdvice: true,
  ReferralDeclined: true,
  Discharged: true,
};

export const references: Projection<ReferenceRow> = {
  name: 'references',
  version: 1,
  table: {
    columns: {
      service: { type: 'text' },
      reference: { type: 'text' },
      referralId: { type: 'text' },
      stream: { type: 'text' },
      personId: { type: 'text' },
      source: { type: 'text' },
      receivedAt: { type: 'text' },
      ended: { type: 'integer' },
      endedOn: { type: 'text', nullable: true },
    },
    indexes: [{ columns: ['reference'] }],
  },
  key: (event) => event.stream,
  on: onEvents(folds, evolve),
};

function evolve(row: ReferenceRow | undefined, event: Recorded<KnownEvent>): ReferenceRow | undefined {
  if (event.type === 'ReferralReceived') return received(event);
  if (row === undefined) return undefined;
  switch (event.type) {
    case 'ReferralLinkedAsDuplicate':
    case 'ReferralWithdrawn':
    case 'ReferralEnteredInError':
    case 'ReferralReturnedWithAdvice':
    case 'ReferralDeclined':
    case 'Discharged':
      return { ...row, ended: 1, endedOn: londonDate(event.occurredAt) };
    case 'DeathRecorded':
      return row.ended ? row : { ...row, ended: 1, endedOn: londonDate(event.occurredAt) };
  }
}

function received({ data, stream, meta }: Recorded<Extract<KnownEvent, { type: 'ReferralReceived' }>>): ReferenceRow {
  return {
    service: meta.service,
    reference: data.reference,
    referralId: idOf(stream),
    stream,
    personId: data.personId,
    source: data.source,
    receivedAt: data.receivedAt,
    ended: 0,
    endedOn: null,
  };
}

/** `reference` as written on a letter: see `parseReference` of the kernel. */
export async function findReference(readSide: ReadModels, reference: string): Promise<ReferenceRow | undefined> {
  const { value } = await readSide.snapshot(
    async (db) => {
      const { rows } = await sql<ReferenceRow>`
      select service, reference, referralId, stream, personId, source, receivedAt, ended, endedOn
      from ${sql.table(readSide.tableOf(references.name))} where reference = ${reference}`.execute(db);
      return rows[0];
    },
    [references.name],
  );
  return value;
}

/** People of whom no referral is open, the longest ended first; each with their references. */
export async function endedPeople(readSide: ReadModels, service: string): Promise<{ personId: string; references: string[] }[]> {
  const { value } = await readSide.snapshot(
    async (db) => {
      const { rows } = await sql<{ personId: string; known: string }>`
      select personId, group_concat(reference) as known from ${sql.table(readSide.tableOf(references.name))}
      where service = ${service} group by personId having min(ended) = 1
      order by max(endedOn), personId`.execute(db);
      return rows;
    },
    [references.name],
  );
  return value.map(({ personId, known }) => ({ personId, references: known.split(',').sort() }));
}

/** The references of these streams; streams that are not a referral's have none. */
export async function referencesOf(readSide: ReadModels, streams: readonly string[]): Promise<string[]> {
  const { value } = await readSide.snapshot((db) => referencesIn(readSide, db, streams), [references.name]);
  return [...value.values()];
}

/** Inside a snapshot: stream to reference. */
export async function referencesIn(readSide: ReadModels, db: ReadDb, streams: readonly string[]): Promise<Map<string, string>> {
  if (streams.length === 0) return new Map();
  const { rows } = await sql<{ stream: string; reference: string }>`
    select key as stream, reference from ${sql.table(readSide.tableOf(references.name))} where key in (${sql.join(streams)})`.execute(db);
  return new Map(rows.map(({ stream, reference }) => [stream, reference]));
}
