/** The end of a person's data, with real keys: two people, fourteen days, and whatever comes up in between. */
import { derivedId, isErased, isRejection, issue, type Actor, type Issue } from '@waymark/kernel';
import { ApproveErasure, CarryOutErasure, PlaceLegalHold, RequestErasure } from '@waymark/people';
import { Erasures, type ErasuresOptions } from './erasure.process';
import { Reception, type ReceptionOptions } from './receive.process';
import type { ReceptionAnswer } from './reception-answer';
import { EnterInError, type ReceiveReferral } from './referral.commands';
import { how, ReceptionWorld, SERVICE } from './testing/reception-world';

const DAY = 24 * 60;
const YEAR = 366 * DAY;

let world: ReceptionWorld;
let lead: Actor;
const operator: Actor = { kind: 'system', id: 'system', role: 'system' };

beforeEach(async () => {
  world = await ReceptionWorld.open();
  lead = await world.practitioner('Tom Okafor', ['frailty'], 'OT90002');
});
afterEach(() => world.close());

const erasures = () => {
  const { loop } = world.process();
  const { store, people, configuration, clock } = world;
  return new Erasures({ loop, store, people, configuration, clock });
};
const issued = (key: string, actor: Actor): Issue => ({ ...how(key), actor });

async function received(message: string, more: Partial<ReceiveReferral> = {}): Promise<ReceptionAnswer> {
  const answer = await world.process().reception.receive(world.sent(message, more));
  if (isRejection(answer)) throw new Error(answer.detail);
  return answer;
}

async function personOf(answer: ReceptionAnswer): Promise<string> {
  const [receipt] = await world.store.read(answer.receipt.stream);
  return String(receipt?.data['personId']);
}

/** Received, and ended by a correction, years ago. */
async function longGone(): Promise<{ answer: ReceptionAnswer; personId: string }> {
  const answer = await received('one');
  const referralId = answer.receipt.stream.split('-').slice(2).join('-');
  const body = Object.assign(new EnterInError(), { referralId, reason: 'wrong-person' });
  const ended = await world.process().desk.enterInError(issue(body, { ...issued('end', lead), seenRevision: answer.receipt.revision }));
  if (isRejection(ended)) throw new Error(ended.detail);
  world.pass(9 * YEAR);
  return { answer, personId: await personOf(answer) };
}

const request = (personId: string, key = 'request') =>
  erasures().request(issue(Object.assign(new RequestErasure(), { personId, reason: 'Kept long enough' }), issued(key, operator)));
const approve = (personId: string, requestId: string) =>
  erasures().approve(issue(Object.assign(new ApproveErasure(), { personId, request: requestId }), issued('approve', lead)));
const carryOut = (personId: string, requestId: string, key = 'carry out') =>
  erasures().carryOut(issue(Object.assign(new CarryOutErasure(), { personId, request: requestId }), issued(key, operator)));
const requestIdOf = (key = 'request') => derivedId('erasure', issued(key, operator).commandId);

test('the preview says what would go, whose data stays, and what keeps it', async () => {
  const answer = await received('one');
  const personId = await personOf(answer);
  expect(await erasures().preview(SERVICE, personId)).toEqual({
    referrals: 1,
    events: 1,
    fields: 2,
    stays: [{ whose: 'referrer', fields: 1 }],
    open: [answer.reference],
    retention: null,
    kept: [`Referral ${answer.reference} is open`],
    held: [],
  });
  expect(await request(personId)).toMatchObject({ code: 'may-not-be-erased' });
});

test('two people and fourteen days later it is done: the person cannot be read, the referrer can', async () => {
  const { answer, personId } = await longGone();
  expect(await request(personId)).toMatchObject({ events: [{ type: 'PersonErasureRequested' }] });
  expect(await approve(personId, requestIdOf())).toMatchObject({ events: [{ type: 'PersonErasureApproved' }] });
  world.pass(13 * DAY);
  expect(await carryOut(personId, requestIdOf())).toMatchObject({ code: 'erasure-not-due' });
  world.pass(DAY);
  expect(await carryOut(personId, requestIdOf())).toMatchObject({ events: [{ type: 'PersonErased' }] });

  const receipt = world.people.open((await world.store.read(answer.receipt.stream))[0]!);
  expect(isErased(receipt.data['person'])).toBe(true);
  expect(isErased(receipt.data['words'])).toBe(true);
  expect(receipt.data['referrer']).toMatchObject({ name: 'Dr Fictional' });
  const asked = (await world.store.read(`person-northbank-${personId}`)).find(({ type }) => type === 'PersonErasureRequested')!;
  expect(world.people.open(asked).data['why']).toBe('Kept long enough');
  expect(await erasures().preview(SERVICE, personId)).toMatchObject({ code: 'person-erased' });
});

test('somebody who comes back before the day is not erased, and is asked about again when the time has come', async () => {
  const { personId } = await longGone();
  await request(personId);
  await approve(personId, requestIdOf());
  const back = await received('two');
  expect(await personOf(back)).toBe(personId);
  world.pass(15 * DAY);
  expect(await carryOut(personId, requestIdOf())).toMatchObject({ events: [{ type: 'PersonErasureCancelled' }] });
  expect(await request(personId, 'again')).toMatchObject({ code: 'may-not-be-erased' });
});

test('a legal hold stops the request, and shows in the preview', async () => {
  const { personId } = await longGone();
  await erasures().placeHold(issue(Object.assign(new PlaceLegalHold(), { personId, reason: 'A complaint' }), issued('hold', operator)));
  expect(await erasures().preview(SERVICE, personId)).toMatchObject({ held: ['There is a legal hold'], kept: [] });
  expect(await request(personId)).toMatchObject({ code: 'may-not-be-erased' });
});

test('a process that died after the event: the same step again destroys the keys', async () => {
  const { answer, personId } = await longGone();
  await request(personId);
  await approve(personId, requestIdOf());
  world.pass(15 * DAY);
  const { loop } = world.process();
  const { store, configuration, clock } = world;
  const people: ErasuresOptions['people'] = {
    open: (event) => world.people.open(event),
    streamsOf: (id: string) => world.people.streamsOf(id),
    erase: () => Promise.reject(new Error('killed')),
  };
  const dying = new Erasures({ loop, store, people, configuration, clock });
  const body = () => issue(Object.assign(new CarryOutErasure(), { personId, request: requestIdOf() }), issued('carry out', operator));
  await expect(dying.carryOut(body())).rejects.toThrow('killed');
  const receipt = (await world.store.read(answer.receipt.stream))[0]!;
  expect(isErased(world.people.open(receipt).data['person'])).toBe(false);
  expect(await erasures().carryOut(body())).toMatchObject({ replayed: true });
  expect(isErased(world.people.open(receipt).data['person'])).toBe(true);
});

test('somebody erased between being recognised and being stored is taken in as somebody new', async () => {
  const { personId } = await longGone();
  const { people, configuration, clock, now } = world;
  let left = 1;
  const meanwhile: ReceptionOptions['people'] = {
    referenceKey: people.referenceKey,
    open: (event) => people.open(event),
    async match(...details) {
      const found = await people.match(...details);
      if (left-- > 0) await people.erase([personId], now);
      return found;
    },
  };
  const reception = new Reception({ loop: world.process().loop, people: meanwhile, configuration, clock });
  const answer = await reception.receive(world.sent('two'));
  if (isRejection(answer)) throw new Error(answer.detail);
  expect(await personOf(answer)).not.toBe(personId);
  expect(answer.outcome).toBe('accepted');
});
