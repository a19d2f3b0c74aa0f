/**
 * Histories of referrals in the product's own events, as three years of a service would leave them: referrals arrive
 * evenly, each lives for months, so the events of many stand between two events of one.
 */
import { randomBytes } from 'node:crypto';
import { kernel, readModels } from './product.mjs';

const { eventDefinitions } = readModels;
const { londonDate, referenceOf } = kernel;

const DAY = 86_400_000;
const START = Date.parse('2023-11-06T00:00:00.000Z');
const SPAN_DAYS = 3 * 365;
/** Referrals that one service receives in three years (domain: six million in all England's 1,250). */
const LIVES_OF_A_SERVICE = 4_800;
const REFERENCE_KEY = Buffer.from('the key of references in a bench');

/** An append: the day of the life on which it comes, and its events. */
const COURSE = [
  [0, ['ReferralReceived', 'ReferralStratified']],
  [1, ['ReferralClaimed']],
  [1, ['ReferralAccepted']],
  [12, ['AppointmentBooked']],
  [33, ['Attended']],
  [33, ['TreatmentStarted']],
  [33, ['MeasureRecorded']],
  [34, ['AppointmentBooked']],
  [75, ['Attended']],
  [75, ['MeasureRecorded']],
  [80, ['Discharged']],
];
/** Ten events and still in treatment. */
export const TEN_EVENTS = COURSE.slice(0, 9);
/** Three events: accepted and waiting. */
export const ACCEPTED = [
  [0, ['ReferralReceived', 'ReferralStratified']],
  [1, ['ReferralAccepted']],
];
export const CLOSED = [
  [0, ['ReferralReceived', 'ReferralStratified']],
  [2, ['ReferralWithdrawn']],
];
const MISSED = [
  ...COURSE.slice(0, 4),
  [30, ['DidNotAttend']],
  [37, ['AppointmentBooked']],
  [58, ['Attended']],
  [58, ['TreatmentStarted']],
  [58, ['MeasureRecorded']],
  [95, ['Discharged']],
];
const WITHDRAWN = [
  ...COURSE.slice(0, 1),
  [3, ['InformationAdded', 'ReferralStratified']],
  [4, ['ReferralClaimed']],
  [4, ['ReferralAccepted']],
  [20, ['AppointmentBooked']],
  [36, ['AppointmentCancelledByService']],
  [110, ['ReferralWithdrawn']],
];
const LIVES = [COURSE, COURSE, MISSED, COURSE, WITHDRAWN, COURSE, MISSED, COURSE, WITHDRAWN, TEN_EVENTS];

/** Every day of a life on which something can happen. */
const DAYS = [...new Set([...LIVES, ACCEPTED, CLOSED].flatMap((life) => life.map(([day]) => day)))];
const MOST_REFERRALS = 2 ** 23;

/**
 * Appends `{ stream, expected, events, at }` in the order of their times, until there are `events` (all, when absent), one day
 * after the other, so that a history of any length takes the memory of one day. `lifeOf` names the course of a referral,
 * `serviceOf` the service of some; personal fields hold what `seal` makes of them.
 */
export function* historyOf({ referrals, events = Infinity, lifeOf = mixed, service, serviceOf = () => service, seal = sealedAlike }) {
  if (referrals > MOST_REFERRALS) throw new Error(`A history has at most ${MOST_REFERRALS} referrals`);
  const services = service ? 1 : Math.max(1, Math.round(referrals / LIVES_OF_A_SERVICE));
  let made = 0;
  for (let day = 0; day <= SPAN_DAYS + Math.max(...DAYS); day++) {
    for (const key of inOrder(day, referrals, lifeOf)) {
      if (made >= events) return;
      const n = Math.floor(key / 16) % MOST_REFERRALS;
      const about = referralOf(n, serviceOf(n) ?? `pcn${(n % services) + 1}`);
      const append = appendOf(about, START + arrivalDay(n, referrals) * DAY + minuteOf(n) * 60_000, key % 16, lifeOf(n), seal);
      made += append.events.length;
      yield append;
    }
  }
}

/** So many referrals that a history of this length is cut off after about three years. */
export function referralsFor(events) {
  return Math.ceil(events / 9);
}

function mixed(n) {
  return LIVES[n % LIVES.length];
}

/** The minute, the referral and the step of every append of a day in one number, sorted. */
function inOrder(day, referrals, lifeOf) {
  const keys = [];
  for (const age of DAYS) {
    const [from, to] = [day - age, day - age + 1].map((arrival) => Math.ceil((Math.max(0, arrival) * referrals) / SPAN_DAYS));
    for (let n = from; n < Math.min(to, referrals); n++) {
      lifeOf(n).forEach(([lived], step) => {
        if (lived === age) keys.push(((minuteOf(n) + step) * MOST_REFERRALS + n) * 16 + step);
      });
    }
  }
  return Float64Array.from(keys).sort();
}

function arrivalDay(n, referrals) {
  return Math.floor((n * SPAN_DAYS) / referrals);
}

function minuteOf(n) {
  return 540 + (mix(n, 7) % 480);
}

function appendOf(about, received, step, life, seal) {
  const { n, service } = about;
  const before = life.slice(0, step).reduce((count, [, types]) => count + types.length, 0);
  const [day, types] = life[step];
  const at = received + day * DAY + step * 60_000;
  const commandId = uuidOf(n, 100 + step);
  const clinical = step > 0 && types[0] !== 'InformationAdded' && types[0] !== 'ReferralWithdrawn';
  const meta = {
    actor: clinical ? about.practitionerId : 'machine',
    commandId,
    correlationId: commandId,
    role: clinical ? 'ot' : 'gp',
    service,
  };
  const nth = life.slice(0, step).filter(([, [type]]) => type === types[0]).length;
  const events = types.map((type, index) => ({
    id: uuidOf(n, 200 + step * 4 + index),
    type,
    schemaVersion: eventDefinitions[type].schemaVersion,
    occurredAt: new Date(at).toISOString(),
    data: seal(DATA[type](about, at, nth), type, about.stream),
    meta,
  }));
  return { stream: about.stream, expected: before === 0 ? 'none' : before - 1, events, at };
}

export function referralOf(n, service) {
  const referralId = uuidOf(n, 1);
  return {
    n,
    service,
    referralId,
    stream: `referral-${service}-${referralId}`,
    personId: uuidOf(n, 2),
    practitionerId: uuidOf(n % 6, 3),
    bookingId: (nth) => uuidOf(n, 10 + nth),
  };
}

/** What each event says. Every text is made up. */
const DATA = {
  ReferralReceived: ({ n, referralId, personId }, at) => ({
    reference: referenceOf(referralId, REFERENCE_KEY),
    personId,
    referrerId: uuidOf(n, 4),
    source: 'gp',
    channel: 'fhir',
    receivedAt: new Date(at).toISOString(),
    ageYears: 65 + (n % 30),
    birthDateGiven: 'full',
    nhsNumberGiven: 'none',
    matched: 'new',
    agreement: { basis: 'agreed' },
    need: { types: ['frailty-dementia'], difficulties: ['moving-falls'] },
    facts: { cfs: { value: 5 }, 'fall-in-3-months': { value: true }, 'lives-alone': { value: n % 2 === 0 } },
    redFlags: [],
    safeguardingConcern: false,
    riskToStaff: false,
    separateNeed: false,
    restricted: false,
    flags: ['trace-nhs-number'],
    person: { name: { family: `Fictional${n}`, given: ['Ada'] }, birthDate: `${1930 + (n % 30)}-02-03`, gender: 'female' },
    referrer: { name: 'Dr Fictional', role: 'general-practitioner' },
    words: { reason: 'Cannot bath safely since the fall and is afraid of the stairs' },
  }),
  ReferralStratified: ({ n }, at) => ({
    stratum: 'frailty',
    strata: ['frailty'],
    tier: 'targeted',
    priority: n % 10 === 0 ? 'urgent' : 'routine',
    flags: [],
    routes: [],
    reasons: [{ rule: 'frailty-falls', because: 'Moderately frail and has fallen', evidence: [{ fact: 'cfs', value: 5 }] }],
    nearly: [],
    missing: ['tug-seconds'],
    ruleSet: 'bench-rules',
    because: 'received',
    targets: { read: later(at, 1), triage: later(at, 2), firstContact: later(at, 42), treatment: londonDate(later(at, 126)) },
  }),
  InformationAdded: ({ personId }) => ({
    personId,
    from: 'gp',
    channel: 'api',
    facts: { 'lives-alone': { value: true } },
    redFlags: [],
    words: { text: 'Now lives alone' },
  }),
  ReferralClaimed: (about, at) => ({ ...by(about), until: later(at, 0.02) }),
  ReferralAccepted: (about, at) => ({
    ...by(about),
    stratum: 'frailty',
    tier: 'targeted',
    priority: about.n % 10 === 0 ? 'urgent' : 'routine',
    reason: 'agree-with-suggestion',
    asSuggested: true,
    contactDue: later(at, 41),
    allowance: 6,
  }),
  AppointmentBooked: (about, at, nth) => {
    const date = londonDate(later(at, 21));
    return {
      ...by(about),
      bookingId: about.bookingId(nth),
      clinicStream: `clinic-${about.service}-quayside-${date}`,
      slot: `quayside.${date}.0930.1`,
      type: nth === 0 ? 'first' : 'follow-up',
      place: 'Quayside Surgery',
      start: later(at, 21),
      end: later(at, 21.02),
    };
  },
  Attended: ({ personId, bookingId }, _, nth) => ({ personId, bookingId: bookingId(nth), late: false, counts: true }),
  DidNotAttend: ({ personId, bookingId }, _, nth) => ({ personId, bookingId: bookingId(nth), welfareCheck: true }),
  AppointmentCancelledByService: ({ personId, bookingId }, _, nth) => ({ personId, bookingId: bookingId(nth), reason: 'clinician-unwell' }),
  TreatmentStarted: (about) => ({ ...by(about), intervention: 'home-evaluation' }),
  MeasureRecorded: ({ personId }, at, nth) => ({
    personId,
    instrument: 'wsas',
    variant: 'standard',
    value: 24 - nth * 6,
    on: londonDate(new Date(at).toISOString()),
    completedBy: 'person',
    occasion: nth === 0 ? 'baseline' : 'final',
  }),
  ReferralWithdrawn: ({ personId }) => ({ personId, by: 'person', reason: 'no-longer-needed' }),
  Discharged: (about) => ({
    ...by(about),
    reason: 'goals-met',
    destination: 'self-management',
    attended: 2,
    eligible: true,
    pairs: [],
    released: [],
    summary: { did: 'Bath board fitted', gpToDo: 'Nothing' },
  }),
};

function by({ personId, practitionerId }) {
  return { personId, practitionerId };
}

function later(at, days) {
  return new Date(at + days * DAY).toISOString();
}

const NOISE = randomBytes(3_000).toString('base64');

/** Sealed values of the right shape and length whose keys do not exist: no projection ever opens one. */
export function sealedAlike(data, type, stream) {
  const sealed = { ...data };
  for (const [field, { subjectField, kind }] of eventDefinitions[type].personal) {
    if (data[field] === undefined) continue;
    const length = Math.ceil((JSON.stringify(data[field]).length + 16) / 3) * 4;
    const key = kind === 'identity' ? 'identity' : stream;
    sealed[field] = { $enc: 1, subject: data[subjectField], key, iv: NOISE.slice(0, 16), ct: NOISE.slice(16, 16 + length) };
  }
  return sealed;
}

/** In the shape of a random id, the same for the same numbers. */
export function uuidOf(n, kind) {
  const [a, b, c, d] = [1, 2, 3, 4].map((part) =>
    mix(n, kind * 8 + part)
      .toString(16)
      .padStart(8, '0'),
  );
  return `${a}-${b.slice(0, 4)}-5${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`;
}

function mix(n, salt) {
  let h = Math.imul(n + 1, 0x9e3779b1) ^ Math.imul(salt, 0x85ebca77);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return (h ^ (h >>> 15)) >>> 0;
}

/** What the product would not accept must not be measured either. */
export function mustBeEventsOfTheProduct() {
  const plain = (data) => data;
  for (const { events } of historyOf({ referrals: LIVES.length, seal: plain })) {
    for (const { type, data } of events) {
      const shaped = eventDefinitions[type].schema.safeParse(data);
      if (!shaped.success) throw new Error(`The history holds a ${type} of the wrong shape: ${shaped.error.message}`);
    }
  }
}
