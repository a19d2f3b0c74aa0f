/** The variables that Waymark reads: what stands when none is set, and which values stop the start. */
import { resolve } from 'node:path';
import { EnvironmentMistake, readEnvironment } from './environment';

it('listens on loopback, keeps its data in ./data, and reads ./config, unless told otherwise', () => {
  expect(readEnvironment({})).toEqual({
    dataFolder: resolve('data'),
    configFolder: resolve('config'),
    host: '127.0.0.1',
    port: 3000,
    bodyLimit: 1024 * 1024,
    fileLimit: 5 * 1024 * 1024,
    logLevel: 'info',
  });
});

it('reads an empty value as none', () => {
  expect(readEnvironment({ PORT: '', WAYMARK_HOST: '', WAYMARK_BODY_LIMIT: '', WAYMARK_MASTER_KEY: '' })).toEqual(readEnvironment({}));
});

it.each([
  ['WAYMARK_BODY_LIMIT', '500kb', { bodyLimit: 512_000, fileLimit: 512_000 }],
  ['WAYMARK_BODY_LIMIT', '2MB', { bodyLimit: 2_097_152, fileLimit: 2_097_152 }],
  ['WAYMARK_BODY_LIMIT', '100', { bodyLimit: 100, fileLimit: 100 }],
  ['PORT', '0', { port: 0 }],
  ['WAYMARK_HOST', '::1', { host: '::1' }],
  ['WAYMARK_MASTER_KEY', 'key', { masterKey: 'key' }],
  ['WAYMARK_SIGN_IN', 'off', {}],
  ['WAYMARK_STORE', 'sqlite', {}],
])('%s=%s is taken', (name, value, expected) => {
  expect(readEnvironment({ [name]: value })).toMatchObject(expected);
});

it.each([
  ['WAYMARK_HOST', '0.0.0.0'],
  ['WAYMARK_HOST', 'waymark.example'],
  ['PORT', '65536'],
  ['PORT', '-1'],
  ['PORT', 'http'],
  ['PORT', '1e3'],
  ['WAYMARK_LOG_LEVEL', 'loud'],
  ['WAYMARK_BODY_LIMIT', 'large'],
  ['WAYMARK_BODY_LIMIT', '0'],
  ['WAYMARK_BODY_LIMIT', '-1mb'],
  ['WAYMARK_SIGN_IN', 'oidc'],
  ['WAYMARK_STORE', 'postgresql'],
])('%s=%s stops the start, by name', (name, value) => {
  const read = () => readEnvironment({ [name]: value });
  expect(read).toThrow(EnvironmentMistake);
  expect(read).toThrow(new RegExp(`^${name}: `));
});

it('a log on a server needs the address of that server', () => {
  const url = 'esdb://127.0.0.1:2113?tls=false';
  expect(readEnvironment({ WAYMARK_STORE: 'eventstoredb', EVENTSTOREDB_URL: url })).toMatchObject({ logServer: url });
  for (const wrong of [undefined, '', 'http://127.0.0.1:2113', 'kurrentdb://127.0.0.1:2113'])
    expect(() => readEnvironment({ WAYMARK_STORE: 'eventstoredb', EVENTSTOREDB_URL: wrong })).toThrow(/^EVENTSTOREDB_URL: /);
});

it('over TLS the server is told a user', () => {
  const read = (url: string) => readEnvironment({ WAYMARK_STORE: 'eventstoredb', EVENTSTOREDB_URL: url });
  for (const right of [
    'esdb://ot:pass@10.0.0.1:2113,10.0.0.2:2113',
    'esdb+discover://ot:pass@log.nhs.example?tls=true',
    'esdb://a?TLS=false',
  ])
    expect(read(right)).toMatchObject({ logServer: right });
  for (const wrong of ['esdb://10.0.0.1:2113', 'esdb://ot@10.0.0.1:2113', 'esdb://10.0.0.1:2113?tls=true'])
    expect(() => read(wrong)).toThrow(/^EVENTSTOREDB_URL: over TLS/);
  expect(() => read('esdb://ot:100%@10.0.0.1:2113')).toThrow('EVENTSTOREDB_URL: a % that stands for itself is written %25');
});

it('an address alone changes nothing: the log stays a file', () => {
  expect(readEnvironment({ EVENTSTOREDB_URL: 'esdb://127.0.0.1:2113?tls=false' })).not.toHaveProperty('logServer');
});
