/** Outcomes: how referrals ended and, where outcomes are counted, what changed. No share is shown without its counts. */
import { isRejection, londonDate, type Outcome } from '@waymark/kernel';
import type { Count, Projection, ReadModels } from '@waymark/projections';
import type { DischargeEvent, ReferralEvent, TriageEvent } from '@waymark/referral';
import { STRATA, type Stratum } from '@waymark/rules';
import { sql, type RawBuilder } from 'kysely';
import { all, answer, CODE, conditionsOf, day, matching, oneOf, pageOf, pathOf, readRequest, yesOrNo } from './list';
import type { Figure, Filters, ListAnswer, ListRequest } from './list';
import { NEVER_WAS, onEvents, type Recorded } from './on-events';

type Pairs = Extract<DischargeEvent, { type: 'Discharged' }>['data']['pairs'];
/** Better: an important change for the better and none for the worse. Worse: any for the worse. */
export const CHANGES = ['better', 'same', 'worse'] as const;
export type Change = (typeof CHANGES)[number];

export interface OutcomeRow {
  readonly service: string;
  readonly reference: string;
  readonly stratum: Stratum;
  /** A clinician has decided the stratum; later suggestions do not move it. */
  readonly decided: 0 | 1;
  /** London date; `null` as long as the referral is open. */
  readonly endedOn: string | null;
  readonly reason: string | null;
  readonly destination: string | null;
  /** Outcomes are counted for this ending. */
  readonly eligible: 0 | 1;
  readonly paired: 0 | 1;
  readonly change: Change | null;
  readonly noOutcomeReason: string | null;
  readonly pairs: Pairs;
}

type EndingEvent =
  | Exclude<ReferralEvent, { type: 'InformationAdded' }>
  | Exclude<TriageEvent, { type: 'ReferralClaimed' | 'ReferralRedirected' }>
  | DischargeEvent;

const folds: Readonly<Record<EndingEvent['type'], true>> = {
  ReferralReceived: true,
  ReferralStratified: true,
  ReferralLinkedAsDuplicate: true,
  ReferralWithdrawn: true,
  ReferralEnteredInError: true,
  DeathRecorded: true,
  ReferralAccepted: true,
  ReferralReturnedWithAdvice: true,
  ReferralDeclined: true,
  Discharged: true,
};

export const outcomes: Projection<OutcomeRow> = {
  name: 'outcomes',
  version: 1,
  table: {
    columns: {
      service: { type: 'text' },
      reference: { type: 'text' },
      stratum: { type: 'text' },
      decided: { type: 'integer' },
      endedOn: { type: 'text', nullable: true },
      reason: { type: 'text', nullable: true },
      destination: { type: 'text', nullable: true },
      eligible: { type: 'integer' },
      paired: { type: 'integer' },
      change: { type: 'text', nullable: true },
      noOutcomeReason: { type: 'text', nullable: true },
      pairs: { type: 'json' },
    },
    indexes: [{ columns: ['service', 'endedOn', 'reference'], where: 'endedOn is not null' }],
  },
  key: (event) => event.stream,
  on: onEvents(folds, evolve),
  neverWas: NEVER_WAS,
};

function evolve(row: OutcomeRow | undefined, event: Recorded<EndingEvent>): OutcomeRow | undefined {
  if (event.type === 'ReferralReceived') return received(event);
  if (row === undefined) return undefined;
  switch (event.type) {
    case 'ReferralStratified':
      return row.decided ? row : { ...row, stratum: event.data.stratum };
    case 'ReferralAccepted':
      return { ...row, stratum: event.data.stratum, decided: 1 };
    case 'ReferralLinkedAsDuplicate':
      // The person's need goes on in the other referral: nothing has ended.
      return undefined;
    case 'ReferralWithdrawn':
    case 'ReferralEnteredInError':
    case 'ReferralReturnedWithAdvice':
    case 'ReferralDeclined':
      return uncounted(row, event, event.data.reason);
    case 'DeathRecorded':
      return row.endedOn === null ? uncounted(row, event, 'died') : row;
    case 'Discharged':
      return discharged(row, event);
  }
}

function received(event: Recorded<Extract<EndingEvent, { type: 'ReferralReceived' }>>): OutcomeRow {
  return {
    service: event.meta.service,
    reference: event.data.reference,
    stratum: 'wider',
    decided: 0,
    endedOn: null,
    reason: null,
    destination: null,
    eligible: 0,
    paired: 0,
    change: null,
    noOutcomeReason: null,
    pairs: [],
  };
}

function uncounted(row: OutcomeRow, event: { readonly occurredAt: string }, reason: string): OutcomeRow {
  return {
    ...row,
    endedOn: londonDate(event.occurredAt),
    reason,
    destination: null,
    eligible: 0,
    paired: 0,
    change: null,
    noOutcomeReason: null,
    pairs: [],
  };
}

function discharged(row: OutcomeRow, { data, occurredAt }: Recorded<DischargeEvent>): OutcomeRow {
  const counts = data.eligible && data.pairs.length > 0;
  return {
    ...row,
    endedOn: londonDate(occurredAt),
    reason: data.reason,
    destination: data.destination,
    eligible: data.eligible ? 1 : 0,
    paired: counts ? 1 : 0,
    change: counts ? changeOf(data.pairs) : null,
    noOutcomeReason: data.noOutcomeReason ?? null,
    pairs: data.pairs,
  };
}

function changeOf(pairs: Pairs): Change {
  if (pairs.some(({ important }) => important === 'worse')) return 'worse';
  return pairs.some(({ important }) => important === 'better') ? 'better' : 'same';
}

export interface OutcomeItem {
  readonly reference: string;
  readonly stratum: Stratum;
  readonly endedOn: string;
  readonly reason: string;
  readonly destination?: string;
  readonly pairs: Pairs;
  readonly noOutcomeReason?: string;
}

/** Of one stratum, in the period that the list shows. */
export interface OutcomeSummary {
  readonly stratum: Stratum;
  readonly ended: Figure;
  readonly eligible: Figure;
  readonly paired: Figure;
  /** Paired of eligible, in per cent; absent when nobody is eligible. */
  readonly completePercent?: number;
  readonly improved: Figure;
  readonly same: Figure;
  readonly worsened: Figure;
  /** Stands where a comparison would. */
  readonly comparison?: typeof TOO_INCOMPLETE;
  readonly byReason: readonly (Figure & { readonly reason: string })[];
  readonly byDestination: readonly (Figure & { readonly destination: string })[];
}

export const TOO_INCOMPLETE = 'too incomplete to compare';
/** Per cent of the eligible with a pair. A local default (rules-and-defaults 1.17), not a standard. */
export const COMPLETE_ENOUGH = 60;

const filters: Filters = {
  stratum: oneOf('stratum', STRATA),
  reason: matching('reason', CODE, 'Use a reason code of /api/v1/codes'),
  destination: matching('destination', CODE, 'Use a destination code of /api/v1/codes'),
  noOutcomeReason: matching('noOutcomeReason', CODE, 'Use a reason code of /api/v1/codes'),
  eligible: yesOrNo('eligible'),
  paired: yesOrNo('paired'),
  change: oneOf('change', CHANGES),
  endedFrom: day('endedOn', '>='),
  endedTo: day('endedOn', '<='),
};
export const outcomesFilters = Object.keys(filters);

/** Referrals that have ended, the latest first; the summary is of everything that ended in the period. */
export async function outcomesPage(
  readSide: ReadModels,
  request: ListRequest,
): Promise<Outcome<ListAnswer<OutcomeItem, readonly OutcomeSummary[]>>> {
  const asked = readRequest(request, filters, ['text', 'text']);
  if (isRejection(asked)) return asked;
  const table = sql.table(readSide.tableOf(outcomes.name));
  const ended = [sql`service = ${request.service}`, sql`endedOn is not null`];
  const { endedFrom, endedTo } = asked.given;
  const period = { ...(endedFrom ? { endedFrom } : {}), ...(endedTo ? { endedTo } : {}) };
  const conditions = [...ended, ...conditionsOf(filters, asked.given)];
  const from = asked.key ?? ['9999', ''];

  const { page, ...rest } = await answer(readSide, [outcomes.name], request.after, async (db, _asAt, count) => {
    const rows = await sql<PageRow>`
      select reference, stratum, endedOn, reason, destination, pairs, noOutcomeReason from ${table}
      where ${all(conditions)} and (endedOn, reference) < (${sql.join(from)})
      order by endedOn desc, reference desc limit ${asked.limit + 1}`.execute(db);
    const total = await count(sql<{ n: number }>`select count(*) as n from ${table} where ${all(conditions)}`);
    return {
      ...pageOf(rows.rows, 'outcomes', request, asked.limit, (row) => [row.endedOn, row.reference]),
      total: total[0]!.n,
      summary: await summaryOf(count, table, request, all([...ended, ...conditionsOf(filters, period)]), period),
    };
  });
  return { asAt: rest.asAt, stale: rest.stale, total: rest.total, summary: rest.summary, items: page.map(itemOf), next: rest.next };
}

interface PageRow {
  readonly reference: string;
  readonly stratum: Stratum;
  readonly endedOn: string;
  readonly reason: string;
  readonly destination: string | null;
  readonly pairs: string;
  readonly noOutcomeReason: string | null;
}

interface Group {
  readonly stratum: Stratum;
  readonly reason: string;
  readonly destination: string | null;
  readonly eligible: 0 | 1;
  readonly paired: 0 | 1;
  readonly change: Change | null;
  readonly n: number;
}

async function summaryOf(
  count: Count,
  table: RawBuilder<unknown>,
  request: ListRequest,
  ended: RawBuilder<unknown>,
  period: Record<string, string[]>,
): Promise<OutcomeSummary[]> {
  const rows = await count(sql<Group>`
    select stratum, reason, destination, eligible, paired, change, count(*) as n from ${table}
    where ${ended} group by stratum, reason, destination, eligible, paired, change`);
  return STRATA.map((stratum) =>
    stratumSummary(
      stratum,
      rows.filter((row) => row.stratum === stratum),
      (parameters) => pathOf('outcomes', request, { stratum, ...parameters, ...period }),
    ),
  );
}

function stratumSummary(stratum: Stratum, groups: readonly Group[], path: (parameters: Record<string, string>) => string): OutcomeSummary {
  const figure = (of: readonly Group[], parameters: Record<string, string>): Figure => ({
    value: of.reduce((total, { n }) => total + n, 0),
    items: path(parameters),
  });
  const changed = (change: Change) =>
    figure(
      groups.filter((group) => group.change === change),
      { change },
    );
  const eligible = figure(
    groups.filter((group) => group.eligible),
    { eligible: 'true' },
  );
  const paired = figure(
    groups.filter((group) => group.paired),
    { paired: 'true' },
  );
  const percent = eligible.value === 0 ? undefined : Math.floor((100 * paired.value) / eligible.value);
  return {
    stratum,
    ended: figure(groups, {}),
    eligible,
    paired,
    ...(percent === undefined ? {} : { completePercent: percent }),
    improved: changed('better'),
    same: changed('same'),
    worsened: changed('worse'),
    ...(percent === undefined || percent < COMPLETE_ENOUGH ? { comparison: TOO_INCOMPLETE } : {}),
    byReason: distinct(groups.map(({ reason }) => reason)).map((reason) => ({
      reason,
      ...figure(
        groups.filter((group) => group.reason === reason),
        { reason },
      ),
    })),
    byDestination: distinct(groups.flatMap(({ destination }) => destination ?? [])).map((destination) => ({
      destination,
      ...figure(
        groups.filter((group) => group.destination === destination),
        { destination },
      ),
    })),
  };
}

function distinct(codes: readonly string[]): string[] {
  return [...new Set(codes)].sort();
}

function itemOf(row: PageRow): OutcomeItem {
  return {
    reference: row.reference,
    stratum: row.stratum,
    endedOn: row.endedOn,
    reason: row.reason,
    ...(row.destination === null ? {} : { destination: row.destination }),
    pairs: JSON.parse(row.pairs) as Pairs,
    ...(row.noOutcomeReason === null ? {} : { noOutcomeReason: row.noOutcomeReason }),
  };
}
