/** A list as at a place in the log is the list of a log that ends there. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import type { LogPlace } from '@waymark/event-store';
import { isRejection, type Outcome, type RecordedEvent } from '@waymark/kernel';
import type { HeavyThread, ReadModels } from '@waymark/projections';
import { caseload, caseloadPage } from './caseload';
import { journal, journalPage, type Log } from './journal';
import type { ListAnswer, ListRequest, Past } from './list';
import { outcomes, outcomesPage } from './outcomes';
import { references } from './references';
import { waitlist } from './waitlist';
import { waitlistPage } from './waitlist-page';
import { heavyThread, stored, type Stored } from './testing/stored';
import { ASHA, BEN, closeReadSides, logOf, MARKER, readSideOf, Story, type Told } from './testing/told';

type Page = (models: ReadModels, log: Log, request: ListRequest) => Promise<Outcome<ListAnswer<object, unknown>>>;

const lists: Readonly<Record<string, { readonly of: readonly string[]; readonly page: Page }>> = {
  waitlist: { of: [waitlist.name], page: (models, _, request) => waitlistPage(models, request, async (stream) => ({ name: stream })) },
  caseload: { of: [caseload.name], page: (models, _, request) => caseloadPage(models, { ...request, weeklyContacts: 32 }) },
  outcomes: { of: [outcomes.name], page: (models, _, request) => outcomesPage(models, request) },
  journal: { of: [journal.name, references.name], page: (models, log, request) => journalPage(models, log, request) },
};
const NOW = '2026-11-24T10:00:00.000Z';
const LATER = '2026-12-04T17:00:00.000Z';

let heavy: HeavyThread;
beforeAll(() => (heavy = heavyThread()));
afterAll(() => heavy.close());
afterEach(closeReadSides);

/** Every page of a list, one after another. */
async function wholeOf(name: string, models: ReadModels, log: Log, request: ListRequest): Promise<ListAnswer<object, unknown>[]> {
  const pages: ListAnswer<object, unknown>[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await lists[name]!.page(models, log, { ...request, limit: 3, ...(cursor === undefined ? {} : { cursor }) });
    if (isRejection(page)) throw new Error(`${page.code} ${page.path}`);
    pages.push(page);
    if (page.next === null) return pages;
    cursor = new URL(page.next, 'http://waymark').searchParams.get('cursor') ?? undefined;
  }
}

function pastOf(name: string, { pasts }: Stored, place: LogPlace | undefined, more: Partial<Past> = {}, service = 'northbank'): ReadModels {
  return pasts.at({ service, of: lists[name]!.of, place, ...more });
}

function storyEndingAt(events: readonly RecordedEvent[]): Story {
  return Object.assign(new Story(), { events });
}

function placeOf(event: RecordedEvent | undefined): LogPlace | undefined {
  return event && { position: event.position, recordedAt: event.recordedAt };
}

const steps = fc.array(
  fc.record({
    what: fc.constantFrom('receive', 'accept', 'book', 'attend', 'withdraw', 'error', 'discharge', 'treat'),
    who: fc.nat(),
    service: fc.constantFrom('northbank', 'northbank', 'southbank'),
    priority: fc.constantFrom('routine' as const, 'urgent' as const, 'crisis' as const),
  }),
  { minLength: 1, maxLength: 30 },
);

function tell(told: readonly { what: string; who: number; service: string; priority: 'routine' | 'urgent' | 'crisis' }[]): Story {
  const story = new Story();
  const all: Told[] = [];
  for (const { what, who, service, priority } of told) {
    const one = all[who % Math.max(1, all.length)];
    if (what === 'receive' || one === undefined) all.push(story.received({ service, priority }));
    else if (what === 'accept') one.accepted(priority, LATER, { by: who % 2 ? ASHA : BEN });
    else if (what === 'book') one.booked('2026-11-26T10:00:00.000Z');
    else if (what === 'attend') one.booked('2026-11-23T10:00:00.000Z').attended();
    else if (what === 'withdraw') one.then('ReferralWithdrawn', { by: 'person', reason: 'no-longer-wanted' });
    else if (what === 'error') one.then('ReferralEnteredInError', { reason: 'wrong-person' });
    else if (what === 'discharge') story.discharged(one);
    else one.then('TreatmentStarted', { practitionerId: ASHA, intervention: 'home-evaluation' });
  }
  return story;
}

/** What the last event says was recorded only then. */
function recordedLate(story: Story, recordedAt: string): void {
  story.events.splice(-1, 1, { ...story.events.at(-1)!, recordedAt });
}

async function firstPageOf(name: string, kept: Stored, past: Past) {
  const [page] = await wholeOf(name, pastOf(name, kept, past.place, past), kept.store, { service: 'northbank', now: END_OF_MARCH, past });
  return page as ListAnswer<Record<string, unknown>, never>;
}

const END_OF_MARCH = '2026-03-31T22:59:59.999Z';

describe('a list as at a place', () => {
  it('is, on every page, the list of a log that ends there', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(), async (told, end) => {
        const kept = await stored(tell(told), heavy);
        const upTo = kept.events.slice(0, end % (kept.events.length + 1));
        const live = storyEndingAt(upTo);
        const readSide = readSideOf(live);
        for (const name of Object.keys(lists)) {
          const request = { service: 'northbank', now: NOW };
          const past = { place: placeOf(upTo.at(-1)), link: {} };
          const asAt = await wholeOf(name, pastOf(name, kept, past.place), kept.store, { ...request, past });
          expect(asAt).toEqual(await wholeOf(name, readSide, logOf(live), request));
        }
        closeReadSides();
        await kept.close();
      }),
      { numRuns: 40 },
    );
  });
});

describe('known now, of a moment that has been', () => {
  /** One is seen, treated and discharged in March; all of it is written down in April. */
  function lateStory(): Story {
    const story = new Story();
    const seen = story.received({ receivedAt: '2026-03-02T09:00:00.000Z' }).accepted('routine', LATER, { at: '2026-03-03T09:00:00.000Z' });
    seen.booked('2026-03-30T10:00:00.000Z');
    const ended = story.received({ receivedAt: '2026-03-04T09:00:00.000Z' }).accepted('routine', LATER, { at: '2026-03-05T09:00:00.000Z' });
    const mistaken = story.received({ receivedAt: '2026-03-06T09:00:00.000Z' });
    seen.attended({ at: '2026-03-30T10:30:00.000Z' });
    recordedLate(story, '2026-04-03T09:00:00.000Z');
    seen.then('TreatmentStarted', { practitionerId: ASHA, intervention: 'home-evaluation' }, '2026-03-30T10:30:00.000Z');
    recordedLate(story, '2026-04-03T09:00:00.000Z');
    story.discharged(ended, { at: '2026-03-31T15:00:00.000Z' });
    recordedLate(story, '2026-04-03T09:00:00.000Z');
    // What happened in April is in neither answer, however it is known.
    seen.booked('2026-04-20T10:00:00.000Z');
    story.events.splice(-1, 1, { ...story.events.at(-1)!, occurredAt: '2026-04-03T09:00:00.000Z', recordedAt: '2026-04-03T09:00:00.000Z' });
    story.received({ receivedAt: '2026-04-03T10:00:00.000Z' });
    // And this one was never a referral.
    mistaken.then('ReferralEnteredInError', { reason: 'wrong-person' }, '2026-04-04T09:00:00.000Z');
    return story;
  }

  async function bothOf(name: string) {
    const kept = await stored(lateStory(), heavy);
    const known = {
      then: await firstPageOf(name, kept, { place: kept.pasts.log.placeAt(END_OF_MARCH), link: {} }),
      now: await firstPageOf(name, kept, { place: kept.pasts.log.head(), happenedBy: END_OF_MARCH, link: {} }),
    };
    await kept.close();
    return known;
  }

  it('an attendance that was recorded late counts, and was not known then', async () => {
    const { then, now } = await bothOf('caseload');
    expect(then.items.map(({ contacts, stage }) => [contacts, stage])).toContainEqual([{ used: 0, allowed: 6 }, 'booked']);
    expect(now.items.map(({ contacts, stage }) => [contacts, stage])).toEqual([[{ used: 1, allowed: 6 }, 'treatment']]);
    const seen = (answer: typeof then) =>
      (answer.summary as { contactsThisWeek: { value: number } }[]).reduce((sum, row) => sum + row.contactsThisWeek.value, 0);
    expect([seen(then), seen(now)]).toEqual([0, 1]);
  });

  it('whoever was treated or discharged by then was not waiting, and who was entered in error never was', async () => {
    const { then, now } = await bothOf('waitlist');
    const everyone = (answer: typeof then) => (answer.summary as { everyoneWaiting: { value: number } }).everyoneWaiting.value;
    expect([then.total, everyone(then)]).toEqual([2, 3]);
    expect([now.total, everyone(now)]).toEqual([0, 0]);
  });

  it('an ending that was recorded late is an outcome of its day', async () => {
    const { then, now } = await bothOf('outcomes');
    expect(then.items).toEqual([]);
    expect(now.items).toMatchObject([{ endedOn: '2026-03-31' }]);
  });

  it('the journal has what had happened, with the times at which it was recorded', async () => {
    const { then, now } = await bothOf('journal');
    const upTo = (answer: typeof then) => answer.items.filter(({ recordedAt }) => String(recordedAt) > END_OF_MARCH).length;
    expect([then.total, now.total]).toEqual([9, 12]);
    expect([upTo(then), now.asAt.recordedAt]).toEqual([0, '2026-04-04T09:00:00.000Z']);
    expect((now.summary as { byType: object[] }).byType).toContainEqual(expect.objectContaining({ type: 'Attended', value: 1 }));
    expect((then.summary as { byType: object[] }).byType).not.toContainEqual(expect.objectContaining({ type: 'Attended' }));
  });

  it('is the list of a log that never held what happened later, whatever the order in which it was written down', async () => {
    const days = fc.array(fc.integer({ min: 1, max: 28 }), { minLength: 200, maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(steps, days, fc.integer({ min: 1, max: 28 }), async (told, on, day) => {
        const dayOf = (n: number) => `2026-03-${String(n).padStart(2, '0')}T12:00:00.000Z`;
        const story = tell(told);
        story.events.forEach((event, n) => story.events.splice(n, 1, { ...event, occurredAt: dayOf(on[n % on.length]!), recordedAt: NOW }));
        const kept = await stored(story, heavy);
        const happenedBy = dayOf(day);
        const never = kept.events
          .filter(({ type, occurredAt }) => type === 'ReferralEnteredInError' && occurredAt > happenedBy)
          .map(({ stream }) => stream);
        const had = kept.events.filter(({ occurredAt }) => occurredAt <= happenedBy);
        for (const name of Object.keys(lists)) {
          const live = storyEndingAt(name === 'journal' ? had : had.filter(({ stream }) => !never.includes(stream)));
          const request = { service: 'northbank', now: NOW };
          const past = { place: kept.pasts.log.head(), happenedBy, link: {} };
          const shown = (pages: ListAnswer<object, unknown>[]) => [pages[0]!.total, pages[0]!.summary, pages.flatMap(({ items }) => items)];
          const asAt = await wholeOf(name, pastOf(name, kept, past.place, past), kept.store, { ...request, past });
          expect(shown(asAt)).toEqual(shown(await wholeOf(name, readSideOf(live), logOf(live), request)));
        }
        closeReadSides();
        await kept.close();
      }),
      { numRuns: 25 },
    );
  });
});

it('holds no personal value, sealed or open', async () => {
  const story = new Story();
  story.received().accepted('routine', LATER);
  const kept = await stored(story, heavy);
  for (const name of Object.keys(lists))
    await wholeOf(name, pastOf(name, kept, kept.events.at(-1)), kept.store, { service: 'northbank', now: NOW });
  const root = join(kept.folder, 'as-at');
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files).toHaveLength(4);
  for (const { parentPath, name } of files) expect(readFileSync(join(parentPath, name), 'latin1')).not.toContain(MARKER);
  await kept.close();
});
