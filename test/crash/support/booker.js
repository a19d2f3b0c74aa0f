'use strict';
// A program in which many callers race to book and cancel the same few slots, until it is killed.
// Standard output, a line each, after it happened: `step <event type> <booking>`; before and after a request:
// `ask <kind> <key> <referral> <slot or appointment>`, `answer <key> <ok|code>`. First of all it sends again what is in REPEAT.
const { readFileSync, writeSync } = require('node:fs');
const { join } = require('node:path');
require('reflect-metadata');
const dist = (lib) => require(`../../../dist/libs/${lib}/src/index.js`);
const { CommandLoop, memoryEventStore, openEventStore } = dist('event-store');
const { derivedId, issue, streamName } = dist('kernel');
const { Configuration } = dist('rules');
const { Book, Bookings, Cancel, placeOf } = dist('referral');
const { eventDefinitions } = dist('read-models');

const { folder, run, now, practitioner, referrals, slots, repeat } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const CALLERS = 12;

const begun = Date.now();
const clock = () => new Date(Date.parse(now) + Date.now() - begun);
const say = (...words) => writeSync(1, `${words.join(' ')}\n`);

const log = openEventStore({ folder, clock });
/** Says each step once it is stored: a kill after that is a kill between this step and the next. */
const store = Object.create(log, {
  append: {
    value: async (stream, expected, events) => {
      const result = await log.append(stream, expected, events);
      if (result.outcome === 'appended') for (const { type, data } of events) say('step', type, data.bookingId);
      // A kill must be able to fall here, not only inside a turn.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
      return result;
    },
  },
});

async function main() {
  const configuration = await Configuration.open({ folder: join(__dirname, '../../../config'), store: memoryEventStore(), clock });
  const loop = new CommandLoop({
    store,
    clock,
    definitions: eventDefinitions,
    words: ({ type }) => type,
    sealer: { seal: async (_, events) => events },
  });
  const bookings = new Bookings({ loop, store, configuration, clock });

  const issued = (key, more = {}) => ({
    service: 'northbank',
    actor: { kind: 'practitioner', id: practitioner, role: 'ot' },
    commandId: derivedId('command', key),
    correlationId: derivedId('correlation', key),
    channel: 'api',
    ...more,
  });
  const historyOf = (referral) => store.read(streamName('referral', 'northbank', referral));
  const ask = async (kind, key, referralId, what) => {
    say('ask', kind, key, referralId, what);
    const answer =
      kind === 'book'
        ? await bookings.book(issue(Object.assign(new Book(), { referralId, slot: what, type: 'first' }), issued(key)))
        : await bookings.cancel(
            issue(
              Object.assign(new Cancel(), { referralId, appointment: what, by: 'person', reason: 'unwell' }),
              issued(key, { seenRevision: (await historyOf(referralId)).length - 1 }),
            ),
          );
    say('answer', key, answer.rejected ? answer.code : 'ok');
    return answer;
  };

  for (const request of repeat) await ask(...request);

  const any = (list) => list[Math.floor(Math.random() * list.length)];
  const call = async (caller) => {
    for (let n = 0; ; n++) {
      const key = `${run}-${caller}-${n}`;
      const referral = any(referrals);
      const slot = any(slots);
      await ask('book', `book-${key}`, referral, slot);
      // Whoever has an appointment gives it back, also one of an earlier life, so that the race goes on.
      const kept = placeOf(await historyOf(referral))?.appointments.find(({ status }) => status === 'booked');
      if (kept && Math.random() < 0.9) await ask('cancel', `cancel-${key}`, referral, kept.id);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, (_, caller) => call(caller)));
}

main().catch((fault) => {
  writeSync(2, `${fault.stack}\n`);
  process.exit(1);
});
