/** What an operator asks of a reaction, over a real log and a real state.db. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogReader, openEventStore, type EventStore } from '@waymark/event-store';
import { Operator } from './operator';
import { OperatorRequests } from './operator-requests';
import { ReactionPlaces } from './reaction-places';
import { countsOf, happens, noting, refused, VisitProcess } from './testing/visit-automation';
import { planned } from './testing/visits';

let folder: string;
let store: EventStore;
let running: VisitProcess | undefined;
const clock = () => new Date('2026-04-01T09:00:00.000Z');
const [a, b] = ['visit-northbank-a', 'visit-northbank-b'];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-reaction-orders-'));
  store = openEventStore({ folder, synchronous: 'off', clock });
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function process(): Promise<VisitProcess> {
  await running?.stop();
  running = new VisitProcess(store, folder, new LogReader(folder, { hashes: false }), clock);
  return running;
}

const asking = async <T>(work: (requests: OperatorRequests) => T | Promise<T>): Promise<T> => {
  const requests = new OperatorRequests(folder, clock);
  try {
    return await work(requests);
  } finally {
    requests.close();
  }
};
/** The event of `a` waits with a later one behind it; that of `b` was dealt with. */
const waits = async (): Promise<{ visit: VisitProcess; eventId: string }> => {
  const visit = await process();
  visit.instead = ({ kind, stream }) => (kind === 'note' && stream === a ? refused('lost-race') : 'do-it');
  await happens(store, 1, planned('a'));
  await happens(store, 2, planned('b'));
  await happens(store, 3, { ...planned('a'), type: 'VisitMoved' });
  await visit.automation.settle();
  return { visit, eventId: (await store.read(a!))[0]!.id };
};
const stateOf = (id: number) => asking((requests) => requests.find(id));
const operatorOf = (visit: VisitProcess) =>
  new Operator({
    folder,
    projections: [],
    reactions: [noting.name],
    readSide: visit.readSide,
    drive: visit.drive,
    clock,
  });

it('lists the streams that wait, each with the event that failed', async () => {
  const { visit, eventId } = await waits();
  const operator = operatorOf(visit);
  expect(operator.waitingStreams()).toEqual([
    expect.objectContaining({ reaction: 'noting', key: a, eventId, attempts: 1, queued: 2, error: expect.stringContaining('lost-race') }),
  ]);
  operator.close();
});

it('a retry is a try now; what fails again waits again, and the request says so', async () => {
  const { visit } = await waits();
  const ask = () => asking((requests) => requests.ask({ kind: 'retry-reaction', projection: 'noting', subject: a!, askedBy: 'olu' }));
  const first = await ask();
  await visit.automation.settle();
  expect(await stateOf(first)).toMatchObject({ status: 'failed', error: expect.stringContaining('waits again') });

  visit.instead = () => 'do-it';
  const second = await ask();
  await visit.automation.settle();
  expect(await stateOf(second)).toMatchObject({ status: 'done', askedBy: 'olu' });
  expect(await countsOf(store, 'VisitNoted')).toEqual({ [a!]: 3, [b!]: 2 });
});

it('a skip passes over that event for good, and what waited behind it goes on; a beginning anew passes over it too', async () => {
  const { visit, eventId } = await waits();
  visit.instead = () => 'do-it';
  const skip = await asking((requests) =>
    requests.ask({ kind: 'skip-reaction', projection: 'noting', subject: eventId, reason: 'made by a test', askedBy: 'olu' }),
  );
  await visit.automation.settle();
  expect(await stateOf(skip)).toMatchObject({ status: 'done' });
  expect(await countsOf(store, 'VisitNoted')).toEqual({ [a!]: 1, [b!]: 2 });
  expect(await asking((requests) => requests.skips())).toMatchObject([{ projection: 'noting', eventId, reason: 'made by a test' }]);

  await running?.stop();
  running = undefined;
  const places = new ReactionPlaces(folder, clock);
  places.begin('noting', { logId: store.logId, position: '', hash: '' });
  places.close();
  await (await process()).automation.settle();
  expect(await countsOf(store, 'VisitNoted')).toEqual({ [a!]: 1, [b!]: 2 });
});

it('an event that does not wait is not passed over', async () => {
  const { visit } = await waits();
  const eventId = (await store.read(b!))[0]!.id;
  const skip = await asking((requests) => requests.ask({ kind: 'skip-reaction', projection: 'noting', subject: eventId, askedBy: 'olu' }));
  await visit.automation.settle();
  expect(await stateOf(skip)).toMatchObject({ status: 'failed', error: expect.stringContaining('does not wait there') });
  expect(await asking((requests) => requests.skips())).toEqual([]);
});

it('without a server a skip is recorded and the event gone, and a retry says that the next start is one', async () => {
  const { visit, eventId } = await waits();
  await visit.automation.stop();
  const operator = operatorOf(visit);
  const asked = { projection: 'noting', askedBy: 'olu' };
  expect(await operator.carriedOut({ ...asked, kind: 'retry', subject: a! })).toMatchObject({
    code: 'request-failed',
    detail: expect.stringContaining('next start'),
  });
  expect(await operator.carriedOut({ ...asked, kind: 'retry', subject: b! })).toMatchObject({ code: 'not-parked' });
  expect(await operator.carriedOut({ ...asked, kind: 'rebuild' })).toMatchObject({ code: 'unknown-projection' });
  expect(await operator.carriedOut({ ...asked, kind: 'skip', subject: eventId, reason: 'made by a test' })).toMatchObject({
    status: 'done',
  });
  operator.close();

  await (await process()).automation.settle();
  expect(await countsOf(store, 'VisitNoted')).toEqual({ [a!]: 1, [b!]: 2 });
});
