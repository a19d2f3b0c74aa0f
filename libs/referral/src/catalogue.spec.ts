/** The commands, all of them: what they say of themselves is so. */
import 'reflect-metadata';
import { CommandLoop, memoryEventStore } from '@waymark/event-store';
import { derivedId, isRejection, reject, type Decider, type DomainEvent, type Issue } from '@waymark/kernel';
import { appointmentEvents } from './appointments';
import { attentionEvents } from './attention';
import { referralCommands } from './catalogue';
import { dischargeEvents } from './discharge';
import { place, type ReferralStreamEvent } from './place';
import { planEvents } from './plan';
import { referralEvents } from './referral';
import { oneOfEach, received, stratified } from './testing/histories';
import { triageEvents } from './triage';
import { wordsOf } from './words';

const types = Object.keys(place.folds);
const decisions = referralCommands.filter(({ decision }) => decision);
const definitions = { ...referralEvents, ...triageEvents, ...appointmentEvents, ...planEvents, ...dischargeEvents, ...attentionEvents };

it('the events of a referral are those that its six files define', () => {
  expect(types.sort()).toEqual(Object.keys(definitions).sort());
});

it.each(referralCommands.map((each) => [each.name, each] as const))(
  '%s says what it appends and how it may be refused',
  (_, { events, refusals, command }) => {
    expect(events.length).toBeGreaterThan(0);
    expect(refusals.length).toBeGreaterThan(0);
    expect(typeof command).toBe('function');
    for (const type of events) expect(type in definitions || type.startsWith('Slot')).toBe(true);
  },
);

it('every command has a name of its own', () => {
  expect(new Set(referralCommands.map(({ name }) => name)).size).toBe(referralCommands.length);
  expect(new Set(referralCommands.map(({ command }) => command)).size).toBe(referralCommands.length);
});

it.each(decisions.map((each) => [each.name, each] as const))(
  '%s knows of every kind of event whether it bears on it',
  (_, { dependsOn = [], unrelated = [] }) => {
    expect([...dependsOn, ...unrelated].sort()).toEqual(types);
  },
);

const how = (key: string, seenRevision?: number): Issue => ({
  service: 'northbank',
  actor: { kind: 'system', id: 'system', role: 'system' },
  commandId: derivedId('command', key),
  correlationId: derivedId('correlation', key),
  channel: 'api',
  ...(seenRevision === undefined ? {} : { seenRevision }),
});

/** Decides nothing but that it was asked at all. */
const asked: Decider<undefined, readonly DomainEvent[], never, DomainEvent, undefined> = {
  name: 'asked',
  folds: {},
  initial: undefined,
  evolve: () => undefined,
  decide: (events) => (events.length > 0 ? events : reject('reached', 'The decision was made anew')),
};

describe.each(decisions.map((each) => [each.name, each] as const))(
  '%s, decided on a screen before which something was recorded',
  (name, { dependsOn = [] }) => {
    const followers = Object.values(oneOfEach).filter(({ type }) => type !== 'ReferralReceived');
    it.each(followers.map((event) => [event.type, event] as const))('%s', async (type, event: ReferralStreamEvent) => {
      const store = memoryEventStore();
      const loop = new CommandLoop({
        store,
        clock: () => new Date(),
        definitions,
        words: wordsOf,
        sealer: { seal: async (_, events) => [...events] },
      });
      const run = (command: readonly DomainEvent[], issue: Issue, decision = false) =>
        loop.run({
          stream: 'referral-northbank-1',
          decider: asked,
          command,
          issue,
          context: () => undefined,
          ...(decision ? { dependsOn } : {}),
        });
      await run([received(), stratified()], how('receipt'));
      await run([event], how('between'));

      const stale = await run([], how(name, 1), true);
      if (!isRejection(stale)) throw new Error('Neither stale nor asked');
      expect(stale.code).toBe(dependsOn.includes(type) ? 'stale' : 'reached');
      if (stale.code === 'stale') expect(stale.since).toEqual([expect.objectContaining({ type, words: wordsOf(event) })]);

      expect(await run([], how(name, 2), true)).toMatchObject({ code: 'reached' });
    });
  },
);
