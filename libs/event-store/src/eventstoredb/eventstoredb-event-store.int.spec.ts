import { randomUUID } from 'node:crypto';
import { startEventStoreServer, type EventStoreServer } from '../../../../test/support/eventstoredb';
import { eventStoreContract } from '../testing';
import { openEventStoreDb } from './eventstoredb-event-store';

/** A real node when one is named: black box, possibly used before, so that every log has a prefix of its own. */
const named = process.env['EVENTSTOREDB_URL'];
let server: EventStoreServer | undefined;

beforeAll(async () => {
  if (named === undefined) server = await startEventStoreServer();
});
afterAll(() => server?.stop());

eventStoreContract('the store on EventStoreDB', ({ clock }) =>
  openEventStoreDb({ url: named ?? server!.url, prefix: `t${randomUUID()}.`, ...(clock ? { clock } : {}) }),
);
