/** The caseload: who answers for which open referral, and how many contacts each practitioner has this week. */
import { addDays, isDay, isRejection, londonDate, weekday, type Outcome } from '@waymark/kernel';
import type { Projection, ReadDb, ReadModels } from '@waymark/projections';
import { place, type Place, type ReferralStreamEvent, type Stage } from '@waymark/referral';
import { STRATA, TIERS, type Stratum, type Tier } from '@waymark/rules';
import { sql, type RawBuilder } from 'kysely';
import { NEVER_WAS, onEvents, type Recorded } from './on-events';
import { all, answer, conditionsOf, matching, oneOf, pageOf, pathOf, readRequest, UNALLOCATED, UUID } from './list';
import type { Figure, Filters, ListAnswer, ListRequest } from './list';
import { OPEN_STAGES } from './places';

/** Practitioner to contacts that counted, by the Monday of the London week in which the appointment was. */
type Weeks = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface CaseloadRow {
  readonly service: string;
  readonly reference: string;
  readonly owner: string;
  readonly stage: Stage;
  readonly stratum: Stratum;
  readonly tier: Tier;
  /** London date from which the owner answers for it. */
  readonly since: string;
  /** A referral that ended leaves the caseload; its contacts of this week stay in the count. */
  readonly open: 0 | 1;
  readonly lastWeek: string | null;
  readonly weeks: Weeks;
  readonly place: Place;
}

export const caseload: Projection<CaseloadRow> = {
  name: 'caseload',
  version: 2,
  table: {
    columns: {
      service: { type: 'text' },
      reference: { type: 'text' },
      owner: { type: 'text' },
      stage: { type: 'text' },
      stratum: { type: 'text' },
      tier: { type: 'text' },
      since: { type: 'text' },
      open: { type: 'integer' },
      lastWeek: { type: 'text', nullable: true },
      weeks: { type: 'json' },
      place: { type: 'json' },
    },
    indexes: [
      { columns: ['service', 'owner', 'since', 'reference'], where: 'open = 1' },
      { columns: ['service', 'owner', 'tier'], where: 'open = 1' },
      { columns: ['service', 'lastWeek'], where: 'lastWeek is not null' },
    ],
  },
  key: (event) => event.stream,
  on: onEvents(place.folds, moved),
  neverWas: NEVER_WAS,
};

function moved(row: CaseloadRow | undefined, event: Recorded<ReferralStreamEvent>): CaseloadRow | undefined {
  const now = place.evolve(row?.place, event);
  if (now === undefined) return undefined;
  const owner = now.owner ?? UNALLOCATED;
  const seen = row && contactOf(row.place, now);
  const weeks = seen ? counted(row.weeks, seen) : (row?.weeks ?? {});
  return {
    service: event.meta.service,
    reference: now.reference,
    owner,
    stage: now.stage,
    stratum: now.stratum,
    tier: now.tier,
    since: row?.owner === owner ? row.since : row ? londonDate(event.occurredAt) : now.clock.start,
    open: now.stage === 'ended' ? 0 : 1,
    lastWeek: Object.keys(weeks).sort().at(-1) ?? null,
    weeks,
    place: now,
  };
}

interface Contact {
  readonly practitioner: string;
  readonly week: string;
}

/** The contact by which one more consultation is used: the appointment that was attended with this event. */
function contactOf(before: Place, now: Place): Contact | undefined {
  if (now.contacts.used <= before.contacts.used) return undefined;
  const seen = now.appointments.find(({ status }, i) => status === 'attended' && before.appointments[i]?.status !== 'attended');
  return seen && { practitioner: seen.practitionerId, week: weekOf(londonDate(seen.start)) };
}

function counted(weeks: Weeks, { practitioner, week }: Contact): Weeks {
  return { ...weeks, [week]: { ...weeks[week], [practitioner]: (weeks[week]?.[practitioner] ?? 0) + 1 } };
}

/** The Monday of the week of a London date. */
export function weekOf(date: string): string {
  return addDays(date, 1 - weekday(date));
}

export interface Weighting {
  readonly universal: number;
  readonly targeted: number;
  readonly specialist: number;
  /** Whose numbers these are. */
  readonly source: string;
}

/** An open referral weighs as much as its tier. Chosen here, no standard; a service's settings replace it. */
export const LOCAL_WEIGHTING: Weighting = { universal: 1, targeted: 1.5, specialist: 2, source: 'local default' };

export interface CaseloadRequest extends ListRequest {
  /** The service's reference line, contacts a week (never a target). */
  readonly weeklyContacts: number;
  readonly weighting?: Weighting;
}

export interface CaseloadItem {
  readonly reference: string;
  readonly owner: string;
  readonly stage: Stage;
  readonly stratum: Stratum;
  readonly since: string;
  readonly contacts: Place['contacts'];
  /** Absent when none is booked. */
  readonly nextAppointment?: { readonly start: string; readonly type: string; readonly place: string; readonly practitioner: string };
  /** On a list of contacts: how many this referral adds to the figure. */
  readonly contactsCounted?: number;
}

export interface CaseloadSummary {
  readonly owner: string;
  readonly open: Figure;
  readonly weighted: Figure;
  readonly weighting: Weighting;
  readonly contactsThisWeek: Figure;
  readonly weeklyContacts: number;
}

function contactsOf(code: string): Partial<Contact> & { readonly week: string } {
  const [date, practitioner] = code.split(':');
  return { week: weekOf(date!), ...(practitioner === undefined ? {} : { practitioner }) };
}

function jsonPath({ week, practitioner }: ReturnType<typeof contactsOf>): string {
  return practitioner === undefined ? `$."${week}"` : `$."${week}"."${practitioner}"`;
}

const OWNER = new RegExp(`${UUID.source}|^${UNALLOCATED}$`);

const filters: Filters = {
  owner: matching('owner', OWNER, `Use a practitioner's id, or ${UNALLOCATED}`),
  stage: oneOf('stage', OPEN_STAGES),
  stratum: oneOf('stratum', STRATA),
  tier: oneOf('tier', TIERS),
  /** A day of the week, and whose contacts: referrals with such contacts, ended ones too. */
  contacts: {
    knows: (code) => {
      const [day, practitioner = UNALLOCATED, ...rest] = code.split(':');
      return isDay(day) && OWNER.test(practitioner) && rest.length === 0;
    },
    hint: "Use YYYY-MM-DD for the week of a day, or YYYY-MM-DD:<practitioner's id>",
    single: true,
    where: ([code]) => sql`lastWeek >= ${contactsOf(code!).week} and json_extract(weeks, ${jsonPath(contactsOf(code!))}) is not null`,
  },
};
export const caseloadFilters = Object.keys(filters);

/** Every open referral, by owner and by how long they have had it. With `contacts`: the referrals of those contacts. */
export async function caseloadPage(
  readSide: ReadModels,
  request: CaseloadRequest,
): Promise<Outcome<ListAnswer<CaseloadItem, readonly CaseloadSummary[]>>> {
  const asked = readRequest(request, filters, ['text', 'text', 'text']);
  if (isRejection(asked)) return asked;
  const table = sql.table(readSide.tableOf(caseload.name));
  const code = asked.given['contacts']?.[0];
  const conditions = [...(code === undefined ? [sql`open = 1`] : []), ...conditionsOf(filters, asked.given)];
  const from = asked.key ?? ['', '', ''];

  const { page, ...rest } = await answer(readSide, [caseload.name], request.after, async (db) => {
    const rows = await sql<PageRow>`
      select owner, since, reference, place, weeks from ${table}
      where service = ${request.service} and (owner, since, reference) > (${sql.join(from)}) and ${all(conditions)}
      order by owner, since, reference limit ${asked.limit + 1}`.execute(db);
    const total = await sql<{
      n: number;
    }>`select count(*) as n from ${table} where service = ${request.service} and ${all(conditions)}`.execute(db);
    return {
      ...pageOf(rows.rows, 'caseload', request, asked.limit, (row) => [row.owner, row.since, row.reference]),
      total: total.rows[0]!.n,
      summary: await summaryOf(db, table, request),
    };
  });
  const items = page.map((row) => itemOf(row, request.now, code === undefined ? undefined : contactsOf(code)));
  return { asAt: rest.asAt, stale: rest.stale, total: rest.total, summary: rest.summary, items, next: rest.next };
}

interface PageRow {
  readonly owner: string;
  readonly since: string;
  readonly reference: string;
  readonly place: string;
  readonly weeks: string;
}

async function summaryOf(db: ReadDb, table: RawBuilder<unknown>, request: CaseloadRequest): Promise<CaseloadSummary[]> {
  const { service, weeklyContacts, weighting = LOCAL_WEIGHTING } = request;
  const week = weekOf(londonDate(request.now));
  const open = await sql<{ owner: string; tier: Tier; n: number }>`
    select owner, tier, count(*) as n from ${table} where service = ${service} and open = 1 group by owner, tier`.execute(db);
  const seen = await sql<{ practitioner: string; n: number }>`
    select contact.key as practitioner, sum(contact.value) as n from ${table}, json_each(weeks, ${jsonPath({ week })}) as contact
    where service = ${service} and lastWeek >= ${week} group by contact.key`.execute(db);

  const owners = new Set([...open.rows.map((row) => row.owner), ...seen.rows.map((row) => row.practitioner), UNALLOCATED]);
  return [...owners].sort().map((owner) => {
    const own = open.rows.filter((row) => row.owner === owner);
    const items = pathOf('caseload', request, { owner });
    return {
      owner,
      open: { value: own.reduce((total, { n }) => total + n, 0), items },
      weighted: { value: own.reduce((total, { n, tier }) => total + n * weighting[tier], 0), items },
      weighting,
      contactsThisWeek: {
        value: seen.rows.find((row) => row.practitioner === owner)?.n ?? 0,
        items: pathOf('caseload', request, { contacts: `${week}:${owner}` }),
      },
      weeklyContacts: owner === UNALLOCATED ? 0 : weeklyContacts,
    };
  });
}

function itemOf(row: PageRow, now: string, contacts: ReturnType<typeof contactsOf> | undefined): CaseloadItem {
  const at = JSON.parse(row.place) as Place;
  const next = at.appointments
    .filter(({ status, start }) => status === 'booked' && start > now)
    .reduce<Place['appointments'][number] | undefined>(
      (first, booked) => (first && first.start <= booked.start ? first : booked),
      undefined,
    );
  return {
    reference: row.reference,
    owner: row.owner,
    stage: at.stage,
    stratum: at.stratum,
    since: row.since,
    contacts: at.contacts,
    ...(next ? { nextAppointment: { start: next.start, type: next.type, place: next.place, practitioner: next.practitionerId } } : {}),
    ...(contacts ? { contactsCounted: countedIn(JSON.parse(row.weeks) as Weeks, contacts) } : {}),
  };
}

function countedIn(weeks: Weeks, { week, practitioner }: ReturnType<typeof contactsOf>): number {
  const by = weeks[week] ?? {};
  return practitioner === undefined ? Object.values(by).reduce((total, n) => total + n, 0) : (by[practitioner] ?? 0);
}
