/** The journal: the log itself, oldest first, each event in plain words. How much of it there is, is counted as it grows. */
import type { EventStore } from '@waymark/event-store';
import { isRejection, parseReference, upcasting, type Outcome, type RecordedEvent } from '@waymark/kernel';
import type { Projection, ReadDb, ReadModels } from '@waymark/projections';
import { sql } from 'kysely';
import { eventDefinitions } from './definitions';
import { all, answer, conditionsOf, cursorOf, matching, oneOf, pathOf, readRequest, UUID } from './list';
import type { Figure, Filters, ListAnswer, ListRequest, Shown } from './list';
import { findReference, references, referencesIn } from './references';
import { wordsOfAny } from './words';

/** So many events of a type came from one actor: the totals, for which the log itself is never counted. */
export interface JournalRow {
  readonly service: string;
  readonly type: string;
  readonly actor: string;
  readonly events: number;
}

export const journal: Projection<JournalRow> = {
  name: 'journal',
  version: 1,
  table: {
    columns: { service: { type: 'text' }, type: { type: 'text' }, actor: { type: 'text' }, events: { type: 'integer' } },
    indexes: [{ columns: ['service', 'type'] }],
  },
  key: ({ type, meta }) => `${meta.service} ${type} ${meta.actor}`,
  on: Object.fromEntries(Object.keys(eventDefinitions).map((type) => [type, counted])),
};

function counted(row: JournalRow | undefined, { type, meta }: RecordedEvent): JournalRow {
  return { service: meta.service, type, actor: meta.actor, events: (row?.events ?? 0) + 1 };
}

export interface JournalItem {
  readonly position: string;
  readonly service: string;
  /** Of the referral that it is about, where it is about one. */
  readonly reference?: string;
  readonly type: string;
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly actor: string;
  readonly role: string;
  readonly words: string;
}

export interface JournalSummary {
  readonly byType: readonly (Figure & { readonly type: string })[];
}

/** What the journal needs of the event store. */
export type Log = Pick<EventStore, 'read' | 'readAll'>;

const columnFilters: Filters = {
  type: oneOf('type', Object.keys(eventDefinitions)),
  actor: matching('actor', new RegExp(`${UUID.source}|^(public|machine|system)$`), "Use a practitioner's id, public, machine or system"),
};
const filters: Filters = {
  ...columnFilters,
  reference: {
    knows: (typed) => parseReference(typed) !== undefined,
    hint: 'A reference looks like 7K4Q-2M9X-3TBC; check it against the letter or receipt',
    single: true,
    where: () => sql`true`,
  },
};
export const journalFilters = Object.keys(filters);

/** Events looked at for one page: where few match, a page may hold fewer than `limit` and still have a next one. */
const LOOKED_AT = 2_000;

const upcast = upcasting(eventDefinitions);

/**
 * Oldest first, up to the place in the log that the totals have reached. The cursor is the position of the last event
 * looked at; `after` waits, as in every list.
 */
export async function journalPage(
  readSide: ReadModels,
  log: Log,
  request: ListRequest,
): Promise<Outcome<ListAnswer<JournalItem, JournalSummary>>> {
  const asked = readRequest(request, filters, ['text']);
  if (isRejection(asked)) return asked;
  const { reference, ...columns } = asked.given;
  const { asAt, stale, byType, total } = await answer(readSide, [journal.name], request.after, (db) =>
    totalsOf(readSide, db, request, columns),
  );

  const wanted: Wanted = {
    service: request.service,
    types: columns['type'],
    actors: columns['actor'],
    from: String(asked.key?.[0] ?? ''),
    upTo: asAt.position ?? '',
    happenedBy: request.past?.happenedBy,
  };
  const looked =
    reference === undefined
      ? await fromLog(log, wanted, asked.limit)
      : await fromReferral(readSide, log, parseReference(reference[0]!)!, wanted, asked.limit);
  const items = await itemsOf(readSide, looked.events);
  const next = looked.through === undefined ? null : nextPath(request, asked.limit, looked.through);
  return { asAt, stale, total: looked.total ?? total, summary: { byType }, items, next };
}

interface Wanted {
  readonly service: string;
  readonly types: readonly string[] | undefined;
  readonly actors: readonly string[] | undefined;
  /** Exclusive. */
  readonly from: string;
  /** Inclusive. */
  readonly upTo: string;
  readonly happenedBy: string | undefined;
}

interface Looked {
  readonly events: readonly RecordedEvent[];
  /** Where the next page goes on; absent = there is none. */
  readonly through?: string;
  /** Where it is not the total of the table. */
  readonly total?: number;
}

async function totalsOf(readSide: ReadModels, db: ReadDb, shown: Shown, given: Record<string, string[]>) {
  const table = sql.table(readSide.tableOf(journal.name));
  const whole = await sql<{ type: string; n: number }>`
    select type, sum(events) as n from ${table} where service = ${shown.service} group by type order by type`.execute(db);
  const { rows } = await sql<{ n: number }>`
    select coalesce(sum(events), 0) as n from ${table} where service = ${shown.service} and ${all(conditionsOf(columnFilters, given))}`.execute(
    db,
  );
  const byType = whole.rows.map(({ type, n }) => ({ type, value: n, items: pathOf('journal', shown, { type }) }));
  return { byType, total: rows[0]!.n };
}

/** Reads no further than one page needs. */
async function fromLog(log: Log, wanted: Wanted, limit: number): Promise<Looked> {
  const { service, types, from, upTo } = wanted;
  const events: RecordedEvent[] = [];
  let looked = 0;
  let through = from;
  const filter = { service, ...(types ? { types } : {}) };
  for await (const event of log.readAll({ ...(from === '' ? {} : { after: from }), filter })) {
    if (event.position > upTo) break;
    if (events.length === limit || looked === LOOKED_AT) return { events, through };
    if (matches(event, wanted)) events.push(event);
    through = event.position;
    looked++;
  }
  return { events };
}

async function fromReferral(readSide: ReadModels, log: Log, reference: string, wanted: Wanted, limit: number): Promise<Looked> {
  const found = await findReference(readSide, reference);
  if (found?.service !== wanted.service) return { events: [], total: 0 };
  const whole = (await log.read(found.stream)).filter((event) => event.position <= wanted.upTo && matches(event, wanted));
  const rest = whole.filter((event) => event.position > wanted.from);
  const events = rest.slice(0, limit);
  return { events, total: whole.length, ...(rest.length > limit ? { through: events.at(-1)!.position } : {}) };
}

function matches({ type, meta, occurredAt }: RecordedEvent, { types, actors, happenedBy }: Wanted): boolean {
  if (happenedBy !== undefined && occurredAt > happenedBy) return false;
  return (types === undefined || types.includes(type)) && (actors === undefined || actors.includes(meta.actor));
}

function nextPath(request: ListRequest, limit: number, through: string): string {
  return pathOf('journal', request, { ...request.filters, limit, cursor: cursorOf([through]) });
}

async function itemsOf(readSide: ReadModels, events: readonly RecordedEvent[]): Promise<JournalItem[]> {
  const streams = [...new Set(events.map(({ stream }) => stream))];
  const { value: known } = await readSide.snapshot((db) => referencesIn(readSide, db, streams), [references.name]);
  return events.map((stored) => {
    const event = upcast(stored);
    const reference = known.get(event.stream);
    return {
      position: event.position,
      service: event.meta.service,
      ...(reference === undefined ? {} : { reference }),
      type: event.type,
      occurredAt: event.occurredAt,
      recordedAt: event.recordedAt,
      actor: event.meta.actor,
      role: event.meta.role,
      words: wordsOfAny(event),
    };
  });
}
