/** The desk: who may ask what about a referral, by the service's own lists and rules. */
import { isRejection, issue, type Actor, type Issue } from '@waymark/kernel';
import { placeOf } from './place';
import { AddInformation, EnterInError, RecordDeath, Withdraw } from './referral.commands';
import { how, ReceptionWorld } from './testing/reception-world';
import { Accept, Claim, Decline, Redirect, ReturnWithAdvice } from './triage.commands';

let world: ReceptionWorld;
let asha: Actor;
let id: string;
beforeEach(async () => {
  world = await ReceptionWorld.open();
  asha = await world.practitioner('Asha Rahman', ['frailty', 'wider']);
  const answer = await world.process().reception.receive(world.sent('one'));
  if (isRejection(answer)) throw new Error(answer.code);
  id = answer.receipt.stream.split('-').slice(2).join('-');
});
afterEach(() => world.close());

const nobody: Actor = { kind: 'public', id: 'public', role: 'public' };
const by = (actor: Actor, key: string, seenRevision = 1): Issue => ({ ...how(key), actor, seenRevision });
const accepting = (stratum: 'frailty' | 'work' | 'wider' = 'wider') =>
  Object.assign(new Accept(), {
    referralId: id,
    stratum,
    tier: 'targeted' as const,
    priority: 'routine' as const,
    reason: 'agree-with-suggestion',
  });
const place = async () => placeOf((await world.referrals())[0] ?? []);

describe('triage', () => {
  it('is decided by a practitioner of the service whose scope covers the group they accept into', async () => {
    const { desk } = world.process();
    expect(await desk.accept(issue(accepting(), by(nobody, 'a')))).toMatchObject({ code: 'actor-needed' });
    expect(await desk.accept(issue(accepting(), by({ ...asha, id: id }, 'b')))).toMatchObject({ code: 'not-registered' });
    expect(await desk.accept(issue(accepting('work'), by(asha, 'c')))).toMatchObject({ code: 'out-of-scope' });
    expect(await desk.accept(issue(accepting('frailty'), by(asha, 'd')))).toMatchObject({
      events: [{ type: 'ReferralAccepted' }],
      revision: 2,
    });
  });

  it('carries the revision that was on the screen', async () => {
    const { desk } = world.process();
    await desk.addInformation(
      issue(Object.assign(new AddInformation(), { referralId: id, from: 'family', text: 'She fell' }), how('info')),
    );
    expect(await desk.accept(issue(accepting(), by(asha, 'a', 1)))).toMatchObject({
      code: 'stale',
      since: [{ type: 'InformationAdded', words: 'Information added, from family' }, { type: 'ReferralStratified' }],
    });
    expect(await desk.accept(issue(accepting(), by(asha, 'a', 3)))).toMatchObject({ events: [{ type: 'ReferralAccepted' }] });
  });

  it('may follow one’s own claim without looking again', async () => {
    const { desk } = world.process();
    await desk.claim(issue(Object.assign(new Claim(), { referralId: id }), by(asha, 'claim')));
    expect(await place()).toMatchObject({ claim: { by: asha.id, until: '2026-11-20T09:27:00.000Z' } });
    expect(await desk.accept(issue(accepting(), by(asha, 'a', 1)))).toMatchObject({ revision: 3 });
    expect(await place()).toMatchObject({ stage: 'waiting', contactDue: '2027-01-06T17:00:00.000Z', contacts: { allowed: 6 } });
  });

  it('uses the service’s own reasons, criteria and directory', async () => {
    const { desk } = world.process();
    const declining = (criterion: string, alternative: string) =>
      issue(
        Object.assign(new Decline(), { referralId: id, reason: 'spoke-with-person', criterion, alternative }),
        by(asha, `${criterion} ${alternative}`),
      );
    expect(await desk.decline(declining('capacity', 'gp-practice'))).toMatchObject({ code: 'unknown-code', path: '/criterion' });
    expect(await desk.decline(declining('outside-area', 'nowhere'))).toMatchObject({ code: 'unknown-code', path: '/alternative' });
    const redirecting = (to: string) =>
      issue(Object.assign(new Redirect(), { referralId: id, to, reason: 'better-met-elsewhere' }), by(asha, to));
    expect(await desk.redirect(redirecting('nowhere'))).toMatchObject({ code: 'unknown-code', path: '/to' });
    expect(await desk.redirect(redirecting('falls-service'))).toMatchObject({ events: [{ type: 'ReferralRedirected' }] });
    // Ten working days, over no holiday.
    expect(await place()).toMatchObject({ handedOver: { acceptanceDue: '2026-12-04T17:00:00.000Z' } });
  });

  it('keeps the advice for the referrer sealed', async () => {
    const returning = Object.assign(new ReturnWithAdvice(), { referralId: id, reason: 'advice-is-enough', advice: 'Try a bath board' });
    expect(await world.process().desk.returnWithAdvice(issue(returning, by(asha, 'r')))).toMatchObject({ revision: 2 });
    const [events] = await world.referrals();
    expect(JSON.stringify(events)).not.toContain('bath board');
    expect(world.people.open(events![2]!).data).toMatchObject({ advice: 'Try a bath board' });
  });
});

describe('new information', () => {
  const telling = (more: Partial<AddInformation>) =>
    issue(Object.assign(new AddInformation(), { referralId: id, from: 'family', ...more }), by(nobody, JSON.stringify(more)));

  it('from anybody runs the service’s rules again', async () => {
    expect(await world.process().desk.addInformation(telling({ redFlags: ['carer-cannot-continue'] }))).toMatchObject({ revision: 3 });
    expect(await place()).toMatchObject({ priority: 'crisis', hold: true });
  });

  it('is checked against the catalogue, and says something', async () => {
    const { desk } = world.process();
    expect(await desk.addInformation(telling({ facts: { cfs: 12 } }))).toMatchObject({ code: 'invalid', path: '/facts/cfs' });
    expect(await desk.addInformation(telling({ redFlags: ['shoes'] }))).toMatchObject({ code: 'unknown-fact', path: '/redFlags/0' });
    expect(await desk.addInformation(telling({ text: ' ' }))).toMatchObject({ code: 'information-needed' });
  });
});

describe('closing', () => {
  it('is for somebody who says who they are', async () => {
    const { desk } = world.process();
    const withdraw = Object.assign(new Withdraw(), { referralId: id, by: 'person' as const, reason: 'no-longer-needed' });
    expect(await desk.withdraw(issue(withdraw, by(nobody, 'w')))).toMatchObject({ code: 'actor-needed' });
    expect(await desk.recordDeath(issue(Object.assign(new RecordDeath(), { referralId: id }), by(nobody, 'd')))).toMatchObject({
      code: 'actor-needed',
    });
    expect(await desk.withdraw(issue(withdraw, by(asha, 'w')))).toMatchObject({ events: [{ type: 'ReferralWithdrawn' }] });
  });

  it('uses the service’s reasons', async () => {
    const { desk } = world.process();
    const erring = (reason: string) => issue(Object.assign(new EnterInError(), { referralId: id, reason }), by(asha, reason));
    expect(await desk.enterInError(erring('shoes'))).toMatchObject({ code: 'unknown-code', path: '/reason' });
    expect(await desk.enterInError(erring('wrong-person'))).toMatchObject({ events: [{ type: 'ReferralEnteredInError' }] });
    expect(await place()).toMatchObject({ stage: 'ended' });
  });

  it('by a death is always possible, and again it is nothing to do', async () => {
    const { desk } = world.process();
    const dying = (key: string) => issue(Object.assign(new RecordDeath(), { referralId: id, on: '2026-11-19' }), by(asha, key));
    expect(await desk.recordDeath(dying('first word'))).toMatchObject({ events: [{ type: 'DeathRecorded' }] });
    expect(await desk.recordDeath(dying('second word'))).toMatchObject({ events: [] });
  });
});
