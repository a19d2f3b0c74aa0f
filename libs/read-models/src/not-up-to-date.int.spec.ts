import type { Projection } from '@waymark/projections';
import { caseload } from './caseload';
import { journal } from './journal';
import { withMarks } from './not-up-to-date';
import { references } from './references';
import { closeReadSides, readSideOf, Story } from './testing/told';
import { waitlist } from './waitlist';
import { waitlistPage } from './waitlist-page';

afterEach(closeReadSides);

const request = { service: 'northbank', now: '2026-11-24T10:00:00.000Z' };
/** Takes no acceptance. */
const failing: Projection = {
  ...waitlist,
  on: {
    ...waitlist.on,
    ReferralAccepted() {
      throw new Error('no such place');
    },
  },
};

it('a row that waits for an event says so on its list, and the list says how many there are', async () => {
  const story = new Story();
  const waits = story.received().accepted('routine', '2026-12-04T17:00:00.000Z');
  const fine = story.received();
  story.received({ service: 'southbank' }).accepted('routine', '2026-12-04T17:00:00.000Z');
  const readSide = readSideOf(story, [failing, caseload, references, journal]);
  const page = await waitlistPage(readSide, { ...request, filters: { stage: 'triage' } }, async () => ({ name: 'Somebody' }));
  if (!('items' in page)) throw new Error(page.detail);

  const marked = await withMarks(readSide, readSide, 'waitlist', 'northbank', page);

  expect(marked.notUpToDate).toBe(1);
  expect(marked.items).toEqual(page.items.map((item) => (item.reference === waits.reference ? { ...item, notUpToDate: true } : item)));
  expect(page.items.map(({ reference }) => reference).sort()).toEqual([waits.reference, fine.reference].sort());
});

it('a list on which nothing waits is as it was', async () => {
  const story = new Story();
  story.received();
  const readSide = readSideOf(story);
  const page = await waitlistPage(readSide, request, async () => ({ name: 'Somebody' }));
  if (!('items' in page)) throw new Error(page.detail);
  expect(await withMarks(readSide, readSide, 'waitlist', 'northbank', page)).toBe(page);
});
