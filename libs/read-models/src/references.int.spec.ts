import { foldRows } from '@waymark/projections/testing';
import { findReference, references, referencesOf } from './references';
import { plansOf } from './testing/plans';
import { closeReadSides, MARKER, readSideOf, Story } from './testing/told';

afterEach(closeReadSides);

describe('a reference', () => {
  it('finds an open referral, with what a command needs to reach it', async () => {
    const story = new Story();
    const told = story.received({ source: 'gp', receivedAt: '2026-11-03T09:00:00.000Z' });

    expect(await findReference(readSideOf(story), told.reference)).toEqual({
      service: 'northbank',
      reference: told.reference,
      referralId: told.referralId,
      stream: told.stream,
      personId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      source: 'gp',
      receivedAt: '2026-11-03T09:00:00.000Z',
      ended: 0,
      endedOn: null,
    });
  });

  it('still finds a referral that has ended, and one that was linked to another', async () => {
    const story = new Story();
    const [ended, first, second] = [story.received(), story.received(), story.received()];
    story.discharged(ended, { at: '2026-11-23T23:30:00.000Z' });
    second.then('ReferralLinkedAsDuplicate', { to: first.referralId, toReference: first.reference } as never);
    const readSide = readSideOf(story);

    expect(await findReference(readSide, ended.reference)).toMatchObject({ ended: 1, endedOn: '2026-11-23' });
    expect(await findReference(readSide, second.reference)).toMatchObject({ ended: 1, stream: second.stream });
    expect(await findReference(readSide, first.reference)).toMatchObject({ ended: 0 });
  });

  it('finds nothing where there is nothing', async () => {
    expect(await findReference(readSideOf(new Story()), '0000-0000-0000')).toBeUndefined();
  });

  it('is told for a set of streams; those that are no referral have none', async () => {
    const story = new Story();
    const [one, two] = [story.received(), story.received({ service: 'southbank' })];
    const readSide = readSideOf(story);

    expect((await referencesOf(readSide, [one.stream, two.stream, 'clinic-northbank-hall-2026-11-23'])).sort()).toEqual(
      [one.reference, two.reference].sort(),
    );
    expect(await referencesOf(readSide, [])).toEqual([]);
  });

  it('is found by index', async () => {
    const readSide = readSideOf(new Story());
    const plans = await plansOf(readSide, (watched) => findReference(watched, '0000-0000-0000'));
    expect(plans.map(({ plan }) => plan)).toEqual([expect.stringMatching(/SEARCH .*USING INDEX references_v1_1 \(reference=\?\)/)]);
  });

  it('leads to no personal data', () => {
    const story = new Story();
    story.received();
    expect(JSON.stringify([...foldRows(references, story.events)])).not.toContain(MARKER);
  });
});
