/**
 * A small EventStoreDB over a real socket: protocol v1 as a 23.10.8 node speaks it to the official client, records in memory, and faults
 * that a test switches on. Streams, $all, filtered subscriptions to $all, deletes, metadata and gossip; no access rights, links or projections.
 */
import { Server } from '@grpc/grpc-js';
import { GossipService } from '@eventstore/db-client/generated/gossip_grpc_pb';
import { ServerFeaturesService } from '@eventstore/db-client/generated/serverfeatures_grpc_pb';
import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb';
import { appendService } from './append';
import { batchAppendService } from './batch-append';
import { deleteService, tombstoneService } from './deletes';
import { featuresService, gossipService, type Member } from './discovery';
import { Faults, type Call, type Fault } from './faults';
import { listen, type Listening } from './listening';
import { AS_THE_NODE, type Node, type Settings } from './node';
import { readService } from './read';
import { Records } from './records';
import { resetWithoutStatus } from './wire';

export interface ServerOptions extends Partial<Settings> {
  /** Absent = any that is free. It stays the same over restarts. */
  readonly port?: number;
  /** Of another server, to serve the same database; absent = a new one. */
  readonly records?: Records;
  /** What gossip shows; absent = this node alone, leading. */
  readonly members?: readonly Member[];
}

export interface EventStoreServer {
  /** What a client connects to. */
  readonly url: string;
  readonly port: number;
  readonly faults: Pick<Faults, 'switchOn' | 'switchOff'>;
  readonly counters: {
    /** How often each fault has happened. */
    readonly faults: Readonly<Record<Fault, number>>;
    /** How many calls of each kind came in, those that then failed among them. */
    readonly calls: Readonly<Record<Call, number>>;
    /** How long the most patient append has given the server to answer. */
    readonly appends: { readonly longestWaitMs: number };
  };
  /** The database as it is now. */
  readonly records: Records;
  /** What gossip shows from now on: the port of a relay in front of this server, or a node that is dead. */
  showMembers(members: readonly Member[]): void;
  /**
   * Connections drop, and what was not answered never is. The records stay. A node that is asked to stop ends its subscriptions first, without
   * any status.
   */
  stop(how?: 'killed' | 'asked'): Promise<void>;
  /** On the same port. With the same records, or as another database. */
  restart(records?: Records): Promise<void>;
}

export async function startEventStoreServer(options: ServerOptions = {}): Promise<EventStoreServer> {
  const faults = new Faults();
  const calls: Record<Call, number> = { append: 0, 'batch-append': 0, read: 0, subscribe: 0, delete: 0, features: 0, gossip: 0 };
  const appends = { longestWaitMs: 0 };
  const settings: Settings = { ...AS_THE_NODE, ...options };
  let records = options.records ?? new Records();
  let members = options.members;
  let port = options.port ?? 0;
  let listening: Listening | undefined;
  const subscriptions = new Set<object>();

  const stop = async (how: 'killed' | 'asked' = 'killed'): Promise<void> => {
    if (how === 'asked') await Promise.all([...subscriptions].map(resetWithoutStatus));
    await listening?.close();
    listening = undefined;
  };
  const start = async (): Promise<void> => {
    records.beginEpoch();
    const shown = (): readonly Member[] => members ?? [{ address: '127.0.0.1', port, state: 'leader', isAlive: true }];
    listening = await listen(serverOf({ records, faults, calls, appends, settings, subscriptions }, shown), port);
    port = listening.port;
  };
  await start();
  return {
    get url() {
      return `esdb://127.0.0.1:${port}?tls=false`;
    },
    get port() {
      return port;
    },
    get records() {
      return records;
    },
    faults,
    counters: { faults: faults.happened, calls, appends },
    showMembers: (shown) => (members = shown),
    stop,
    restart: async (others = records) => {
      await stop();
      records = others;
      await start();
    },
  };
}

function serverOf(node: Node, members: () => readonly Member[]): Server {
  // A node takes requests of any size and refuses an append by what is in it.
  const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
  server.addService(ServerFeaturesService, { getSupportedMethods: featuresService(node) });
  server.addService(GossipService, { read: gossipService(node, members) });
  server.addService(StreamsService, {
    append: appendService(node),
    batchAppend: batchAppendService(node),
    read: readService(node),
    delete: deleteService(node),
    tombstone: tombstoneService(node),
  });
  return server;
}
