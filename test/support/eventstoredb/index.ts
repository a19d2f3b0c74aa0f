/** The front door of the test server. */
export { startEventStoreServer, type EventStoreServer, type ServerOptions } from './server';
export { startRelay, type Relay } from './relay';
export { Records, jsonEvent, type ProposedEvent, type StoredEvent } from './records';
export type { Call, Endpoint, Fault, Switch } from './faults';
export type { Member } from './discovery';
