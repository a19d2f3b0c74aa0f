import { isRejection, type Outcome } from '@waymark/kernel';
import type { ReadSide } from '@waymark/projections';
import { foldRows } from '@waymark/projections/testing';
import { placeOf } from '@waymark/referral';
import type { ListRequest } from './list';
import { outcomes, outcomesPage, TOO_INCOMPLETE } from './outcomes';
import { references } from './references';
import { plansOf } from './testing/plans';
import { ASHA, closeReadSides, MARKER, readSideOf, Story, type Told } from './testing/told';

afterEach(closeReadSides);
const sideOf = (story: Story) => readSideOf(story, [outcomes]);

const NOW = '2026-11-24T10:00:00.000Z';
const DUE = '2026-12-04T17:00:00.000Z';
const better = { instrument: 'phq-9', variant: 'standard', baseline: 18, final: 9, change: -9, important: 'better' as const };
const worse = { ...better, baseline: 9, final: 18, change: 9, important: 'worse' as const };
const same = { ...better, final: 17, change: -1, important: 'no' as const };

async function page(readSide: ReadSide, request: Partial<ListRequest> = {}) {
  const outcome: Outcome<Extract<Awaited<ReturnType<typeof outcomesPage>>, { items: unknown }>> = await outcomesPage(readSide, {
    service: 'northbank',
    now: NOW,
    ...request,
  });
  if (isRejection(outcome)) throw new Error(`${outcome.code} ${outcome.path}`);
  return outcome as Extract<typeof outcome, { items: unknown }>;
}

function filtersOf(path: string): Record<string, string> {
  const { service: _service, ...filters } = Object.fromEntries(new URL(path, 'http://waymark').searchParams);
  return filters;
}

/** Every way in which a referral ends, by what it is called. */
const endings: Record<string, (story: Story, told: Told) => void> = {
  withdrawn: (_, told) => told.then('ReferralWithdrawn', { by: 'person', reason: 'no-longer-wanted' }, DUE),
  'entered-in-error': (_, told) => told.then('ReferralEnteredInError', { reason: 'wrong-person' }, DUE),
  died: (_, told) => told.then('DeathRecorded', {}, DUE),
  'returned-with-advice': (_, told) =>
    told.then('ReferralReturnedWithAdvice', { practitionerId: ASHA, reason: 'advice-is-enough', advice: MARKER as never }, DUE),
  declined: (_, told) =>
    told.then(
      'ReferralDeclined',
      { practitionerId: ASHA, reason: 'nothing-an-ot-does', criterion: 'nothing-an-ot-does', alternative: 'social-care' },
      DUE,
    ),
  discharged: (story, told) => story.discharged(told, { at: DUE }),
};

describe('an ending', () => {
  it.each(Object.keys(endings))('%s is one outcome, on the day and for the reason that the referral itself tells', async (how) => {
    const story = new Story();
    const told = story.received();
    endings[how]!(story, told);

    const { items, total } = await page(sideOf(story));

    const { ended, stratum } = placeOf(story.events)!;
    expect(total).toBe(1);
    expect(items[0]).toMatchObject({ reference: told.reference, stratum, endedOn: ended!.on, reason: ended!.reason });
    expect(items[0]!.destination).toBe(ended!.destination);
    expect([...foldRows(references, story.events).values()]).toMatchObject([{ ended: 1, endedOn: ended!.on }]);
  });

  it.each(Object.keys(endings).flatMap((first) => Object.keys(endings).map((then) => [first, then])))(
    'is told as the referral tells it when %s is followed by %s',
    (first, then) => {
      const story = new Story();
      const told = story.received();
      endings[first!]!(story, told);
      endings[then!]!(story, told);

      const { ended } = placeOf(story.events)!;
      expect([...foldRows(outcomes, story.events).values()]).toMatchObject([
        { endedOn: ended!.on, reason: ended!.reason, destination: ended!.destination ?? null },
      ]);
    },
  );

  it('is none while the referral is open, handed over, or linked to another in which the need goes on', async () => {
    const story = new Story();
    story.received().accepted('routine', DUE);
    story.received().then('ReferralRedirected', { practitionerId: ASHA, to: 'memory-clinic', reason: 'better-placed', acceptanceDue: DUE });
    const first = story.received();
    story.received().then('ReferralLinkedAsDuplicate', { to: first.referralId, toReference: first.reference } as never);

    expect(await page(sideOf(story))).toMatchObject({ total: 0, items: [] });
  });

  it('counts where the clinician decided the person belongs, not where the rules first thought', async () => {
    const story = new Story();
    const told = story.received({ stratum: 'frailty' }).accepted('routine', DUE, { stratum: 'work' });
    told.then('ReferralStratified', {
      ...(story.events[1]!.data as never as Parameters<typeof told.then<'ReferralStratified'>>[1]),
      because: 'information-added',
    });
    story.discharged(told);

    expect((await page(sideOf(story))).items).toMatchObject([{ stratum: 'work' }]);
  });
});

describe('a page of outcomes', () => {
  it('shows the pairs or why there are none, the latest ending first', async () => {
    const story = new Story();
    const [early, late] = [story.received(), story.received()];
    story.discharged(early, { at: '2026-11-10T10:00:00.000Z', eligible: true, noOutcomeReason: 'too-unwell' });
    story.discharged(late, { at: '2026-11-20T10:00:00.000Z', pairs: [better] });

    const { items, asAt, stale } = await page(sideOf(story));

    expect(items).toEqual([
      { reference: late.reference, stratum: 'frailty', endedOn: '2026-11-20', reason: 'goals-met', destination: 'gp', pairs: [better] },
      {
        reference: early.reference,
        stratum: 'frailty',
        endedOn: '2026-11-10',
        reason: 'goals-met',
        destination: 'gp',
        pairs: [],
        noOutcomeReason: 'too-unwell',
      },
    ]);
    expect({ asAt, stale }).toEqual({
      asAt: { position: story.events.at(-1)!.position, recordedAt: story.events.at(-1)!.recordedAt },
      stale: false,
    });
  });

  it('goes on where it stopped and misses none of one day', async () => {
    const story = new Story();
    const all = [1, 2, 3, 4, 5].map(() => story.received());
    for (const told of all) story.discharged(told);
    const readSide = sideOf(story);

    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const answer: Awaited<ReturnType<typeof page>> = await page(readSide, { limit: 2, ...(cursor ? { cursor } : {}) });
      seen.push(...answer.items.map(({ reference }) => reference));
      cursor = answer.next && new URL(answer.next, 'http://waymark').searchParams.get('cursor');
    }

    expect(seen.sort()).toEqual(all.map(({ reference }) => reference).sort());
  });

  it.each([
    [{ reason: 'Not A Code' }, 'unknown-code', '?reason'],
    [{ change: 'improved' }, 'unknown-code', '?change'],
    [{ endedFrom: 'last month' }, 'unknown-code', '?endedFrom'],
    [{ clinician: 'x' }, 'unknown-parameter', '?clinician'],
  ])('refuses the filter %j by name', async (filters, code, path) => {
    expect(await outcomesPage(sideOf(new Story()), { service: 'northbank', now: NOW, filters })).toMatchObject({
      rejected: true,
      code,
      path,
    });
  });

  it('reads by index', async () => {
    const readSide = sideOf(new Story());
    for (const { statement, plan } of await plansOf(readSide, (watched) => page(watched))) {
      expect([statement, plan]).toEqual([statement, expect.stringMatching(/SEARCH .*USING (COVERING )?INDEX outcomes_v1_1 \(service=\?/)]);
    }
  });
});

describe('the summary of outcomes', () => {
  const told = (pairs: (typeof better | typeof worse | typeof same)[], more: object = {}) => ({ pairs, ...more });
  const frailty = (story: Story, ...discharges: object[]) => {
    for (const discharge of discharges) story.discharged(story.received(), discharge);
  };

  it('prints eligible, paired, better, same and worse together; any change for the worse is worse', async () => {
    const story = new Story();
    frailty(
      story,
      told([better]),
      told([same]),
      told([worse]),
      told([better, worse]),
      told([better, same]),
      told([]),
      told([better], { eligible: false }),
    );

    const { summary } = await page(sideOf(story));
    const row = summary.find(({ stratum }) => stratum === 'frailty')!;

    expect([row.ended.value, row.eligible.value, row.paired.value, row.completePercent]).toEqual([7, 6, 5, 83]);
    expect([row.improved.value, row.same.value, row.worsened.value]).toEqual([2, 1, 2]);
    expect(row).not.toHaveProperty('comparison');
  });

  it.each([
    [59, [...Array(10).fill(told([better])), ...Array(7).fill(told([]))], TOO_INCOMPLETE],
    [60, [...Array(3).fill(told([better])), ...Array(2).fill(told([]))], undefined],
    [undefined, [told([], { eligible: false })], TOO_INCOMPLETE],
    [undefined, [], TOO_INCOMPLETE],
  ])('at %s per cent complete', async (percent, discharges, comparison) => {
    const story = new Story();
    frailty(story, ...discharges);
    story.received();

    const row = (await page(sideOf(story))).summary.find(({ stratum }) => stratum === 'frailty')!;

    // 10 of 17 is 58.8: shown as less, never as more.
    expect(row.completePercent).toBe(percent === 59 ? 58 : percent);
    expect(row.comparison).toBe(comparison);
  });

  it('opens every figure to exactly the referrals it counts', async () => {
    const story = new Story();
    frailty(story, told([better]), told([same]), told([worse]), told([]), told([], { reason: 'moved-away', destination: 'other-service' }));
    story.discharged(story.received({ stratum: 'work' }), { pairs: [better] });
    endings['withdrawn']!(story, story.received());
    const readSide = sideOf(story);

    const { summary } = await page(readSide);
    expect(summary.map(({ stratum, ended }) => [stratum, ended.value])).toEqual([
      ['frailty', 6],
      ['mental-health', 0],
      ['work', 1],
      ['wider', 0],
    ]);
    for (const row of summary) {
      for (const figure of [
        row.ended,
        row.eligible,
        row.paired,
        row.improved,
        row.same,
        row.worsened,
        ...row.byReason,
        ...row.byDestination,
      ]) {
        const opened = await page(readSide, { filters: filtersOf(figure.items) });
        expect([figure.items, opened.total, opened.items.length]).toEqual([figure.items, figure.value, figure.value]);
      }
    }
    expect(summary[0]!.byReason.map(({ reason, value }) => [reason, value])).toEqual([
      ['goals-met', 4],
      ['moved-away', 1],
      ['no-longer-wanted', 1],
    ]);
    expect(summary[0]!.byDestination.map(({ destination, value }) => [destination, value])).toEqual([
      ['gp', 4],
      ['other-service', 1],
    ]);
  });

  it('is of the period that the list shows, and so are the lists its figures open', async () => {
    const story = new Story();
    frailty(
      story,
      told([better], { at: '2026-10-31T12:00:00.000Z' }),
      told([better], { at: '2026-11-01T12:00:00.000Z' }),
      told([], { at: '2026-11-30T12:00:00.000Z' }),
    );
    const readSide = sideOf(story);

    const answer = await page(readSide, { filters: { endedFrom: '2026-11-01', endedTo: '2026-11-30', paired: 'true' } });

    expect(answer.total).toBe(1);
    const row = answer.summary.find(({ stratum }) => stratum === 'frailty')!;
    expect([row.ended.value, row.paired.value]).toEqual([2, 1]);
    expect((await page(readSide, { filters: filtersOf(row.ended.items) })).total).toBe(2);
  });

  it('never mixes two services', async () => {
    const story = new Story();
    story.discharged(story.received({ service: 'southbank' }), { pairs: [better] });
    const readSide = sideOf(story);

    const here = await page(readSide);
    expect([here.total, ...here.summary.map(({ ended }) => ended.value)]).toEqual([0, 0, 0, 0, 0]);
    expect((await page(readSide, { service: 'southbank' })).total).toBe(1);
  });
});

it('holds nothing that was sealed, and has no column for it', () => {
  const story = new Story();
  story.discharged(story.received().accepted('routine', DUE), { pairs: [better] });
  endings['returned-with-advice']!(story, story.received());

  expect(JSON.stringify([...foldRows(outcomes, story.events)])).not.toContain(MARKER);
  expect(Object.keys(outcomes.table.columns).join(' ')).not.toMatch(/name|birth|nhs|address|telecom|phone|words|summary/i);
});
