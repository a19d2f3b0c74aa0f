import { foldRows } from '@waymark/projections/testing';
import { listPractitioners, practitioners } from './practitioners';
import { ASHA, BEN, closeReadSides, MARKER, readSideOf, Story } from './testing/told';

afterEach(closeReadSides);

const registered = (story: Story, practitionerId: string, service = 'northbank') =>
  story.add(
    'PractitionerRegistered',
    `practitioner-${service}-${practitionerId}`,
    {
      practitionerId,
      name: { $enc: 1, subject: practitionerId, key: 'identity', iv: MARKER, ct: MARKER } as never,
      profession: 'occupational-therapist',
      registration: { body: 'HCPC', number: 'OT00001', expires: '2027-10-31' },
      level: 'fcp',
      scope: { strata: ['work'], ages: { from: 16, to: 120 } },
    },
    { service },
  );

describe('the register of practitioners', () => {
  it('lists those of the service by id, with what decides what they may do and where their name is sealed', async () => {
    const story = new Story();
    registered(story, ASHA);
    registered(story, BEN);
    registered(story, ASHA, 'southbank');
    const readSide = readSideOf(story);

    const listed = await listPractitioners(readSide, 'northbank');

    expect(listed.map(({ id }) => id)).toEqual([ASHA, BEN].sort());
    expect(listed.find(({ id }) => id === ASHA)).toEqual({
      id: ASHA,
      stream: `practitioner-northbank-${ASHA}`,
      profession: 'occupational-therapist',
      registration: { body: 'HCPC', number: 'OT00001', expires: '2027-10-31' },
      level: 'fcp',
      scope: { strata: ['work'], ages: { from: 16, to: 120 } },
    });
    expect((await listPractitioners(readSide, 'southbank')).length).toBe(1);
  });

  it('holds no name', () => {
    const story = new Story();
    registered(story, ASHA);

    expect(JSON.stringify([...foldRows(practitioners, story.events)])).not.toContain(MARKER);
  });
});
