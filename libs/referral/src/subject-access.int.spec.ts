/** Everything of one person is there, opened, and what others said is marked. */
import { isRejection } from '@waymark/kernel';
import { Erasures } from './erasure.process';
import { accessEvents } from './subject-access';
import { how, ReceptionWorld, SERVICE } from './testing/reception-world';
import { AddInformation } from './referral.commands';
import { issue } from '@waymark/kernel';

let world: ReceptionWorld;
beforeEach(async () => (world = await ReceptionWorld.open()));
afterEach(() => world.close());

test('events of every referral and of the person, in order, opened, with marks', async () => {
  const { reception, loop, desk } = world.process();
  const { store, people, configuration, clock } = world;
  const own = await reception.receive(world.sent('self', { source: 'self', need: { inOwnWords: 'I want to bath safely' } }));
  if (isRejection(own)) throw new Error(own.detail);
  const body = { referralId: own.receipt.stream.split('-').slice(2).join('-'), from: 'gp', text: 'Her son telephoned' };
  await desk.addInformation(issue(Object.assign(new AddInformation(), body), how('information')));
  await reception.receive(world.sent('gp'));
  const personId = String((await store.read(own.receipt.stream))[0]?.data['personId']);

  const { person, referrals } = await new Erasures({ loop, store, people, configuration, clock }).history(SERVICE, personId);
  const events = accessEvents([...referrals.flat(), ...person], personId, (event) => people.open(event));

  expect(events.map(({ position }) => position)).toEqual(events.map(({ position }) => position).sort());
  const receipts = events.filter(({ type }) => type === 'ReferralReceived');
  expect(receipts.map(({ data, marks }) => [data['source'], marks])).toEqual([
    ['self', [{ field: 'referrer', why: 'about-somebody-else' }]],
    [
      'gp',
      [
        { field: 'referrer', why: 'about-somebody-else' },
        { field: 'words', why: 'may-tell-of-others' },
      ],
    ],
  ]);
  expect(receipts[0]?.data['words']).toMatchObject({ inOwnWords: 'I want to bath safely' });
  expect(events.find(({ type }) => type === 'InformationAdded')).toMatchObject({
    data: { words: { text: 'Her son telephoned' } },
    marks: [{ field: 'words', why: 'may-tell-of-others' }],
  });
  expect(events.map(({ type }) => type)).toContain('NeedClaimed');
});
