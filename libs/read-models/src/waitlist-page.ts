/** A page of the waiting list, the figures above it, and where everybody stands. */
import { daysBetween, isRejection, londonDate, type Outcome } from '@waymark/kernel';
import type { Count, ReadDb, ReadModels } from '@waymark/projections';
import { RAISED, SOURCES, type Attention, type NextStep, type Place, type Stage } from '@waymark/referral';
import { PRIORITIES, STRATA, TIERS, type Priority, type Stratum, type Tier } from '@waymark/rules';
import { sql, type RawBuilder } from 'kysely';
import {
  all,
  answer,
  conditionsOf,
  matching,
  oneOf,
  pageOf,
  pathOf,
  readRequest,
  UNALLOCATED,
  UUID,
  yesOrNo,
  type Figure,
  type Filters,
  type ListAnswer,
  type ListRequest,
  type Shown,
} from './list';
import { openPeople, type OpenPerson, type PersonShown } from './person-shown';
import { ATTENTION, CLOCK_RUNS, flagsOf, isActNow, OPEN_STAGES, PLACES, rankOf, stagesOf, type PlaceName } from './places';
import { waitlist } from './waitlist';

/** Flags of the product itself; a service's rules may set more. */
const FLAGS = [
  ...[
    'safety',
    'safety-hold',
    'safety-conversation',
    'hold',
    'read-now',
    'agreement-outstanding',
    'trace-nhs-number',
    'birth-date-missing',
  ],
  ...['possible-match', 'restricted', 'safeguarding', 'hold-messages', 'child', 'interpreter', 'adjustments', 'carer', RAISED, ATTENTION],
];

export interface WaitlistItem {
  readonly reference: string;
  readonly stage: Stage;
  readonly person: PersonShown;
  readonly source: string;
  readonly stratum: Stratum;
  readonly tier: Tier;
  readonly priority: Priority;
  readonly clock: Place['clock']['state'];
  readonly clockStart: string;
  /** London days from the start of the clock to its stop, or to today. */
  readonly waitDays: number;
  /** The same until a person's own delays are recorded. */
  readonly waitDaysLessChosenDelay: number;
  readonly due: string;
  /** 1 is next in this place, whatever filter the page has. */
  readonly order: number;
  readonly flags: readonly string[];
  /** What somebody was told of and still has not happened, by whom it was told last. */
  readonly attention: readonly Pick<Attention, 'watcher' | 'told' | 'since'>[];
  readonly actNow: boolean;
  readonly owner: string;
  readonly nextStep: NextStep;
}

export interface WaitlistSummary {
  /** Everybody whose clock runs, in whichever place. */
  readonly everyoneWaiting: Figure & { readonly byPlace: readonly (Figure & { readonly place: PlaceName })[] };
  /** The box above the list, from every place. */
  readonly actNow: Figure;
  /** Raised by new facts after a clinician had decided; they keep their place on the list while they are read again. */
  readonly raisedUnreviewed: Figure;
}

export interface WaitlistRequest extends ListRequest {
  /** Flags that the service's rules set beside the product's own, so that the filter knows them. */
  readonly ruleFlags?: readonly string[];
}

/** Without a `stage` filter: everybody accepted and untreated, exactly once. */
export async function waitlistPage(
  readSide: ReadModels,
  request: WaitlistRequest,
  openPerson: OpenPerson,
): Promise<Outcome<ListAnswer<WaitlistItem, WaitlistSummary>>> {
  const filters = filtersOf(request.ruleFlags);
  const asked = readRequest(request, filters, ['integer', 'integer', 'text', 'text', 'text']);
  if (isRejection(asked)) return asked;
  const scope = scopeOf(asked.given, filters);
  const from = asked.key ?? [scope.first, -1, '', '', ''];
  const table = sql.table(readSide.tableOf(waitlist.name));

  const found = await answer(readSide, [waitlist.name], request.after, async (db, _asAt, count) => {
    const counts = await countsByPlace(count, table, request.service);
    const rows = await sql<PageRow>`
      select key, placeRank, orderBand, due, receivedAt, reference, place from ${table}
      where service = ${request.service} and (placeRank, orderBand, due, receivedAt, reference) > (${sql.join(from)})
        and placeRank <= ${scope.last} and ${all(scope.conditions)}
      order by placeRank, orderBand, due, receivedAt, reference limit ${asked.limit + 1}`.execute(db);
    const { page, next } = pageOf(rows.rows, 'waitlist', request, asked.limit, keyOf);
    return {
      page,
      next,
      order: await positionsOf(db, table, request.service, page, scope.conditions.length > 0),
      total:
        scope.conditions.length === 0
          ? sum(counts.slice(scope.first, scope.last + 1))
          : await totalOf(count, table, request.service, scope),
      summary: summaryOf(
        request,
        counts,
        await marked(count, table, request.service, 'actNow'),
        await marked(count, table, request.service, 'raised'),
      ),
    };
  });

  const places = found.page.map((row) => JSON.parse(row.place) as Place);
  const people = await openPeople(
    found.page.map((row, i) => ({ stream: row.key, personId: places[i]!.personId })),
    openPerson,
  );
  const today = londonDate(request.now);
  const items = found.page.map((row, i) => itemOf(row, places[i]!, found.order[i]!, people[i]!, today));
  return { asAt: found.asAt, stale: found.stale, total: found.total, summary: found.summary, items, next: found.next };
}

interface PageRow {
  readonly key: string;
  readonly placeRank: number;
  readonly orderBand: number;
  readonly due: string;
  readonly receivedAt: string;
  readonly reference: string;
  /** Still text: parsed outside the snapshot. */
  readonly place: string;
}

type Table = RawBuilder<unknown>;

/** The places that a page looks through, and what narrows them. */
interface Scope {
  readonly first: number;
  readonly last: number;
  /** Empty = every row of these places is on the list. */
  readonly conditions: readonly RawBuilder<unknown>[];
}

function filtersOf(ruleFlags: readonly string[] = []): Filters {
  return {
    stage: oneOf('stage', OPEN_STAGES),
    source: oneOf('source', SOURCES),
    stratum: oneOf('stratum', STRATA),
    tier: oneOf('tier', TIERS),
    priority: oneOf('priority', PRIORITIES),
    clock: oneOf('clock', ['running', 'nullified', 'stopped']),
    owner: matching('owner', new RegExp(`${UUID.source}|^${UNALLOCATED}$`), `Use a practitioner's id, or ${UNALLOCATED}`),
    flag: {
      ...oneOf('flag', [...FLAGS, ...ruleFlags]),
      // A code stands in the array as it stands in a text of its own, and reading the array of every row costs more.
      where: (flags) =>
        sql`(${sql.join(
          flags.map((flag) => sql`instr(flags, ${JSON.stringify(flag)}) > 0`),
          sql` or `,
        )})`,
    },
    actNow: yesOrNo('actNow'),
  };
}

/** The query parameters of this list, beside those of every list. */
export const waitlistFilters = Object.keys(filtersOf());

function scopeOf({ stage: stages = ['waiting', 'offered', 'booked'], ...rest }: Record<string, string[]>, filters: Filters): Scope {
  const wanted = OPEN_STAGES.filter((stage) => stages.includes(stage));
  const ranks = wanted.map(rankOf);
  const [first, last] = [Math.min(...ranks), Math.max(...ranks)];
  const between = OPEN_STAGES.filter((stage) => rankOf(stage) >= first && rankOf(stage) <= last);
  const conditions = conditionsOf(filters, between.length === wanted.length ? rest : { stage: wanted, ...rest });
  return { first, last, conditions };
}

function keyOf(row: PageRow): readonly (string | number)[] {
  return [row.placeRank, row.orderBand, row.due, row.receivedAt, row.reference];
}

/** How many stand in each place; a count along the index. */
async function countsByPlace(count: Count, table: Table, service: string): Promise<number[]> {
  const rows = await count(sql<{ placeRank: number; n: number }>`
    select placeRank, count(*) as n from ${table} where service = ${service} group by placeRank`);
  return PLACES.map((_, rank) => rows.find((row) => row.placeRank === rank)?.n ?? 0);
}

async function totalOf(count: Count, table: Table, service: string, { first, last, conditions }: Scope): Promise<number> {
  const rows = await count(sql<{ n: number }>`select count(*) as n from ${table}
    where service = ${service} and placeRank between ${first} and ${last} and ${all(conditions)}`);
  return rows[0]!.n;
}

async function marked(count: Count, table: Table, service: string, mark: 'actNow' | 'raised'): Promise<number> {
  const rows = await count(sql<{ n: number }>`select count(*) as n from ${table} where service = ${service} and ${sql.ref(mark)} = 1`);
  return rows[0]!.n;
}

/** Where each row of the page stands in its place. Rows that follow each other are not counted again. */
async function positionsOf(db: ReadDb, table: Table, service: string, page: readonly PageRow[], narrowed: boolean): Promise<number[]> {
  const positions: number[] = [];
  for (const [i, row] of page.entries()) {
    const before = page[i - 1];
    const same = before?.placeRank === row.placeRank ? before : undefined;
    if (same && !narrowed) {
      positions.push(positions[i - 1]! + 1);
      continue;
    }
    const from = same ? [same.orderBand, same.due, same.receivedAt, same.reference] : [-1, '', '', ''];
    const { rows } = await sql<{ n: number }>`select count(*) as n from ${table} where service = ${service} and placeRank = ${row.placeRank}
      and (orderBand, due, receivedAt, reference) > (${sql.join(from)})
      and (orderBand, due, receivedAt, reference) <= (${row.orderBand}, ${row.due}, ${row.receivedAt}, ${row.reference})`.execute(db);
    positions.push((same ? positions[i - 1]! : 0) + rows[0]!.n);
  }
  return positions;
}

function summaryOf(shown: Shown, counts: readonly number[], actNow: number, raised: number): WaitlistSummary {
  const path = (parameters: Record<string, string | readonly string[]>) => pathOf('waitlist', shown, parameters);
  return {
    everyoneWaiting: {
      value: sum(counts.slice(0, CLOCK_RUNS.length)),
      items: path({ stage: CLOCK_RUNS.flatMap(stagesOf) }),
      byPlace: CLOCK_RUNS.map((at, rank) => ({ place: at, value: counts[rank]!, items: path({ stage: stagesOf(at) }) })),
    },
    actNow: { value: actNow, items: path({ stage: OPEN_STAGES, actNow: 'true' }) },
    raisedUnreviewed: { value: raised, items: path({ stage: OPEN_STAGES, flag: RAISED }) },
  };
}

function itemOf(row: PageRow, at: Place, order: number, person: PersonShown, today: string): WaitlistItem {
  const waitDays = daysBetween(at.clock.start, at.clock.stop ?? today);
  return {
    reference: at.reference,
    stage: at.stage,
    person,
    source: at.source,
    stratum: at.stratum,
    tier: at.tier,
    priority: at.priority,
    clock: at.clock.state,
    clockStart: at.clock.start,
    waitDays,
    waitDaysLessChosenDelay: waitDays,
    due: row.due,
    order,
    flags: flagsOf(at),
    attention: at.attention.map(({ watcher, told, since }) => ({ watcher, told, since })),
    actNow: isActNow(at),
    owner: at.owner ?? UNALLOCATED,
    nextStep: at.nextStep,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
