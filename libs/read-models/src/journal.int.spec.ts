import { derivedId, isRejection, type DomainEvent, type RecordedEvent } from '@waymark/kernel';
import type { ReadSide } from '@waymark/projections';
import { appointmentEvents, attentionEvents, dischargeEvents, planEvents, referralEvents, triageEvents } from '@waymark/referral';
import fc from 'fast-check';
import { eventDefinitions } from './definitions';
import { journal, journalPage } from './journal';
import type { ListRequest } from './list';
import { references } from './references';
import { ASHA, closeReadSides, logOf, MARKER, readSideOf, Story } from './testing/told';
import { wordsOfAny } from './words';

afterEach(closeReadSides);
// Long for a machine that does much else meanwhile; nothing here waits for a clock.
jest.setTimeout(120_000);

const sideOf = (story: Story) => readSideOf(story, [journal, references]);

const NOW = '2026-11-24T10:00:00.000Z';
const DUE = '2026-12-04T17:00:00.000Z';
type Page = Extract<Awaited<ReturnType<typeof journalPage>>, { items: unknown }>;

async function page(readSide: ReadSide, story: Story, request: Partial<ListRequest> = {}): Promise<Page> {
  const outcome = await journalPage(readSide, logOf(story), { service: 'northbank', now: NOW, ...request });
  if (isRejection(outcome)) throw new Error(`${outcome.code} ${outcome.path}`);
  return outcome as Page;
}

function asked(path: string): Partial<ListRequest> {
  const { service, limit, cursor, ...filters } = Object.fromEntries(new URL(path, 'http://waymark').searchParams);
  return { service: service!, filters, ...(limit ? { limit: Number(limit) } : {}), ...(cursor ? { cursor } : {}) };
}

async function everyPage(readSide: ReadSide, story: Story, first: Partial<ListRequest>): Promise<Page['items'][number][]> {
  const items: Page['items'][number][] = [];
  for (let next: Partial<ListRequest> | undefined = first; next;) {
    const answer = await page(readSide, story, next);
    items.push(...answer.items);
    next = answer.next === null ? undefined : asked(answer.next);
  }
  return items;
}

describe('the journal', () => {
  it('tells every event of the service, oldest first, with its reference where it has one', async () => {
    const story = new Story();
    const told = story.received().accepted('routine', DUE, { at: '2026-11-04T09:00:00.000Z' });
    story.received({ service: 'southbank' });
    story.add('SlotHeld', 'clinic-northbank-hall-2026-11-23', {
      slot: 'hall.2026-11-23.0900.1',
      bookingId: ASHA,
      referralId: told.referralId,
      until: DUE,
    });

    const answer = await page(sideOf(story), story);

    expect(answer.items.map(({ type, reference }) => [type, reference])).toEqual([
      ['ReferralReceived', told.reference],
      ['ReferralStratified', told.reference],
      ['ReferralAccepted', told.reference],
      ['SlotHeld', undefined],
    ]);
    expect(answer.items[2]).toEqual({
      position: story.events[2]!.position,
      service: 'northbank',
      reference: told.reference,
      type: 'ReferralAccepted',
      occurredAt: '2026-11-04T09:00:00.000Z',
      recordedAt: '2026-11-04T09:00:00.000Z',
      actor: 'public',
      role: 'self',
      words: expect.any(String),
    });
    expect(answer).toMatchObject({ total: 4, next: null, stale: false, asAt: { position: story.events.at(-1)!.position } });
  });

  it('goes on where it stopped, and then with what was recorded since', async () => {
    const story = new Story();
    for (let i = 0; i < 4; i++) story.received();
    const readSide = sideOf(story);

    const first = await page(readSide, story, { limit: 5 });
    story.received();
    const rest = await page(readSide, story, asked(first.next!));

    expect([...first.items, ...rest.items].map(({ position }) => position)).toEqual(story.events.map(({ position }) => position));
  });

  it('tells nothing that its totals do not count yet', async () => {
    const story = new Story();
    story.received();
    const readSide = sideOf(story);
    const log = logOf(story);
    const later: typeof log = {
      ...log,
      async *readAll(options) {
        if (story.events.length === 2) story.received();
        yield* log.readAll(options);
      },
    };

    const answer = await journalPage(readSide, later, { service: 'northbank', now: NOW });

    expect(answer).toMatchObject({ total: 2, items: [{}, {}], next: null });
    expect((answer as Page).items.length).toBe(2);
  });

  it('tells the story of one referral, however its reference was typed, and none of another service', async () => {
    const story = new Story();
    story.received();
    const told = story.received().accepted('routine', DUE);
    const theirs = story.received({ service: 'southbank' });
    const readSide = sideOf(story);

    const answer = await page(readSide, story, { limit: 2, filters: { reference: told.reference.toLowerCase().replaceAll('-', ' ') } });

    expect(answer.items.map(({ type }) => type)).toEqual(['ReferralReceived', 'ReferralStratified']);
    expect(answer.total).toBe(3);
    expect((await page(readSide, story, asked(answer.next!))).items.map(({ type }) => type)).toEqual(['ReferralAccepted']);
    expect(await page(readSide, story, { filters: { reference: theirs.reference } })).toMatchObject({ total: 0, items: [], next: null });
  });

  it('opens the number of each type to the entries it counts', async () => {
    const story = new Story();
    story.received().accepted('routine', DUE);
    story.received();
    const readSide = sideOf(story);

    const { summary } = await page(readSide, story);

    expect(summary.byType.map(({ type, value }) => [type, value])).toEqual([
      ['ReferralAccepted', 1],
      ['ReferralReceived', 2],
      ['ReferralStratified', 2],
    ]);
    for (const { type, value, items } of summary.byType) {
      const opened = await page(readSide, story, asked(items));
      expect([opened.total, opened.items.map((item) => item.type)]).toEqual([value, Array(value).fill(type)]);
    }
  });

  it('misses nothing and repeats nothing, whatever the page and the filter', async () => {
    const filter = fc.record(
      {
        type: fc.constantFrom('ReferralReceived', 'ReferralAccepted', 'ReferralReceived,ReferralStratified'),
        actor: fc.constantFrom('public', 'machine'),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), { maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        filter,
        async (accepted, limit, filters) => {
          const story = new Story();
          for (const yes of accepted) {
            const told = story.received(yes ? {} : { service: 'southbank' });
            if (yes) told.accepted('routine', DUE);
          }
          const readSide = sideOf(story);

          const items = await everyPage(readSide, story, { limit, filters: filters as Record<string, string> });

          const wanted = story.events.filter(
            ({ type, meta }) =>
              meta.service === 'northbank' &&
              (filters.type?.split(',').includes(type) ?? true) &&
              (filters.actor ?? meta.actor) === meta.actor,
          );
          expect(items.map(({ position }) => position)).toEqual(wanted.map(({ position }) => position));
          expect((await page(readSide, story, { filters: filters as Record<string, string> })).total).toBe(wanted.length);
          closeReadSides();
        },
      ),
      { numRuns: 20 },
    );
  });

  it('gives a page after two thousand events looked at, even when hardly any is asked for', async () => {
    const story = new Story();
    for (let i = 0; i < 1_500; i++) story.received();
    story.add(
      'SlotConfirmed',
      'clinic-northbank-hall-2026-11-23',
      { slot: 'hall.2026-11-23.0900.1', bookingId: ASHA },
      { actor: 'machine' },
    );
    const readSide = sideOf(story);

    const first = await page(readSide, story, { filters: { actor: 'machine' } });

    expect([first.items.length, first.total]).toEqual([0, 1]);
    expect((await everyPage(readSide, story, { filters: { actor: 'machine' } })).map(({ type }) => type)).toEqual(['SlotConfirmed']);
  });

  it.each([
    [{ type: 'ReferralLost' }, 'unknown-code', '?type'],
    [{ actor: 'Asha' }, 'unknown-code', '?actor'],
    [{ reference: '7K4Q' }, 'unknown-code', '?reference'],
    [{ stage: 'triage' }, 'unknown-parameter', '?stage'],
  ])('refuses the filter %j by name', async (filters, code, path) => {
    const story = new Story();
    expect(await journalPage(sideOf(story), logOf(story), { service: 'northbank', now: NOW, filters })).toMatchObject({
      rejected: true,
      code,
      path,
    });
  });
});

describe('the words for an event', () => {
  const others: DomainEvent[] = [
    {
      type: 'ClinicSessionOpened',
      data: { sessionId: ASHA, clinic: 'hall', place: MARKER, date: '2026-11-23', practitionerId: ASHA, types: ['first'], slots: [{}, {}] },
    },
    { type: 'SlotHeld', data: { slot: 'hall.2026-11-23.0900.1', bookingId: ASHA, referralId: ASHA, until: DUE } },
    { type: 'SlotConfirmed', data: { slot: 'hall.2026-11-23.0900.1', bookingId: ASHA } },
    { type: 'SlotReleased', data: { slot: 'hall.2026-11-23.0900.1', bookingId: ASHA, because: 'cancelled' } },
    { type: 'PersonIdentified', data: { personId: ASHA } },
    { type: 'NeedClaimed', data: { referralId: ASHA, reference: '7K4Q-2M9X-3TBC', separateNeed: false } },
    { type: 'NeedReleased', data: { referralId: ASHA } },
    {
      type: 'PersonErasureRequested',
      data: { requestId: ASHA, personId: ASHA, requestedBy: ASHA, why: MARKER, lost: { referrals: 1, events: 8, fields: 12 } },
    },
    { type: 'PersonErasureApproved', data: { requestId: ASHA, personId: ASHA, approvedBy: ASHA, executeAfter: DUE } },
    { type: 'PersonErasureCancelled', data: { requestId: ASHA, personId: ASHA, because: 'cancelled', why: MARKER } },
    { type: 'PersonErased', data: { requestId: ASHA, personId: ASHA, lost: { referrals: 1, events: 8, fields: 12 }, demo: false } },
    { type: 'LegalHoldPlaced', data: { holdId: ASHA, personId: ASHA, why: MARKER } },
    { type: 'LegalHoldReleased', data: { holdId: ASHA, personId: ASHA, why: MARKER } },
    {
      type: 'PractitionerRegistered',
      data: {
        practitionerId: ASHA,
        name: MARKER,
        profession: 'ot',
        registration: { body: 'HCPC', number: 'OT00001', expires: '2027-10-31' },
        level: 'ot',
        scope: { strata: [] },
      },
    },
    { type: 'ServiceConfigured', data: { contentHash: 'abc', content: { name: MARKER }, reason: MARKER } },
    { type: 'RuleSetPublished', data: { contentHash: 'abc', content: {}, reason: MARKER } },
  ];

  it.each(others)('say what happened and name nobody: $type', ({ type, data }) => {
    const words = wordsOfAny({ type, data } as RecordedEvent);
    expect(words).toMatch(/^[A-Z].{10,}/);
    expect(words).not.toContain(MARKER);
  });

  it('exist for every event that the log may hold and that is not of a referral', () => {
    const ofReferrals = { ...referralEvents, ...triageEvents, ...appointmentEvents, ...planEvents, ...dischargeEvents, ...attentionEvents };
    const rest = Object.keys(eventDefinitions).filter((type) => !Object.hasOwn(ofReferrals, type));
    expect(rest.sort()).toEqual(others.map(({ type }) => type).sort());
  });

  it('are the referral’s own for a referral', () => {
    const story = new Story();
    story.received().accepted('routine', DUE);
    for (const event of story.events) expect(wordsOfAny({ ...event, id: derivedId(event.id) })).toMatch(/^[A-Z].{5,}/);
  });
});
