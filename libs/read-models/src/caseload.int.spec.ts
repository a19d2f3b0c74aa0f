import { isRejection, type Outcome } from '@waymark/kernel';
import type { ReadSide } from '@waymark/projections';
import { foldRows } from '@waymark/projections/testing';
import { caseload, caseloadPage, LOCAL_WEIGHTING, weekOf, type CaseloadRequest } from './caseload';
import { plansOf } from './testing/plans';
import { ASHA, BEN, closeReadSides, MARKER, readSideOf, Story } from './testing/told';

afterEach(closeReadSides);
const sideOf = (story: Story) => readSideOf(story, [caseload]);

/** A Tuesday. */
const NOW = '2026-11-24T10:00:00.000Z';
const DUE = '2026-12-04T17:00:00.000Z';

function granted<T>(outcome: Outcome<T>): T {
  if (isRejection(outcome)) throw new Error(`${outcome.code} ${outcome.path}`);
  return outcome as T;
}

async function page(readSide: ReadSide, request: Partial<CaseloadRequest> = {}) {
  return granted(await caseloadPage(readSide, { service: 'northbank', now: NOW, weeklyContacts: 32, ...request }));
}

function filtersOf(path: string): Record<string, string> {
  const { service: _service, ...filters } = Object.fromEntries(new URL(path, 'http://waymark').searchParams);
  return filters;
}

describe('whose a referral is', () => {
  it('is nobody until somebody claims it, then who claimed it, then who accepted it', async () => {
    const story = new Story();
    const told = story.received();
    const readSide = sideOf(story);
    expect((await page(readSide)).items).toMatchObject([
      { reference: told.reference, owner: 'unallocated', stage: 'triage', since: '2026-11-02' },
    ]);

    told.then('ReferralClaimed', { practitionerId: BEN, until: NOW }, '2026-11-03T09:00:00.000Z');
    expect((await page(readSide)).items).toMatchObject([{ owner: BEN, stage: 'triage', since: '2026-11-03' }]);

    told.accepted('routine', DUE, { by: ASHA, at: '2026-11-05T09:00:00.000Z' });
    expect((await page(readSide)).items).toMatchObject([
      { owner: ASHA, stage: 'waiting', since: '2026-11-05', contacts: { used: 0, allowed: 6 } },
    ]);

    told.booked('2026-11-26T10:00:00.000Z');
    expect((await page(readSide)).items).toMatchObject([{ owner: ASHA, stage: 'booked', since: '2026-11-05' }]);
  });

  it('is nobody’s any more once it has ended', async () => {
    const story = new Story();
    const told = story.received().accepted('routine', DUE);
    const readSide = sideOf(story);
    expect((await page(readSide)).total).toBe(1);

    story.discharged(told);

    expect(await page(readSide)).toMatchObject({ total: 0, items: [] });
  });
});

describe('a page of the caseload', () => {
  it('names the next appointment that is still to come, and leaves it out when there is none', async () => {
    const story = new Story();
    story
      .received()
      .accepted('routine', DUE)
      .booked('2026-11-20T10:00:00.000Z')
      .attended()
      .booked('2026-12-08T10:00:00.000Z', { by: BEN })
      .booked('2026-12-01T10:00:00.000Z');
    const none = story.received().accepted('routine', DUE, { by: BEN });

    const { items } = await page(sideOf(story));

    expect(items.find(({ owner }) => owner === ASHA)).toMatchObject({
      contacts: { used: 1, allowed: 6 },
      nextAppointment: { start: '2026-12-01T10:00:00.000Z', type: 'first', place: 'Elm Road', practitioner: ASHA },
    });
    expect(items.find(({ reference }) => reference === none.reference)).not.toHaveProperty('nextAppointment');
  });

  it('goes on where it stopped, owner by owner, and misses nobody', async () => {
    const story = new Story();
    const all = [ASHA, BEN, ASHA, BEN, ASHA].map((by) => story.received().accepted('routine', DUE, { by }).reference);
    const readSide = sideOf(story);

    const seen: { reference: string; owner: string }[] = [];
    for (let cursor: string | undefined | null = undefined; cursor !== null;) {
      const answer: Awaited<ReturnType<typeof page>> = await page(readSide, { limit: 2, ...(cursor ? { cursor } : {}) });
      seen.push(...answer.items);
      cursor = answer.next && new URL(answer.next, 'http://waymark').searchParams.get('cursor');
    }

    expect(seen.map(({ reference }) => reference).sort()).toEqual(all.sort());
    expect(seen.map(({ owner }) => owner)).toEqual(seen.map(({ owner }) => owner).sort());
  });

  it.each([
    [{ owner: 'nobody' }, 'unknown-code', '?owner'],
    [{ contacts: 'this week' }, 'unknown-code', '?contacts'],
    [{ contacts: '2026-02-30' }, 'unknown-code', '?contacts'],
    [{ contacts: '2026-11-24:somebody' }, 'unknown-code', '?contacts'],
    [{ priority: 'urgent' }, 'unknown-parameter', '?priority'],
  ])('refuses the filter %j by name', async (filters, code, path) => {
    expect(await caseloadPage(sideOf(new Story()), { service: 'northbank', now: NOW, weeklyContacts: 32, filters })).toMatchObject({
      rejected: true,
      code,
      path,
    });
  });

  it('finds owners, totals and contacts by index, however many referrals have ended', async () => {
    const readSide = sideOf(new Story());

    const plans = await plansOf(readSide, (watched) => page(watched));

    expect(plans.length).toBe(4);
    for (const { statement, plan } of plans) {
      expect([statement, plan]).toEqual([
        statement,
        expect.stringMatching(/SEARCH .*USING (COVERING )?INDEX caseload_v2_[123] \(service=\?/),
      ]);
    }
  });
});

describe('the summary of the caseload', () => {
  it('gives each owner and `unallocated` open, weighted and this week’s contacts, beside the reference line', async () => {
    const story = new Story();
    story.received({ tier: 'universal' }).accepted('routine', DUE, { tier: 'universal' });
    story.received().accepted('routine', DUE, { tier: 'specialist' }).booked('2026-11-23T10:00:00.000Z').attended();
    story.received().accepted('routine', DUE, { by: BEN });
    story.received();

    const { summary } = await page(sideOf(story));

    expect(
      summary.map(({ owner, open, weighted, contactsThisWeek, weeklyContacts }) => [
        owner,
        open.value,
        weighted.value,
        contactsThisWeek.value,
        weeklyContacts,
      ]),
    ).toEqual(
      [
        [ASHA, 2, 3, 1, 32],
        [BEN, 1, 1.5, 0, 32],
        ['unallocated', 1, 1.5, 0, 0],
      ].sort(),
    );
    expect(summary[0]!.weighting).toEqual({ universal: 1, targeted: 1.5, specialist: 2, source: 'local default' });
  });

  it('weighs as the service says, when it says so', async () => {
    const story = new Story();
    story.received().accepted('routine', DUE, { tier: 'specialist' });

    const { summary } = await page(sideOf(story), { weighting: { ...LOCAL_WEIGHTING, specialist: 3, source: 'settings' } });

    expect(summary.find(({ owner }) => owner === ASHA)).toMatchObject({ weighted: { value: 3 }, weighting: { source: 'settings' } });
  });

  it('counts a contact for who saw the person, in the London week of the appointment, also when the referral has ended since', async () => {
    const story = new Story();
    const told = story.received().accepted('routine', DUE, { by: ASHA }).booked('2026-11-23T10:00:00.000Z', { by: BEN }).attended();
    story.discharged(told);
    // Sunday 23:30 UTC before is Sunday in London too; the Monday after has not come.
    story.received().accepted('routine', DUE).booked('2026-11-22T23:30:00.000Z', { by: BEN }).attended();
    const twice = story.received().accepted('routine', DUE).booked('2026-11-24T09:00:00.000Z', { by: BEN }).attended();
    twice.booked('2026-11-24T09:30:00.000Z', { by: BEN }).attended();
    // Seen, but not one of the consultations that are counted.
    story.received().accepted('routine', DUE).booked('2026-11-24T09:00:00.000Z', { by: BEN }).attended({ counts: false });
    const readSide = sideOf(story);

    const { summary } = await page(readSide);
    const figure = summary.find(({ owner }) => owner === BEN)!.contactsThisWeek;
    expect(figure.value).toBe(3);
    expect(summary.find(({ owner }) => owner === ASHA)!.contactsThisWeek.value).toBe(0);

    const { items } = await page(readSide, { filters: filtersOf(figure.items) });
    expect(items.map(({ reference, contactsCounted }) => [reference, contactsCounted]).sort()).toEqual(
      [
        [told.reference, 1],
        [twice.reference, 2],
      ].sort(),
    );
  });

  it('opens each figure to the list it counts', async () => {
    const story = new Story();
    for (const by of [ASHA, ASHA, BEN]) story.received().accepted('routine', DUE, { by });
    story.received();
    const readSide = sideOf(story);

    for (const { open, weighted, contactsThisWeek } of (await page(readSide)).summary) {
      expect((await page(readSide, { filters: filtersOf(open.items) })).total).toBe(open.value);
      expect((await page(readSide, { filters: filtersOf(contactsThisWeek.items) })).total).toBe(0);
      expect(weighted.items).toBe(open.items);
    }
  });

  it('never mixes two services', async () => {
    const story = new Story();
    story.received({ service: 'southbank' }).accepted('routine', DUE).booked('2026-11-23T10:00:00.000Z').attended();
    const readSide = sideOf(story);

    expect(await page(readSide)).toMatchObject({ total: 0, items: [], summary: [{ owner: 'unallocated', open: { value: 0 } }] });
    expect((await page(readSide, { service: 'southbank' })).summary.find(({ owner }) => owner === ASHA)).toMatchObject({
      contactsThisWeek: { value: 1 },
    });
  });
});

it('begins a week on Monday, also across the turn of the year', () => {
  expect(['2026-11-23', '2026-11-24', '2026-11-29', '2026-11-30', '2027-01-01'].map(weekOf)).toEqual([
    '2026-11-23',
    '2026-11-23',
    '2026-11-23',
    '2026-11-30',
    '2026-12-28',
  ]);
});

it('holds nothing that was sealed, and has no column for it', () => {
  const story = new Story();
  story.discharged(story.received().accepted('routine', DUE).booked('2026-11-23T10:00:00.000Z').attended());

  expect(JSON.stringify([...foldRows(caseload, story.events)])).not.toContain(MARKER);
  expect(Object.keys(caseload.table.columns).join(' ')).not.toMatch(/name|birth|nhs|address|telecom|phone|words/i);
});
