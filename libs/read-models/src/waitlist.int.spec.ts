import { isRejection } from '@waymark/kernel';
import type { Outcome } from '@waymark/kernel';
import type { ReadSide } from '@waymark/projections';
import { foldRows } from '@waymark/projections/testing';
import { placeOf, RAISED } from '@waymark/referral';
import { PRIORITIES } from '@waymark/rules';
import fc from 'fast-check';
import { sql } from 'kysely';
import { plansOf } from './testing/plans';
import { ASHA, closeReadSides, MARKER, readSideOf, Story, type Told } from './testing/told';
import { waitlist } from './waitlist';
import { waitlistPage, type WaitlistItem, type WaitlistRequest, type WaitlistSummary } from './waitlist-page';
import type { ListAnswer } from './list';

afterEach(closeReadSides);
// Long for a machine that does much else meanwhile; nothing here waits for a clock.
jest.setTimeout(120_000);

const sideOf = (story: Story) => readSideOf(story, [waitlist]);

const NOW = '2026-11-24T10:00:00.000Z';
type Page = ListAnswer<WaitlistItem, WaitlistSummary>;

/** A caller that knows no names. */
const openPerson = async (stream: string, personId: string) => ({ name: `${stream} ${personId}`.length > 0 ? 'Somebody' : '', age: 80 });

function granted<T>(outcome: Outcome<T>): T {
  if (isRejection(outcome)) throw new Error(`${outcome.code}: ${outcome.detail} ${outcome.path}`);
  return outcome as T;
}

async function page(readSide: ReadSide, request: Partial<WaitlistRequest> = {}): Promise<Page> {
  return granted(await waitlistPage(readSide, { service: 'northbank', now: NOW, ...request }, openPerson));
}

/** The request that a path of ours stands for. */
function asked(path: string): Partial<WaitlistRequest> {
  const { service, limit, cursor, ...filters } = Object.fromEntries(new URL(path, 'http://waymark').searchParams);
  return { service: service!, ...(limit ? { limit: Number(limit) } : {}), ...(cursor ? { cursor } : {}), filters };
}

async function everyPage(readSide: ReadSide, first: Partial<WaitlistRequest>, between: () => void = () => {}): Promise<WaitlistItem[]> {
  const items: WaitlistItem[] = [];
  let next: Partial<WaitlistRequest> | undefined = first;
  while (next) {
    const answer: Page = await page(readSide, next);
    items.push(...answer.items);
    next = answer.next === null ? undefined : asked(answer.next);
    between();
  }
  return items;
}

const references = (items: readonly { reference: string }[]) => items.map(({ reference }) => reference);
const told = (...referrals: readonly Told[]) => referrals.map(({ reference }) => reference);

describe('the order of the waiting list', () => {
  it('lets an overdue routine person overtake a new soon person, and never an urgent one', async () => {
    const story = new Story();
    const newSoon = story.received({ receivedAt: '2026-11-20T09:00:00.000Z' }).accepted('soon', '2026-12-04T17:00:00.000Z');
    const overdueRoutine = story.received({ receivedAt: '2026-10-01T09:00:00.000Z' }).accepted('routine', '2026-11-12T17:00:00.000Z');
    const newUrgent = story.received({ receivedAt: '2026-11-23T09:00:00.000Z' }).accepted('urgent', '2026-11-30T17:00:00.000Z');

    const { items } = await page(sideOf(story));

    expect(references(items)).toEqual(told(newUrgent, overdueRoutine, newSoon));
    expect(items.map(({ order }) => order)).toEqual([1, 2, 3]);
  });

  it('puts an open hold before everybody, whatever its date', async () => {
    const story = new Story();
    const urgent = story.received().accepted('urgent', '2026-11-10T17:00:00.000Z');
    const held = story.received({ flags: ['safety-hold'] }).accepted('routine', '2027-01-10T17:00:00.000Z');

    const { items, summary } = await page(sideOf(story));

    expect(references(items)).toEqual(told(held, urgent));
    expect(items.map(({ actNow }) => actNow)).toEqual([true, false]);
    expect(summary.actNow.value).toBe(1);
  });

  it('asks who came first when two are due at once, and then the reference', async () => {
    const story = new Story();
    const due = '2026-12-04T17:00:00.000Z';
    const later = story.received({ receivedAt: '2026-11-05T09:00:00.000Z' }).accepted('routine', due);
    const earlier = story.received({ receivedAt: '2026-11-04T09:00:00.000Z' }).accepted('soon', due);
    const together = [1, 2, 3].map(() => story.received({ receivedAt: '2026-11-06T09:00:00.000Z' }).accepted('routine', due));

    const { items } = await page(sideOf(story));

    expect(references(items)).toEqual([...told(earlier, later), ...told(...together).sort()]);
  });

  it('orders the triage list by safety flag, then by when it has to be decided, then by receipt', async () => {
    const story = new Story();
    const dueLater = story.received({ triageDue: '2026-11-26T17:00:00.000Z' });
    const dueSoonerCameLater = story.received({ triageDue: '2026-11-25T17:00:00.000Z', receivedAt: '2026-11-03T09:00:00.000Z' });
    const dueSooner = story.received({ triageDue: '2026-11-25T17:00:00.000Z', receivedAt: '2026-11-02T08:00:00.000Z' });
    const flagged = story.received({ triageDue: '2026-11-30T17:00:00.000Z', flags: ['safety-conversation'] });
    const crisis = story.received({ triageDue: '2026-11-29T17:00:00.000Z', priority: 'crisis' });

    const { items } = await page(sideOf(story), { filters: { stage: 'triage' } });

    expect(references(items)).toEqual(told(crisis, flagged, dueSooner, dueSoonerCameLater, dueLater));
    expect(items[0]).toMatchObject({ stage: 'triage', due: '2026-11-29T17:00:00.000Z', order: 1, owner: 'unallocated' });
  });

  it('keeps the position in the whole list when a filter shows part of it', async () => {
    const story = new Story();
    const [, second, , fourth] = [10, 11, 12, 13].map((day) =>
      story.received({ stratum: day % 2 ? 'work' : 'frailty' }).accepted('routine', `2026-12-${day}T17:00:00.000Z`),
    );

    const answer = await page(sideOf(story), { filters: { stratum: 'work' } });

    expect(references(answer.items)).toEqual(told(second!, fourth!));
    expect(answer.items.map(({ order }) => order)).toEqual([2, 4]);
    expect(answer.total).toBe(2);
  });
});

describe('who is on the waiting list', () => {
  it('is everybody accepted and untreated: unbooked, booked, seen for assessment only', async () => {
    const story = new Story();
    const due = '2026-12-04T17:00:00.000Z';
    const unbooked = story.received().accepted('routine', due);
    const booked = story.received().accepted('routine', due).booked('2026-12-01T10:00:00.000Z');
    const assessed = story.received().accepted('routine', due).booked('2026-11-20T10:00:00.000Z').attended();
    const untriaged = story.received();
    const treated = story.received().accepted('routine', due).then('TreatmentStarted', { practitionerId: ASHA, intervention: 'equipment' });

    const { items, total } = await page(sideOf(story));

    expect(references(items).sort()).toEqual(told(unbooked, booked, assessed).sort());
    expect(total).toBe(3);
    expect(references(items)).not.toContain(untriaged.reference);
    expect(references(items)).not.toContain(treated.reference);
  });

  it('leaves out a withdrawn referral at once', async () => {
    const story = new Story();
    const stays = story.received().accepted('routine', '2026-12-04T17:00:00.000Z');
    const goes = story.received().accepted('routine', '2026-12-03T17:00:00.000Z');
    const readSide = sideOf(story);
    expect((await page(readSide)).total).toBe(2);

    goes.then('ReferralWithdrawn', { by: 'person', reason: 'no-longer-wanted' });

    expect(references((await page(readSide)).items)).toEqual(told(stays));
  });

  it('keeps no row of a referral that has ended', () => {
    const story = new Story();
    story.discharged(story.received().accepted('routine', '2026-12-04T17:00:00.000Z'));
    const late = story.received();
    late.then('ReferralEnteredInError', { reason: 'wrong-person' }).then('MeasureRecorded', {
      instrument: 'phq-9',
      variant: 'standard',
      value: 3,
      on: '2026-11-20',
      completedBy: 'person',
      occasion: 'review',
    });

    expect([...foldRows(waitlist, story.events).keys()]).toEqual([]);
  });

  it('never mixes two services', async () => {
    const story = new Story();
    const ours = story.received().accepted('routine', '2026-12-04T17:00:00.000Z');
    const theirs = story.received({ service: 'southbank' }).accepted('routine', '2026-12-03T17:00:00.000Z');
    story.received({ service: 'southbank' });
    const readSide = sideOf(story);

    const here = await page(readSide);
    const there = await page(readSide, { service: 'southbank' });

    expect([references(here.items), here.total, here.summary.everyoneWaiting.value]).toEqual([told(ours), 1, 1]);
    expect([references(there.items), there.total, there.summary.everyoneWaiting.value]).toEqual([told(theirs), 1, 2]);
    expect(here.items[0]!.order).toBe(1);
  });
});

describe('a page of the waiting list', () => {
  it('shows what the contract names, and the wait in London days', async () => {
    const story = new Story();
    // 23:30 UTC on 23 October is already the 24th in London.
    const told = story
      .received({ receivedAt: '2026-10-23T23:30:00.000Z', source: 'gp', flags: ['carer'] })
      .accepted('soon', '2026-12-04T17:00:00.000Z', { stratum: 'work', tier: 'specialist' });

    const answer = await page(sideOf(story));

    expect(answer.items).toEqual([
      {
        reference: told.reference,
        stage: 'waiting',
        person: { name: 'Somebody', age: 80 },
        source: 'gp',
        stratum: 'work',
        tier: 'specialist',
        priority: 'soon',
        clock: 'running',
        clockStart: '2026-10-24',
        waitDays: 31,
        waitDaysLessChosenDelay: 31,
        due: '2026-12-04T17:00:00.000Z',
        order: 1,
        flags: ['carer'],
        attention: [],
        actNow: false,
        owner: ASHA,
        nextStep: { what: expect.any(String), who: 'service', by: '2026-12-04' },
      },
    ]);
    expect(Object.keys(answer)).toEqual(['asAt', 'stale', 'total', 'summary', 'items', 'next']);
    expect(answer.asAt).toEqual({ position: story.events.at(-1)!.position, recordedAt: story.events.at(-1)!.recordedAt });
    expect(answer).toMatchObject({ stale: false, next: null });
  });

  it('marks whoever somebody was told of, says of what, and finds them, until it has happened', async () => {
    const story = new Story();
    const due = '2026-12-04T17:00:00.000Z';
    const about = { watcher: 'not-booked' as const, told: 'booking-desk' as const, since: due };
    const [open, settled] = [story.received().accepted('routine', due), story.received().accepted('routine', due)];
    for (const told of [open, settled]) told.then('AttentionNeeded', about);
    settled.booked('2026-12-07T10:00:00.000Z');
    const readSide = sideOf(story);

    expect((await page(readSide)).items.map(({ flags, attention }) => ({ flags, attention }))).toEqual([
      { flags: ['attention'], attention: [about] },
      { flags: [], attention: [] },
    ]);
    expect(references((await page(readSide, { filters: { flag: 'attention' } })).items)).toEqual([open.reference]);
  });

  it('counts everybody whose clock runs by place, and each figure opens the very list it counts', async () => {
    const story = new Story();
    const due = '2026-12-04T17:00:00.000Z';
    story.received();
    story.received({ flags: ['safety'] });
    story.received().then('ReferralRedirected', { practitionerId: ASHA, to: 'memory-clinic', reason: 'better-placed', acceptanceDue: due });
    story.received().accepted('routine', due);
    story.received().accepted('urgent', due).booked('2026-12-01T10:00:00.000Z');
    story.received({ flags: ['agreement-outstanding'] }).accepted('routine', due);
    story.received({ priority: 'crisis' });
    story.received().accepted('routine', due).then('TreatmentStarted', { practitionerId: ASHA, intervention: 'equipment' });
    const raised = story.received().accepted('routine', due);
    raised.then('ReferralStratified', {
      ...(story.events[1]!.data as never as Parameters<typeof raised.then<'ReferralStratified'>>[1]),
      priority: 'urgent',
      because: 'information-added',
    });
    const readSide = sideOf(story);

    const { summary } = await page(readSide);

    expect(Object.fromEntries(summary.everyoneWaiting.byPlace.map(({ place, value }) => [place, value]))).toEqual({
      triage: 3,
      agreement: 1,
      information: 0,
      deferred: 0,
      'handed-over': 1,
      waiting: 3,
    });
    expect([summary.everyoneWaiting.value, summary.actNow.value, summary.raisedUnreviewed.value]).toEqual([8, 1, 1]);
    for (const figure of [summary.everyoneWaiting, ...summary.everyoneWaiting.byPlace, summary.actNow, summary.raisedUnreviewed]) {
      const opened = await page(readSide, asked(figure.items));
      expect([figure.items, opened.total, opened.items.length]).toEqual([figure.items, figure.value, figure.value]);
    }
    expect(references((await page(readSide, { filters: { flag: RAISED } })).items)).toEqual(told(raised));
  });

  it('counts the order anew in each place of a list of several', async () => {
    const story = new Story();
    const [first, second] = [
      story.received({ triageDue: '2026-11-03T17:00:00.000Z' }),
      story.received({ triageDue: '2026-11-04T17:00:00.000Z' }),
    ];
    const waiting = story.received().accepted('routine', '2026-12-04T17:00:00.000Z');

    const { items } = await page(sideOf(story), { filters: { stage: 'waiting,triage' } });

    expect(items.map(({ reference, order }) => [reference, order])).toEqual([
      [first.reference, 1],
      [second.reference, 2],
      [waiting.reference, 1],
    ]);
  });

  it('filters by every column that it shows', async () => {
    const story = new Story();
    const due = '2026-12-04T17:00:00.000Z';
    const one = story
      .received({ source: 'gp', flags: ['carer'], stratum: 'work', tier: 'specialist' })
      .accepted('soon', due)
      .booked('2026-12-01T10:00:00.000Z');
    story.received().accepted('routine', due, { by: '00000000-0000-5000-8000-000000000000' });
    const readSide = sideOf(story);
    const filters = { stage: 'booked', source: 'gp', stratum: 'work', tier: 'specialist', priority: 'soon', flag: 'carer', owner: ASHA };

    for (const [name, code] of Object.entries(filters)) {
      expect([name, references((await page(readSide, { filters: { [name]: code } })).items)]).toEqual([name, told(one)]);
    }
    expect((await page(readSide, { filters: { clock: 'running' } })).total).toBe(2);
    expect((await page(readSide, { filters: { clock: 'nullified' } })).total).toBe(0);
    expect((await page(readSide, { filters })).total).toBe(1);
  });

  it.each([
    [{ filters: { colour: 'red' } }, 'unknown-parameter', '?colour'],
    [{ filters: { stage: 'lost' } }, 'unknown-code', '?stage'],
    [{ filters: { stage: 'ended' } }, 'unknown-code', '?stage'],
    [{ filters: { flag: 'no-such-flag' } }, 'unknown-code', '?flag'],
    [{ filters: { owner: 'Asha' } }, 'unknown-code', '?owner'],
    [{ filters: { priority: '' } }, 'unknown-code', '?priority'],
    [{ cursor: 'bm90IGEgY3Vyc29y' }, 'invalid-parameter', '?cursor'],
    [{ cursor: Buffer.from('["a",1,2,3,4]').toString('base64url') }, 'invalid-parameter', '?cursor'],
    [{ limit: 0 }, 'invalid-parameter', '?limit'],
    [{ limit: 201 }, 'invalid-parameter', '?limit'],
    [{ after: 'yesterday' }, 'invalid-parameter', '?after'],
  ])('refuses %j by name, and repeats no value', async (request, code, path) => {
    const outcome = await waitlistPage(sideOf(new Story()), { service: 'northbank', now: NOW, ...request }, openPerson);

    expect(outcome).toMatchObject({ rejected: true, code, path });
    expect((outcome as { detail: string }).detail).not.toMatch(/\b(red|lost|no-such-flag|Asha|yesterday)\b/);
  });

  it('takes a flag of the published rules as the product takes its own', async () => {
    const story = new Story();
    const flagged = story.received({ flags: ['falls-check'] }).accepted('routine', '2026-12-04T17:00:00.000Z');
    story.received().accepted('routine', '2026-12-04T17:00:00.000Z');

    const { items } = await page(sideOf(story), { filters: { flag: 'falls-check' }, ruleFlags: ['falls-check'] });

    expect(references(items)).toEqual(told(flagged));
  });

  it('says that an empty log has nothing, and that it is not stale', async () => {
    expect(await page(sideOf(new Story()))).toMatchObject({
      asAt: { position: null, recordedAt: null },
      stale: false,
      total: 0,
      items: [],
      next: null,
    });
  });

  it('opens at most a hundred people at a time', async () => {
    const story = new Story();
    for (let i = 0; i < 130; i++) story.received().accepted('routine', '2026-12-04T17:00:00.000Z');
    let open = 0;
    let most = 0;
    const slowly = async () => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setImmediate(resolve));
      open--;
      return { name: 'Somebody' };
    };

    const { items } = granted(await waitlistPage(sideOf(story), { service: 'northbank', now: NOW, limit: 200 }, slowly));

    expect([items.length, most]).toEqual([130, 100]);
  });
});

describe('reading page after page', () => {
  const DUE = (n: number) => new Date(Date.UTC(2026, 11, 1) + n * 3_600_000).toISOString();
  const someone = fc.record({
    priority: fc.constantFrom(...PRIORITIES),
    due: fc.integer({ min: 0, max: 8 }),
    stratum: fc.constantFrom('work' as const, 'frailty' as const),
  });

  it('shows everybody accepted and untreated exactly once, in one order, whatever the size of the page', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(someone, { maxLength: 25 }), fc.integer({ min: 1, max: 7 }), async (people, limit) => {
        const story = new Story();
        const all = people.map(({ priority, due, stratum }) => story.received({ stratum }).accepted(priority, DUE(due)));
        const readSide = sideOf(story);

        const items = await everyPage(readSide, { limit });

        expect(references(items).sort()).toEqual(told(...all).sort());
        expect(items.map(({ order }) => order)).toEqual(items.map((_, i) => i + 1));
        const filtered = await everyPage(readSide, { limit, filters: { stratum: 'work' } });
        expect(filtered).toEqual(items.filter(({ stratum }) => stratum === 'work'));
        closeReadSides();
      }),
      { numRuns: 25 },
    );
  });

  it('shows exactly those whom their own referral calls waiting, whatever has happened to them', async () => {
    const due = '2026-12-04T17:00:00.000Z';
    const steps: Record<string, (story: Story, one: Told) => unknown> = {
      claim: (_, one) => one.then('ReferralClaimed', { practitionerId: ASHA, until: due }),
      accept: (_, one) => one.accepted('soon', due),
      book: (_, one) => one.booked('2026-12-01T10:00:00.000Z'),
      see: (_, one) => one.booked('2026-11-20T10:00:00.000Z').attended(),
      treat: (_, one) => one.then('TreatmentStarted', { practitionerId: ASHA, intervention: 'equipment' }),
      redirect: (_, one) => one.then('ReferralRedirected', { practitionerId: ASHA, to: 'memory-clinic', reason: 'x', acceptanceDue: due }),
      withdraw: (_, one) => one.then('ReferralWithdrawn', { by: 'person', reason: 'no-longer-wanted' }),
      die: (_, one) => one.then('DeathRecorded', {}),
      discharge: (story, one) => story.discharged(one),
    };
    const life = fc.array(fc.constantFrom(...Object.keys(steps)), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(life, { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), async (lives, limit) => {
        const story = new Story();
        for (const life of lives) {
          const one = story.received();
          for (const step of life) steps[step]!(story, one);
        }
        const readSide = sideOf(story);

        const items = await everyPage(readSide, { limit });

        const streams = [...new Set(story.events.map(({ stream }) => stream))];
        const places = streams.map((stream) => placeOf(story.events.filter((event) => event.stream === stream))!);
        const waiting = places.filter(({ stage }) => stage === 'waiting' || stage === 'booked');
        expect(references(items).sort()).toEqual(references(waiting).sort());
        const running = places.filter(({ stage }) => stage !== 'ended' && stage !== 'treatment');
        expect((await page(readSide)).summary.everyoneWaiting.value).toBe(running.length);
        closeReadSides();
      }),
      { numRuns: 25 },
    );
  });

  it('neither skips nor repeats anybody who does not move, while others come, go and move between the pages', async () => {
    const change = fc.record({
      what: fc.constantFrom('come', 'go', 'raise'),
      who: fc.nat(),
      priority: fc.constantFrom(...PRIORITIES),
      due: fc.integer({ min: 0, max: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(someone, { minLength: 4, maxLength: 20 }),
        fc.array(change, { maxLength: 12 }),
        fc.integer({ min: 1, max: 4 }),
        async (people, changes, limit) => {
          const story = new Story();
          const all = people.map(({ priority, due }) => story.received().accepted(priority, DUE(due)));
          const moved = new Set<string>();
          const readSide = sideOf(story);
          const pending = [...changes];
          const between = () => {
            const next = pending.shift();
            if (!next) return;
            const one = all[next.who % all.length]!;
            if (next.what === 'come') return void story.received().accepted(next.priority, DUE(next.due));
            moved.add(one.reference);
            if (next.what === 'go') one.then('ReferralWithdrawn', { by: 'person', reason: 'no-longer-wanted' });
            else one.accepted(next.priority, DUE(next.due));
          };

          const seen = references(await everyPage(readSide, { limit }, between));

          const stayed = told(...all).filter((reference) => !moved.has(reference));
          expect(stayed.filter((reference) => seen.filter((other) => other === reference).length !== 1)).toEqual([]);
          closeReadSides();
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('the table of the waiting list', () => {
  it('is the fold of each stream, whatever the batches in which it was built', async () => {
    const story = new Story();
    const one = story.received().accepted('routine', '2026-12-04T17:00:00.000Z');
    const readSide = sideOf(story);
    await page(readSide);
    one.booked('2026-12-01T10:00:00.000Z');
    await page(readSide);
    one.attended();
    await page(readSide);

    const row = foldRows(waitlist, story.events).get(one.stream)!;
    expect(row.place).toEqual(placeOf(story.events));
    const { rows } = await sql<{ place: string }>`select place from ${sql.table(readSide.tableOf('waitlist'))}`.execute(readSide.db);
    expect(JSON.parse(rows[0]!.place)).toEqual(JSON.parse(JSON.stringify(row.place)));
  });

  it('holds nothing that was sealed, and has no column for it', async () => {
    const story = new Story();
    story
      .received({ flags: ['safety-hold'] })
      .accepted('urgent', '2026-12-04T17:00:00.000Z')
      .booked('2026-12-01T10:00:00.000Z')
      .attended();

    expect(JSON.stringify([...foldRows(waitlist, story.events)])).not.toContain(MARKER);
    expect(Object.keys(waitlist.table.columns).join(' ')).not.toMatch(/name|birth|nhs|address|telecom|phone|words/i);
  });

  it('finds page, order and counts by index among twenty thousand', async () => {
    const story = new Story();
    for (let i = 0; i < 20_000; i++) {
      const one = story.received();
      if (i % 4) one.accepted(i % 10 ? 'routine' : 'urgent', new Date(Date.UTC(2026, 11, 1) + (i % 500) * 3_600_000).toISOString());
    }
    const readSide = sideOf(story);
    let deep = await page(readSide, { limit: 200 });
    for (let i = 0; i < 3; i++) deep = await page(readSide, asked(deep.next!));
    expect(deep.items[0]!.order).toBe(601);

    const whole = await plansOf(readSide, (watched) => page(watched, { limit: 50 }));
    expect(whole.length).toBeGreaterThanOrEqual(5);
    const narrowed = await plansOf(readSide, (watched) => page(watched, { filters: { priority: 'urgent', flag: 'interpreter,carer' } }));
    const counted = narrowed.filter(({ statement }) => /count.*between.*instr/s.test(statement));
    expect(counted.map(({ plan }) => plan)).toEqual([expect.stringMatching(/^SEARCH .*USING COVERING INDEX waitlist_v3_3 /)]);
    for (const { statement, plan } of [...whole, ...narrowed]) {
      expect([statement, plan]).toEqual([
        statement,
        expect.stringMatching(/SEARCH .*USING (COVERING )?INDEX waitlist_v3_[12345] \(service=\?/),
      ]);
      expect([statement, plan]).toEqual([statement, expect.not.stringMatching(/SCAN|TEMP B-TREE/)]);
    }
  });
});
