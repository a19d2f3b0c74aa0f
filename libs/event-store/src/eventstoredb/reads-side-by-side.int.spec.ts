/** Two readers of one store, one of whom loses patience with the server: the other must not take that for the end of the stream. */
import { startEventStoreServer, type EventStoreServer } from '../../../../test/support/eventstoredb';
import { appendable } from '../testing';
import { openEventStoreDb, type EventStoreDbEventStore } from './eventstoredb-event-store';

let server: EventStoreServer;
let store: EventStoreDbEventStore;

beforeEach(async () => {
  server = await startEventStoreServer();
  store = await openEventStoreDb({ url: server.url });
});
afterEach(async () => {
  await store.close();
  await server.stop();
});

test('a stream is never shown shorter than it is because somebody else has stopped waiting', async () => {
  await store.append('referral-northbank-1', 'none', [appendable('ReferralReceived')]);
  server.faults.switchOn('never-answered', { times: 2, calls: ['read'] });
  const first = store.read('referral-northbank-1');
  while (server.counters.faults['never-answered'] < 1) await new Promise((resolve) => setTimeout(resolve, 10));
  // Later by enough that the first is tried again, through a new client, while this one still waits.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const second = store.read('referral-northbank-1');
  expect((await first).map(({ type }) => type)).toEqual(['ReferralReceived']);
  expect((await second).map(({ type }) => type)).toEqual(['ReferralReceived']);
  expect(server.counters.faults['never-answered']).toBe(2);
});
