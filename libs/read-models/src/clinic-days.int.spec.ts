import { derivedId } from '@waymark/kernel';
import { freeSlots, type FreeSlot, type SlotsRequest } from './clinic-days';
import { ASHA, BEN, closeReadSides, readSideOf, Story } from './testing/told';
import type { ReadSide } from '@waymark/projections';

afterEach(closeReadSides);

const NOW = '2026-11-24T10:00:00.000Z';

/** A session of three half hours from nine o'clock in London. */
function opened(
  story: Story,
  date: string,
  { service = 'northbank', clinic = 'hall', by = ASHA, types = ['first', 'follow-up'] } = {},
): string[] {
  const slots = [0, 1, 2].map((n) => ({
    id: `${clinic}.${date}.0900.${n + 1}`,
    start: new Date(Date.parse(`${date}T09:00:00.000Z`) + n * 1_800_000).toISOString(),
    end: new Date(Date.parse(`${date}T09:30:00.000Z`) + n * 1_800_000).toISOString(),
  }));
  const data = { sessionId: derivedId('session', clinic, date), clinic, place: 'Elm Road', date, practitionerId: by, types, slots };
  story.add('ClinicSessionOpened', `clinic-${service}-${clinic}-${date}`, data, { service });
  return slots.map(({ id }) => id);
}

async function free(readSide: ReadSide, request: Partial<SlotsRequest> = {}): Promise<string[]> {
  return ((await freeSlots(readSide, { service: 'northbank', now: NOW, ...request })) as FreeSlot[]).map(({ id }) => id);
}

describe('free slots', () => {
  it('are those of the opened sessions that have not begun, by time', async () => {
    const story = new Story();
    const later = opened(story, '2026-12-02', { clinic: 'annex', by: BEN });
    const soon = opened(story, '2026-11-25');
    opened(story, '2026-11-24');
    const readSide = readSideOf(story);

    expect(await free(readSide)).toEqual([...soon, ...later]);
    expect(await free(readSide, { now: '2026-11-25T09:10:00.000Z' })).toEqual([...soon.slice(1), ...later]);
    expect(((await freeSlots(readSide, { service: 'northbank', now: NOW })) as FreeSlot[])[3]).toEqual({
      id: later[0],
      clinic: 'annex',
      place: 'Elm Road',
      practitioner: BEN,
      start: '2026-12-02T09:00:00.000Z',
      end: '2026-12-02T09:30:00.000Z',
      types: ['first', 'follow-up'],
    });
  });

  it('are not those that a booking holds or has; a hold that ran out and a released slot are free again', async () => {
    const story = new Story();
    const [held, taken, other] = opened(story, '2026-11-25') as [string, string, string];
    const stream = 'clinic-northbank-hall-2026-11-25';
    const [first, second] = [derivedId('booking', '1'), derivedId('booking', '2')];
    const hold = (slot: string, bookingId: string) =>
      story.add('SlotHeld', stream, { slot, bookingId, referralId: derivedId('referral'), until: '2026-11-24T10:05:00.000Z' });
    hold(held, first);
    hold(taken, second);
    story.add('SlotConfirmed', stream, { slot: taken, bookingId: second });
    const readSide = readSideOf(story);

    expect(await free(readSide)).toEqual([other]);
    expect(await free(readSide, { now: '2026-11-24T10:05:00.000Z' })).toEqual([held, other]);

    story.add('SlotReleased', stream, { slot: taken, bookingId: second, because: 'cancelled' });
    expect(await free(readSide)).toEqual([taken, other]);
  });

  it('are those of the asked days, type and service', async () => {
    const story = new Story();
    const [one, two, three] = ['2026-11-25', '2026-11-26', '2026-11-27'].map((date) => opened(story, date));
    const visits = opened(story, '2026-11-26', { clinic: 'visits', types: ['home-visit'] });
    opened(story, '2026-11-26', { service: 'southbank' });
    const readSide = readSideOf(story);

    expect(await free(readSide, { from: '2026-11-26', to: '2026-11-27', type: 'first' })).toEqual([...two!, ...three!]);
    expect(await free(readSide, { to: '2026-11-25' })).toEqual(one);
    expect(await free(readSide, { type: 'home-visit' })).toEqual(visits);
  });

  it('are shown 28 days ahead unless more is asked', async () => {
    const story = new Story();
    const last = opened(story, '2026-12-22');
    const beyond = opened(story, '2026-12-23');
    const readSide = readSideOf(story);

    expect(await free(readSide)).toEqual(last);
    expect(await free(readSide, { to: '2026-12-31' })).toEqual([...last, ...beyond]);
  });

  it.each([
    [{ type: 'group' }, 'unknown-code', '?type'],
    [{ from: 'tomorrow' }, 'invalid-parameter', '?from'],
    [{ to: '31/12/2026' }, 'invalid-parameter', '?to'],
    [{ from: '2026-02-30' }, 'invalid-parameter', '?from'],
  ])('are refused for %j', async (request, code, path) => {
    expect(await freeSlots(readSideOf(new Story()), { service: 'northbank', now: NOW, ...request })).toMatchObject({
      rejected: true,
      code,
      path,
    });
  });
});
