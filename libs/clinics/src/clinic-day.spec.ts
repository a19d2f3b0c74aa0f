/** A clinic day: sessions that do not collide, and slots that only one booking can have. */
import { derivedId } from '@waymark/kernel';
import { given } from '@waymark/kernel/testing';
import { clinicDay, clinicStreamOf, isClinicCode, type ClinicAsk, type ClinicEvent } from './clinic-day';
import type { OpenClinicSession } from './clinic.commands';

const ASHA = derivedId('practitioner', 'asha');
const TOM = derivedId('practitioner', 'tom');
const MINE = derivedId('booking', 'mine');
const THEIRS = derivedId('booking', 'theirs');
const REFERRAL = derivedId('referral', 'ada');
const SESSION = derivedId('session', '1');
const now = '2026-11-24T09:00:00.000Z';

const morning: OpenClinicSession = {
  clinic: 'quayside-ot',
  place: 'Quayside Surgery, room 4',
  date: '2026-12-01',
  start: '09:00',
  end: '10:30',
  practitioner: ASHA,
  types: ['first', 'follow-up'],
};
const open = (session: Partial<OpenClinicSession> = {}, slotMinutes = 30): ClinicAsk => ({
  kind: 'open-session',
  session: { ...morning, ...session },
  sessionId: SESSION,
  slotMinutes,
});

const opened: ClinicEvent = {
  type: 'ClinicSessionOpened',
  data: {
    sessionId: SESSION,
    clinic: 'quayside-ot',
    place: 'Quayside Surgery, room 4',
    date: '2026-12-01',
    practitionerId: ASHA,
    types: ['first', 'follow-up'],
    slots: [
      { id: 'quayside-ot.2026-12-01.0900.1', start: '2026-12-01T09:00:00.000Z', end: '2026-12-01T09:30:00.000Z' },
      { id: 'quayside-ot.2026-12-01.0930.2', start: '2026-12-01T09:30:00.000Z', end: '2026-12-01T10:00:00.000Z' },
      { id: 'quayside-ot.2026-12-01.1000.3', start: '2026-12-01T10:00:00.000Z', end: '2026-12-01T10:30:00.000Z' },
    ],
  },
};
const SLOT = 'quayside-ot.2026-12-01.0930.2';
const held = (bookingId: string): ClinicEvent => ({
  type: 'SlotHeld',
  data: { slot: SLOT, bookingId, referralId: REFERRAL, until: '2026-11-24T09:05:00.000Z' },
});
const confirmed = (bookingId: string): ClinicEvent => ({ type: 'SlotConfirmed', data: { slot: SLOT, bookingId } });
const released = (bookingId: string): ClinicEvent => ({ type: 'SlotReleased', data: { slot: SLOT, bookingId, because: 'cancelled' } });
const hold: ClinicAsk = { kind: 'hold-slot', slot: SLOT, bookingId: MINE, referralId: REFERRAL, until: '2026-11-24T09:05:00.000Z' };

describe('opening a session', () => {
  it('cuts it into slots whose ids tell their clinic, day and time', () => {
    given(clinicDay, []).when(open(), { now }).then([opened]);
  });

  it('gives London time in summer, as people read it on a clock', () => {
    const { decision } = given(clinicDay, []).when(open({ date: '2027-07-01', end: '09:30' }), { now });
    expect(decision).toMatchObject([
      { data: { slots: [{ id: 'quayside-ot.2027-07-01.0900.1', start: '2027-07-01T08:00:00.000Z', end: '2027-07-01T08:30:00.000Z' }] } },
    ]);
  });

  it('leaves over what is too short for a slot', () => {
    const { decision } = given(clinicDay, []).when(open({ end: '10:20' }), { now });
    expect(decision).toMatchObject([{ data: { slots: [{ id: expect.any(String) }, { id: expect.any(String) }] } }]);
  });

  it('counts the slots of a second session on', () => {
    const { decision } = given(clinicDay, [opened]).when(open({ practitioner: TOM, place: 'Room 5', end: '09:30' }), { now });
    expect(decision).toMatchObject([{ data: { slots: [{ id: 'quayside-ot.2026-12-01.0900.4' }] } }]);
  });

  it.each([
    ['that ends before it starts', { end: '08:30' }, 30, 'invalid', '/end'],
    ['that ends when it starts', { end: '09:00' }, 30, 'invalid', '/end'],
    ['shorter than a slot', { end: '09:20' }, 30, 'invalid', '/slotMinutes'],
    ['in the past', { date: '2026-11-24' }, 30, 'in-the-past', '/date'],
  ])('refuses one %s', (_, session, minutes, code, path) => {
    given(clinicDay, []).when(open(session, minutes), { now }).thenRejected(code, path);
  });

  it('refuses a practitioner who is in another session at that time, and a place that is in use', () => {
    given(clinicDay, [opened])
      .when(open({ start: '10:00', end: '11:00', place: 'Room 5' }), { now })
      .thenRejected('session-overlaps', '/practitioner');
    given(clinicDay, [opened])
      .when(open({ start: '08:00', end: '09:30', practitioner: TOM }), { now })
      .thenRejected('session-overlaps', '/place');
  });

  it('lets one session begin when another ends', () => {
    given(clinicDay, [opened])
      .when(open({ start: '10:30', end: '11:00' }), { now })
      .thenTypes('ClinicSessionOpened');
  });
});

describe('a slot', () => {
  it('is held for one booking', () => {
    given(clinicDay, [opened])
      .when(hold, { now })
      .then([held(MINE)]);
    given(clinicDay, [opened, held(MINE)])
      .when(hold, { now })
      .thenNothing();
    given(clinicDay, [opened, held(MINE), confirmed(MINE)])
      .when(hold, { now })
      .thenNothing();
  });

  it('that another booking holds or has is taken', () => {
    given(clinicDay, [opened, held(THEIRS)])
      .when(hold, { now })
      .thenRejected('slot-taken', '/slot');
    const later = { now: '2026-11-30T09:00:00.000Z' };
    given(clinicDay, [opened, held(THEIRS), confirmed(THEIRS)])
      .when(hold, later)
      .thenRejected('slot-taken', '/slot');
  });

  it('whose hold ran out is not free before somebody has asked the referral that held it', () => {
    given(clinicDay, [opened, held(THEIRS)])
      .when(hold, { now: '2026-11-24T09:05:00.000Z' })
      .thenRejected('slot-hold-expired');
  });

  it('is free again once released', () => {
    given(clinicDay, [opened, held(THEIRS), confirmed(THEIRS), released(THEIRS)])
      .when(hold, { now })
      .thenTypes('SlotHeld');
  });

  it('that does not exist cannot be held', () => {
    given(clinicDay, [opened])
      .when({ ...hold, slot: 'quayside-ot.2026-12-01.1200.9' }, { now })
      .thenRejected('unknown-slot', '/slot');
    given(clinicDay, []).when(hold, { now }).thenRejected('unknown-slot', '/slot');
  });

  const confirm: ClinicAsk = { kind: 'confirm-slot', slot: SLOT, bookingId: MINE };
  it('is confirmed for the booking that holds it, once, also after the hold ran out', () => {
    given(clinicDay, [opened, held(MINE)])
      .when(confirm, { now: '2026-11-24T10:00:00.000Z' })
      .then([confirmed(MINE)]);
    given(clinicDay, [opened, held(MINE), confirmed(MINE)])
      .when(confirm, { now })
      .thenNothing();
    given(clinicDay, [opened, held(THEIRS)])
      .when(confirm, { now })
      .thenRejected('slot-taken');
    given(clinicDay, [opened]).when(confirm, { now }).thenRejected('slot-taken');
  });

  const release: ClinicAsk = { kind: 'release-slot', slot: SLOT, bookingId: MINE, because: 'cancelled' };
  it('is released by the booking that has it and by no other', () => {
    given(clinicDay, [opened, held(MINE)])
      .when(release, { now })
      .then([released(MINE)]);
    given(clinicDay, [opened, held(MINE), confirmed(MINE)])
      .when(release, { now })
      .then([released(MINE)]);
    given(clinicDay, [opened, held(THEIRS), confirmed(THEIRS)])
      .when(release, { now })
      .thenNothing();
    given(clinicDay, [opened]).when(release, { now }).thenNothing();
  });
});

describe('the id of a slot', () => {
  it('leads to its stream', () => {
    expect(clinicStreamOf('northbank', SLOT)).toBe('clinic-northbank-quayside-ot-2026-12-01');
  });

  it.each([
    '',
    'quayside-ot',
    'quayside-ot.2026-12-01.0900',
    '../x.2026-12-01.0900.1',
    'a b.2026-12-01.0900.1',
    `${SLOT}\n`,
    'x.2026-12-01.0900.1',
  ])('that is none leads nowhere: %j', (id) => {
    expect(clinicStreamOf('northbank', id)).toBeUndefined();
  });

  it('carries a clinic code of 2 to 40 characters', () => {
    expect(['ab', 'quayside-ot', 'a'.repeat(40)].every(isClinicCode)).toBe(true);
    expect(['a', 'a'.repeat(41), 'Quayside', 'a_b', '-ab', 'ab-', 'a.b'].some(isClinicCode)).toBe(false);
  });
});
