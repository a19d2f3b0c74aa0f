/** Taking referrals in: nothing is lost, nothing doubles, whoever sends what how often and wherever a process dies. */
import { isRejection, issue, type Issue, type Outcome, type RecordedEvent } from '@waymark/kernel';
import { placeOf } from './place';
import type { ReceptionAnswer } from './reception-answer';
import type { ReferralEvent } from './referral';
import { type ReceiveReferral, Withdraw } from './referral.commands';
import { Accept } from './triage.commands';
import { dyingAfter, Killed } from './testing/booking-world';
import { ada, how, ReceptionWorld, SERVICE } from './testing/reception-world';

let world: ReceptionWorld;
beforeEach(async () => {
  world = await ReceptionWorld.open();
});
afterEach(() => world.close());

const RECEIVED = ['ReferralReceived', 'ReferralStratified'];
const ADDED = ['InformationAdded', 'ReferralStratified'];
const bea: Partial<ReceiveReferral> = {
  person: { name: { family: 'Ferreira', given: ['Bea'] }, birthDate: '1950-05-05', nhsNumber: '999 000 0026' },
};
const daughter: Partial<ReceiveReferral> = {
  source: 'family',
  referrer: { name: 'Chi Okonkwo', relationship: 'daughter' },
  agreement: { basis: 'does-not-know' },
  need: { reason: 'She fell in the bath' },
  facts: { 'fall-in-3-months': true, 'unable-to-cope-tonight': true },
};

function taken(outcome: Outcome<ReceptionAnswer>): ReceptionAnswer {
  if (isRejection(outcome)) throw new Error(`${outcome.code} ${outcome.path}`);
  return outcome;
}

async function send(message: string, more: Partial<ReceiveReferral> = {}, otherwise: Partial<Issue> = {}): Promise<ReceptionAnswer> {
  return taken(await world.process().reception.receive(world.sent(message, more, otherwise)));
}

const idOf = (stream: readonly RecordedEvent[]) => stream[0]!.stream.split('-').slice(2).join('-');

describe('a referral', () => {
  it('is stored with what the rules suggest, and answered with a reference, a next step and a date', async () => {
    const answer = await send('one', { redFlags: [], facts: { cfs: 6, 'fall-in-3-months': true } });
    expect(answer).toMatchObject({
      outcome: 'accepted',
      reference: expect.stringMatching(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/),
      receivedAt: '2026-11-20T09:12:00.000Z',
      nextStep: { what: 'The team will read this referral', who: 'service', by: '2026-11-24' },
      replayed: false,
    });
    expect(answer.linkedTo).toBeUndefined();
    expect(answer.position).toBe(answer.receipt.position);
    expect(await world.types()).toEqual([RECEIVED]);
    const [stream] = await world.referrals();
    expect(placeOf(stream!)).toMatchObject({ stratum: 'frailty', priority: 'soon' });
  });

  it('holds nothing personal in the clear', async () => {
    await send('one', { priorityReason: 'Pip the dog', requestedPriority: 'soon', facts: { cfs: { value: 6, source: 'Chi says so' } } });
    const log: RecordedEvent[] = [];
    for await (const event of world.store.readAll())
      if (event.stream.startsWith('referral-') || event.stream.startsWith('person-')) log.push(event);
    const text = JSON.stringify(log);
    for (const secret of ['Okonkwo', 'Ada', '1941', '9990000018', 'Fictional', 'bath', 'Pip', 'Chi']) expect(text).not.toContain(secret);
  });

  it('sent again gives the first answer, also after somebody has decided', async () => {
    const first = await send('one');
    const asha = await world.practitioner('Asha Rahman', ['frailty', 'wider']);
    const [stream] = await world.referrals();
    const accept = Object.assign(new Accept(), {
      referralId: idOf(stream!),
      stratum: 'wider',
      tier: 'targeted',
      priority: 'routine',
      reason: 'agree-with-suggestion',
    });
    expect(await world.process().desk.accept(issue(accept, { ...how('accept'), actor: asha, seenRevision: 1 }))).toMatchObject({
      replayed: false,
    });
    expect(await send('one')).toEqual({ ...first, replayed: true, receipt: { ...first.receipt, replayed: true } });
    expect(await world.types()).toEqual([[...RECEIVED, 'ReferralAccepted']]);
  });

  it('with a used key and another body is refused', async () => {
    await send('one');
    const other = world.sent('one', bea, { fingerprint: 'another body' });
    expect(await world.process().reception.receive(other)).toMatchObject({ code: 'idempotency-key-reused' });
  });

  it('with mistakes is refused with all of them, and leaves nothing anywhere', async () => {
    const wrong = world.sent('one', { need: {}, facts: { 'shoe-size': 3 } });
    expect(await world.process().reception.receive(wrong)).toMatchObject({
      code: 'need-needed',
      errors: [{ path: '/need' }, { code: 'unknown-fact', path: '/facts/shoe-size' }],
    });
    expect(await world.referrals()).toEqual([]);
    expect(world.people.find('northbank', { nhsNumber: '9990000018' })).toEqual([]);
  });

  it('of somebody who said no leaves nothing anywhere, unless safety asks for it', async () => {
    const refused = { agreement: { basis: 'refused' as const } };
    expect(await world.process().reception.receive(world.sent('one', refused))).toMatchObject({ code: 'not-agreed' });
    expect(world.people.find('northbank', { nhsNumber: '9990000018' })).toEqual([]);
    const answer = await send('two', { ...refused, redFlags: ['immediate-danger'] });
    expect(answer.flags).toEqual(expect.arrayContaining(['refused', 'hold', 'agreement-outstanding']));
  });

  it('keyed in late starts its clock when it was received', async () => {
    const answer = await send('one', { receivedAt: '2026-11-16T10:00:00+00:00' });
    const [stream] = await world.referrals();
    expect(answer.receivedAt).toBe('2026-11-16T10:00:00.000Z');
    expect(placeOf(stream!)).toMatchObject({ clock: { start: '2026-11-16' }, triageDue: '2026-11-18T17:00:00.000Z' });
  });

  it('gives every door the same answer to the same facts', async () => {
    const facts = { cfs: 6, 'fall-in-3-months': true };
    await send('gp', { facts });
    await send('self', { ...bea, source: 'self', facts });
    const [one, two] = (await world.referrals()).map((events) => placeOf(events));
    expect({ ...one, ...two }).toMatchObject({
      stratum: one!.stratum,
      tier: one!.tier,
      priority: one!.priority,
      contactDue: one!.contactDue,
    });
  });
});

describe('a second referral for the same person', () => {
  it('is stored, adds what it says to the open one, and is linked to it', async () => {
    const first = await send('one');
    const second = await send('two', daughter);
    expect(second).toMatchObject({ outcome: 'linked', linkedTo: first.reference });
    expect(second.reference).not.toBe(first.reference);
    expect(await world.types()).toEqual([
      [...RECEIVED, ...ADDED],
      [...RECEIVED, 'ReferralLinkedAsDuplicate'],
    ]);
    const [open] = await world.referrals();
    expect(placeOf(open!)).toMatchObject({ priority: 'crisis', hold: true });
    const added = world.people.open(open![2]!) as RecordedEvent<Extract<ReferralEvent, { type: 'InformationAdded' }>>;
    expect(added.data.words).toMatchObject({ reason: 'She fell in the bath' });
  });

  it('sent again gives the first answer', async () => {
    await send('one');
    const second = await send('two', daughter);
    world.pass(60);
    const [, own] = await world.referrals();
    expect(await send('two', daughter)).toEqual({ ...second, replayed: true, receipt: { ...second.receipt, replayed: true } });
    expect((await world.referrals())[1]).toEqual(own);
    expect((await world.types())[0]).toEqual([...RECEIVED, ...ADDED]);
  });

  it('tells its sender no more than a first one would', async () => {
    await send('one');
    const [stream] = await world.referrals();
    const asha = await world.practitioner('Asha Rahman', ['wider']);
    const accept = Object.assign(new Accept(), {
      referralId: idOf(stream!),
      stratum: 'wider',
      tier: 'targeted',
      priority: 'routine',
      reason: 'agree-with-suggestion',
    });
    await world.process().desk.accept(issue(accept, { ...how('accept'), actor: asha, seenRevision: 1 }));
    expect((await send('two', { need: { reason: 'Also dressing' } })).nextStep.what).toBe('The team will read this referral');
  });

  it('stated to be another need stands for itself', async () => {
    await send('one');
    expect(await send('two', { separateNeed: 'This is about work' })).toMatchObject({ outcome: 'accepted' });
    expect(await world.types()).toEqual([RECEIVED, RECEIVED]);
  });

  it('after the first has ended is a new one, with a clock of its own', async () => {
    await send('one');
    const [stream] = await world.referrals();
    const withdraw = Object.assign(new Withdraw(), { referralId: idOf(stream!), by: 'person', reason: 'no-longer-needed' });
    expect(await world.process().desk.withdraw(issue(withdraw, how('withdraw')))).toMatchObject({ replayed: false });
    world.pass(60 * 24);
    expect(await send('two', daughter)).toMatchObject({ outcome: 'accepted' });
    expect(await send('three', { need: { reason: 'Again' } })).toMatchObject({ outcome: 'linked' });
    expect(await world.types()).toEqual([
      [...RECEIVED, 'ReferralWithdrawn'],
      [...RECEIVED, ...ADDED],
      [...RECEIVED, 'ReferralLinkedAsDuplicate'],
    ]);
  });

  it('of somebody else is nobody’s duplicate', async () => {
    await send('one');
    expect(await send('two', bea)).toMatchObject({ outcome: 'accepted' });
  });

  it('sent by a crowd at the same moment is answered to every one of them, and leaves one open referral', async () => {
    const { reception } = world.process();
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, n) => reception.receive(world.sent(`crowd-${n}`, { need: { reason: `Reason ${n}` } }))),
    );
    expect(answers.map((answer) => taken(answer).outcome).sort()).toEqual(['accepted', ...Array<string>(23).fill('linked')]);
    const open = (await world.referrals()).map((events) => placeOf(events)).filter((place) => place?.stage !== 'ended');
    expect(open).toHaveLength(1);
  });

  it('at the same moment leaves one open referral, whichever was first', async () => {
    const { reception } = world.process();
    const answers = (await Promise.all(['one', 'two', 'three'].map((message) => reception.receive(world.sent(message, daughter))))).map(
      taken,
    );
    expect(answers.map(({ outcome }) => outcome).sort()).toEqual(['accepted', 'linked', 'linked']);
    const open = (await world.referrals()).map((events) => placeOf(events)).filter((place) => !place?.ended);
    expect(open.map((place) => place?.reference)).toEqual([answers.find(({ outcome }) => outcome === 'accepted')?.reference]);
  });
});

describe('the sender’s own identifier', () => {
  const identifier = [{ system: 'https://practice.example/referrals', value: '42' }];

  it('sent in another message adds to the same referral', async () => {
    const first = await send('one', { identifier });
    const second = await send('two', { identifier, need: { reason: 'She fell' }, facts: { 'fall-in-3-months': true } });
    expect(second).toMatchObject({ outcome: 'linked', reference: first.reference, linkedTo: first.reference });
    expect(await world.types()).toEqual([[...RECEIVED, ...ADDED]]);
    expect(await send('two', { identifier, need: { reason: 'She fell' }, facts: { 'fall-in-3-months': true } })).toMatchObject({
      replayed: true,
      position: second.position,
    });
    expect(await world.types()).toEqual([[...RECEIVED, ...ADDED]]);
  });

  it('after the referral has ended names a new one, and its message is still answered alike', async () => {
    await send('one', { identifier });
    const [stream] = await world.referrals();
    const withdraw = Object.assign(new Withdraw(), { referralId: idOf(stream!), by: 'person', reason: 'no-longer-needed' });
    await world.process().desk.withdraw(issue(withdraw, how('withdraw')));
    const again = await send('two', { identifier });
    expect(again.outcome).toBe('accepted');
    expect(await send('two', { identifier })).toMatchObject({ reference: again.reference, replayed: true });
    expect(await send('three', { identifier })).toMatchObject({ outcome: 'linked', linkedTo: again.reference });
  });

  it('used for somebody with another NHS number is not the same referral', async () => {
    await send('one', { identifier });
    expect(await send('two', { identifier, ...bea })).toMatchObject({ outcome: 'accepted' });
    expect(await world.types()).toEqual([RECEIVED, RECEIVED]);
  });

  it('twice at the same moment is one referral', async () => {
    const { reception } = world.process();
    const answers = (await Promise.all(['one', 'two'].map((message) => reception.receive(world.sent(message, { identifier }))))).map(taken);
    expect(new Set(answers.map(({ reference }) => reference)).size).toBe(1);
    expect(await world.types()).toEqual([[...RECEIVED, ...ADDED]]);
  });
});

describe('a process that dies', () => {
  /** Appends of a whole reception: receipt, claim; or receipt, claim refused, information, link. */
  it.each([1, 2])('after append %i of a first referral is finished by the same message', async (appends) => {
    const dying = world.process(dyingAfter(appends, world.store)).reception;
    await expect(dying.receive(world.sent('one'))).rejects.toThrow(Killed);
    const answer = await send('one');
    expect(answer).toMatchObject({ outcome: 'accepted', replayed: true });
    expect(await world.types()).toEqual([RECEIVED]);
    expect(await send('two', daughter)).toMatchObject({ outcome: 'linked', linkedTo: answer.reference });
  });

  it.each([1, 2, 3])('after append %i of a second referral is finished by the same message, and nothing doubles', async (appends) => {
    const first = await send('one');
    const dying = world.process(dyingAfter(appends, world.store)).reception;
    await expect(dying.receive(world.sent('two', daughter))).rejects.toThrow(Killed);
    const answer = await send('two', daughter);
    expect(answer).toMatchObject({ outcome: 'linked', linkedTo: first.reference });
    expect(await world.types()).toEqual([
      [...RECEIVED, ...ADDED],
      [...RECEIVED, 'ReferralLinkedAsDuplicate'],
    ]);
    expect(await send('two', daughter)).toMatchObject({ position: answer.position, reference: answer.reference });
  });

  it.each([1, 2, 3])('after append %i of a second referral is finished without its sender, who then hears of the same', async (appends) => {
    const first = await send('one');
    await expect(world.process(dyingAfter(appends, world.store)).reception.receive(world.sent('two', daughter))).rejects.toThrow(Killed);
    const [, second] = await world.referrals();
    const { reception } = world.process();
    const about = { service: SERVICE, referralId: idOf(second!) };
    for (let times = 0; times < 2; times++) expect(isRejection(await reception.finish(about))).toBe(false);
    const linked = [
      [...RECEIVED, ...ADDED],
      [...RECEIVED, 'ReferralLinkedAsDuplicate'],
    ];
    expect(await world.types()).toEqual(linked);
    expect(await send('two', daughter)).toMatchObject({ outcome: 'linked', linkedTo: first.reference, replayed: true });
    expect(await world.types()).toEqual(linked);
  });

  it('after the receipt alone: what is left makes it the open one of the person', async () => {
    await expect(world.process(dyingAfter(1, world.store)).reception.receive(world.sent('one'))).rejects.toThrow(Killed);
    const [only] = await world.referrals();
    await world.process().reception.finish({ service: SERVICE, referralId: idOf(only!) });
    expect(await send('two', daughter)).toMatchObject({ outcome: 'linked' });
  });

  it.each([1, 2])('after append %i while taking over from a referral that has ended', async (appends) => {
    await send('one');
    const [stream] = await world.referrals();
    const withdraw = Object.assign(new Withdraw(), { referralId: idOf(stream!), by: 'person', reason: 'no-longer-needed' });
    await world.process().desk.withdraw(issue(withdraw, how('withdraw')));
    await expect(world.process(dyingAfter(appends, world.store)).reception.receive(world.sent('two'))).rejects.toThrow(Killed);
    const answer = await send('two');
    expect(answer.outcome).toBe('accepted');
    expect(await send('three', daughter)).toMatchObject({ outcome: 'linked', linkedTo: answer.reference });
  });

  it.each([1, 2])('after append %i while a known identifier adds information', async (appends) => {
    const identifier = [{ system: 'https://practice.example/referrals', value: '42' }];
    await send('one', { identifier });
    const dying = world.process(dyingAfter(appends, world.store)).reception.receive(world.sent('two', { identifier }));
    await (appends === 1 ? expect(dying).rejects.toThrow(Killed) : expect(dying).resolves.toMatchObject({ outcome: 'linked' }));
    await send('two', { identifier });
    expect(await world.types()).toEqual([[...RECEIVED, ...ADDED]]);
  });
});

it('two services know nothing of each other’s people', async () => {
  expect(ada.person.nhsNumber).toBeDefined();
  await send('one');
  const found = await world.people.match('southbank', { nhsNumber: '9990000018' }, '5f0c2c8e-92c0-5b0e-8f5e-0d7a4f3f1aff');
  expect(found).toMatchObject({ matched: 'new', possible: false });
});
