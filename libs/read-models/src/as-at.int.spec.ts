/** A list as at a place in the log is the list of a log that ends there. */
import fc from 'fast-check';
import type { LogPlace } from '@waymark/event-store';
import { isRejection, type Outcome, type RecordedEvent } from '@waymark/kernel';
import type { HeavyThread, ReadModels } from '@waymark/projections';
import { caseload, caseloadPage } from './caseload';
import { journal, journalPage, type Log } from './journal';
import type { ListAnswer, ListRequest, Past } from './list';
import { outcomes, outcomesPage } from './outcomes';
import { references } from './references';
import { waitlist, waitlistPage } from './waitlist';
import { heavyThread, stored, type Stored } from './testing/stored';
import { ASHA, BEN, closeReadSides, logOf, readSideOf, Story, type Told } from './testing/told';

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
