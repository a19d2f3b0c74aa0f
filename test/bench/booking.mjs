/** Row booking: a whole booking, held, decided and confirmed over two streams, 32 callers at eight clinics. */
import { FULL } from './folders.mjs';
import { ACCEPTED, referralOf, uuidOf } from './history.mjs';
import { logIn, writerByHand, writeHistory } from './logs.mjs';
import { callers, measured, perSecond, ratioOf } from './measure.mjs';
import { clinics, eventStore, kernel, referral, rules, workforce } from './product.mjs';
import { openWaymark, SERVICE } from './waymark.mjs';

const AT_ONCE = 32;
const CLINICS = 8;
const SLOTS_A_DAY = 24;
const SYSTEM = { kind: 'system', id: 'system', role: 'system' };
const STEPS = ['SlotHeld', 'AppointmentBooked', 'SlotConfirmed'];

export const rows = [{ id: 'booking', measure: bookingFigures }];

async function bookingFigures({ quick }) {
  const days = quick ? 1 : 10;
  const count = CLINICS * SLOTS_A_DAY * days;
  const runs = quick ? 1 : 3;
  const { ours, limit } = await measured('booking', {
    runs,
    contestants: {
      ours: async (folder) => throughTheProcess(folder, await aService(folder, days, count)),
      limit: async (folder) => byHand(folder, await aService(folder, days, count)),
    },
    check({ ours, limit }) {
      for (const { folder } of [ours, limit]) {
        const log = logIn(folder, { readonly: true });
        const stored = log
          .prepare(`SELECT ${STEPS.map((type) => `sum(type = '${type}')`).join(', ')} FROM events`)
          .raw()
          .get();
        const slots = log.prepare("SELECT count(DISTINCT data ->> 'slot') FROM events WHERE type = 'AppointmentBooked'").pluck().get();
        log.close();
        if ([...stored, slots].some((each) => each !== count))
          throw new Error(`booking: ${stored} steps, ${slots} slots for ${count} bookings`);
      }
    },
  });
  return {
    work: 'a booking: slot held, appointment decided by the referral, slot confirmed; 32 callers, 8 clinics',
    durability: FULL,
    unit: 'bookings/s',
    better: 'higher',
    runs,
    ours,
    limit: { what: 'by hand: SELECT both streams, JSON.parse, the three rows in one commit for 32 callers', ...limit },
    ratio: ratioOf(ours, limit),
    bar: null,
    met: null,
    variants: [],
    note: `${count.toLocaleString('en')} bookings a run; ours waits for the disk three times, since each step must survive alone; no bar is set`,
  };
}

/** A log with accepted referrals, a practitioner and free slots; and who is to get which. */
async function aService(folder, days, count) {
  await writeHistory(folder, { referrals: count, lifeOf: () => ACCEPTED, service: SERVICE }, { configured: true, quietly: true });
  const waymark = await openWaymark(folder);
  const practitioner = await registered(waymark);
  const slots = [];
  for (let day = 0; day < days; day++) {
    for (let clinic = 0; clinic < CLINICS; clinic++) slots.push(await opened(waymark, practitioner, clinic, day));
  }
  await waymark.close();
  // Neighbours in the queue stand at different clinics.
  const slotOf = (n) => slots[Math.floor(n / (CLINICS * SLOTS_A_DAY)) * CLINICS + (n % CLINICS)][Math.floor(n / CLINICS) % SLOTS_A_DAY];
  return { practitioner, wanted: Array.from({ length: count }, (_, n) => ({ ...referralOf(n, SERVICE), n, slot: slotOf(n) })) };
}

async function registered(waymark) {
  const body = Object.assign(new workforce.RegisterPractitioner(), {
    name: 'Asha Fictional',
    profession: 'occupational-therapist',
    registration: { body: 'HCPC', number: 'OT99001', expires: '2099-10-31' },
    level: 'ot',
    scope: { strata: ['frailty', 'wider'] },
  });
  const ran = granted(await workforce.registerPractitioner(issued(body, 1, SYSTEM), waymark.get(eventStore.COMMAND_LOOP)));
  return ran.state.practitionerId;
}

/** The slots of one clinic on one day. */
async function opened(waymark, practitioner, clinic, day) {
  const body = Object.assign(new clinics.OpenClinicSession(), {
    clinic: `clinic-${clinic}`,
    place: `Room ${clinic}`,
    date: kernel.addDays(kernel.londonDate(new Date().toISOString()), 7 + day),
    start: '08:00',
    end: '20:00',
    slotMinutes: 30,
    practitioner,
    types: ['first'],
  });
  const [loop, configuration] = [waymark.get(eventStore.COMMAND_LOOP), waymark.get(rules.Configuration)];
  const options = { loop, store: waymark.store, configuration };
  const ran = granted(await clinics.openSession(issued(body, 1_000 + day * CLINICS + clinic, SYSTEM), options));
  return [...ran.state.slots.keys()];
}

async function throughTheProcess(folder, { practitioner, wanted }) {
  const waymark = await openWaymark(folder);
  const bookings = waymark.get(referral.Bookings);
  const actor = { kind: 'practitioner', id: practitioner, role: 'ot' };
  const value = await perSecond(wanted.length, () =>
    callers(AT_ONCE, async (caller) => {
      for (let n = caller; n < wanted.length; n += AT_ONCE) {
        const { referralId, slot } = wanted[n];
        granted(await bookings.book(issued(Object.assign(new referral.Book(), { referralId, slot, type: 'first' }), 10_000 + n, actor)));
      }
    }),
  );
  await waymark.close();
  return { value };
}

async function byHand(folder, { practitioner, wanted }) {
  const { db, put } = writerByHand(folder);
  const history = db.prepare('SELECT revision, type, data, meta FROM events WHERE stream = ? ORDER BY revision').raw();
  const read = (stream) => history.all(stream).map(([revision, type, data, meta]) => [revision, type, JSON.parse(data), JSON.parse(meta)]);
  const group = db.transaction((first) => {
    for (const { n, stream, personId, referralId, slot } of wanted.slice(first, first + AT_ONCE)) {
      const [name, date] = slot.split('.');
      const clinicStream = `clinic-${SERVICE}-${name}-${date}`;
      const [day, life] = [read(clinicStream), read(stream)];
      const [, , session] = day[0];
      const { start, end } = session.slots.find(({ id }) => id === slot);
      if (day.some(([, type, data]) => type === 'SlotHeld' && data.slot === slot)) throw new Error('Taken');
      if (!life.some(([, type]) => type === 'ReferralAccepted')) throw new Error('Not accepted');
      const bookingId = uuidOf(n, 90);
      const held = { bookingId, referralId, slot, until: new Date().toISOString() };
      const about = {
        bookingId,
        clinicStream,
        end,
        personId,
        place: session.place,
        practitionerId: practitioner,
        slot,
        start,
        type: 'first',
      };
      put(clinicStream, day.length, made(n, 0, 'SlotHeld', held, practitioner));
      put(stream, life.length, made(n, 1, 'AppointmentBooked', about, practitioner));
      put(clinicStream, day.length + 1, made(n, 2, 'SlotConfirmed', { bookingId, slot }, practitioner));
    }
  }).immediate;
  const value = await perSecond(wanted.length, async () => {
    for (let first = 0; first < wanted.length; first += AT_ONCE) group(first);
  });
  db.close();
  return { value };
}

function made(n, step, type, data, actor) {
  const commandId = uuidOf(n, 92 + step);
  const meta = { actor, commandId, correlationId: commandId, role: 'ot', service: SERVICE };
  return { id: uuidOf(n, 96 + step), type, schemaVersion: 1, occurredAt: new Date().toISOString(), data, meta };
}

function issued(command, n, actor) {
  const commandId = uuidOf(n, 91);
  return kernel.issue(command, { service: SERVICE, actor, commandId, correlationId: commandId, channel: 'api' });
}

function granted(outcome) {
  if (kernel.isRejection(outcome)) throw new Error(`Refused: ${outcome.code} ${outcome.detail}`);
  return outcome;
}
