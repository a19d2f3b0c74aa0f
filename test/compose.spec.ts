/** docker-compose.yml against what a node and a cluster of EventStoreDB need; it was not run by us, so at least it is read. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

interface Service {
  readonly profiles?: readonly string[];
  readonly restart: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks?: { readonly cluster: { readonly ipv4_address: string } };
}

const { services, volumes } = parse(readFileSync(join(__dirname, '../docker-compose.yml'), 'utf8'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
};
const ofProfile = (profile: string): [string, Service][] =>
  Object.entries(services).filter(([, { profiles }]) => profiles?.includes(profile));
const nodes = [...ofProfile('eventstoredb'), ...ofProfile('eventstoredb-cluster')];
const members = ofProfile('eventstoredb-cluster');

it('has one node, and a cluster of three, neither started unasked', () => {
  expect(ofProfile('eventstoredb').map(([name]) => name)).toEqual(['eventstoredb']);
  expect(members).toHaveLength(3);
  expect(Object.keys(services).filter((name) => services[name]!.profiles === undefined)).toEqual(['waymark']);
});

it.each(nodes)('%s is insecure on loopback only, keeps its data, tells nobody, and comes back however it ended', (name, node) => {
  expect(node.environment).toMatchObject({
    EVENTSTORE_INSECURE: 'true',
    EVENTSTORE_RUN_PROJECTIONS: 'None',
    EVENTSTORE_TELEMETRY_OPTOUT: 'true',
    EVENTSTORE_ADVERTISE_HOST_TO_CLIENT_AS: '127.0.0.1',
    EVENTSTORE_STREAM_EXISTENCE_FILTER_SIZE: '10000000',
    EVENTSTORE_CHUNKS_CACHE_SIZE: '67108864',
    EVENTSTORE_MAX_MEM_TABLE_SIZE: '100000',
    EVENTSTORE_DISABLE_LOG_FILE: 'true',
  });
  expect(node.restart).toBe('unless-stopped');
  // What the node tells clients is what is published.
  expect(node.ports).toEqual([`127.0.0.1:${node.environment['EVENTSTORE_ADVERTISE_NODE_PORT_TO_CLIENT_AS']}:2113`]);
  const [volume, folder] = node.volumes![0]!.split(':');
  expect(volume).toBe(name);
  expect(volumes).toHaveProperty(volume!);
  for (const setting of ['EVENTSTORE_DB', 'EVENTSTORE_INDEX']) expect(node.environment[setting]!.startsWith(`${folder}/`)).toBe(true);
});

it.each(members)('%s knows its own address and the two others', (_, node) => {
  const own = node.networks!.cluster.ipv4_address;
  const others = members.map(([, { networks }]) => networks!.cluster.ipv4_address).filter((address) => address !== own);
  expect(node.environment).toMatchObject({
    EVENTSTORE_CLUSTER_SIZE: '3',
    EVENTSTORE_DISCOVER_VIA_DNS: 'false',
    EVENTSTORE_GOSSIP_SEED: others.map((address) => `${address}:${node.environment['EVENTSTORE_NODE_PORT']}`).join(','),
    EVENTSTORE_NODE_IP: own,
    EVENTSTORE_REPLICATION_IP: own,
    EVENTSTORE_REPLICATION_PORT: '1112',
  });
});

it('the three are reached at three ports', () => {
  expect(new Set(members.flatMap(([, { ports }]) => ports)).size).toBe(3);
});

it('Waymark is told of the server by the variables that it reads', () => {
  expect(Object.keys(services['waymark']!.environment)).toEqual(expect.arrayContaining(['WAYMARK_STORE', 'EVENTSTOREDB_URL']));
});
