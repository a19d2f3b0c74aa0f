import { ERASED, type RecordedEvent } from '@waymark/kernel';
import type { Reception } from './receive.process';
import { referralView } from './referral-view';
import { ReceptionWorld } from './testing/reception-world';
import { BOOKING, booked, accepted, oneOfEach } from './testing/histories';

let world: ReceptionWorld;
beforeAll(async () => {
  world = await ReceptionWorld.open();
});
afterAll(() => world.close());

const sent = {
  source: 'family' as const,
  suggestedBy: 'gp',
  identifier: [{ system: 'https://practice.example/referrals', value: '42' }],
  person: {
    name: { family: 'Okonkwo', given: ['Ada'], preferred: 'Addie' },
    birthDate: '1941-02-03',
    nhsNumber: '9990000018',
    gender: 'female' as const,
    address: { line: ['1 High Street'], postalCode: 'ZZ99 3WZ' },
    telecom: [{ system: 'phone' as const, value: '01632 960001' }],
    gpPractice: { ods: 'A99999', name: 'Quayside Surgery' },
    language: 'en',
    interpreter: false,
    formats: ['large-print'],
    adjustments: ['Speak slowly'],
    safeContact: { voicemail: false, sayWhoWeAre: false, telecom: [], note: 'Only mornings' },
  },
  referrer: {
    name: 'Chi Okonkwo',
    relationship: 'daughter',
    telecom: [{ system: 'sms' as const, value: '07700 900001' }],
    organization: { ods: 'A99999', name: 'Quayside Surgery' },
  },
  agreement: { basis: 'agreed' as const, authority: 'none' as const, on: '2026-11-19', note: 'She said yes' },
  need: {
    inOwnWords: 'I want to bath safely',
    reason: 'Fell in the bath',
    difficulties: ['moving-falls'],
    types: ['frailty-dementia'],
    conditions: [{ system: 'http://snomed.info/sct', code: '1', display: 'Frailty' }],
  },
  facts: {
    cfs: { value: 6, on: '2026-11-01', source: 'GP letter', by: 'clinician' as const },
    'fall-in-3-months': true,
    'lives-alone': 'unknown',
  },
  redFlags: [],
  riskToStaff: 'A dog',
  safeguarding: { concern: true, note: 'Bruises' },
  requestedPriority: 'soon' as const,
  priorityReason: 'Getting worse',
  separateNeed: 'Another need',
  equality: { ethnicity: 'P', deprivation: { decile: 3, table: 'imd-2019' } },
};

async function stored(reception: Reception): Promise<{ events: RecordedEvent[]; reference: string }> {
  const answer = await reception.receive(world.sent('one', sent));
  if ('rejected' in answer) throw new Error(`${answer.code} ${answer.path}`);
  const events = await world.store.read(answer.receipt.stream);
  return { events: events.map((event) => world.people.open(event)), reference: answer.reference };
}

it('a referral is given back as it was sent, with where it stands', async () => {
  const { events, reference } = await stored(world.process().reception);
  const view = referralView(events, await world.configuration.current('northbank'), '2026-11-25T12:00:00.000Z');
  expect(view).toMatchObject({ ...sent, service: 'northbank', receivedAt: '2026-11-20T09:12:00.000Z' });
  expect(view).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    reference,
    channel: 'api',
    revision: 1,
    stage: 'triage',
    flags: expect.arrayContaining(['safeguarding', 'hold', 'adjustments']),
    nextStep: { who: 'service' },
    clock: { start: '2026-11-20', days: 5 },
    suggestion: {
      stratum: 'frailty',
      targets: { triage: expect.any(String), firstContact: expect.any(String), treatment: '2027-03-26' },
      reasons: expect.arrayContaining([
        expect.objectContaining({ rule: 'fra-02', evidence: expect.arrayContaining([{ fact: 'cfs', value: 6, on: '2026-11-01' }]) }),
      ]),
      ruleSet: expect.any(String),
    },
    appointments: [],
    goals: [],
    measures: [],
    contacts: { used: 0, allowed: 6 },
    erased: false,
  });
  expect(view.decision).toBeUndefined();
});

it('what came later is shown beside it', async () => {
  const { events } = await stored(world.process().reception);
  const later = [accepted(), booked(), oneOfEach.Attended, oneOfEach.TreatmentStarted, oneOfEach.MeasureRecorded, oneOfEach.Discharged];
  const history = [...events, ...later.map((event, index) => ({ ...events[0]!, ...event, revision: 2 + index }))] as RecordedEvent[];
  const view = referralView(history, await world.configuration.current('northbank'), '2027-06-01T12:00:00.000Z');
  expect(view).toMatchObject({
    revision: 7,
    stage: 'ended',
    clock: { start: '2026-11-20', stop: '2026-12-07', days: 17 },
    decision: { type: 'ReferralAccepted', stratum: 'frailty', tier: 'targeted', priority: 'routine', reason: 'agree-with-suggestion' },
    appointments: [{ id: BOOKING, status: 'attended', start: '2026-12-07T09:30:00.000Z' }],
    measures: [{ instrument: 'wsas', value: 20, occasion: 'baseline' }],
    contacts: { used: 1, allowed: 6 },
    ended: { how: 'discharged', reason: 'goals-met' },
  });
});

it('an erased person leaves the coded facts and nothing else', async () => {
  const { events } = await stored(world.process().reception);
  const erased = events.map((event) =>
    event.type === 'ReferralReceived' ? { ...event, data: { ...event.data, person: ERASED, words: ERASED, referrer: ERASED } } : event,
  );
  const view = referralView(erased, await world.configuration.current('northbank'), world.now);
  expect(view).toMatchObject({ erased: true, facts: { 'fall-in-3-months': true, cfs: { value: 6, on: '2026-11-01', by: 'clinician' } } });
  for (const secret of ['Okonkwo', 'Ada', '1941', 'bath', 'Bruises', 'dog']) expect(JSON.stringify(view)).not.toContain(secret);
});
