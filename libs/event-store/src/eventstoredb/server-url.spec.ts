/** What is wrong with the URL of a server is said before anything is asked, and what stands in it is not repeated. */
import { Connection } from './connection';
import { ServerUrlMistake, userIn } from './server-url';

it.each([
  ['a % that begins no code', 'esdb://ot:100%@10.0.0.1:2113?tls=false', 'a % that stands for itself is written %25'],
  ['a value that is none', 'esdb://ot:s3cret@10.0.0.1?tls=False', 'from character 31 on, true or false is expected'],
  [
    'a preference that is none',
    'esdb://10.0.0.1?tls=false&nodePreference=best',
    /^EVENTSTOREDB_URL: from character 42 on, leader or follower or/,
  ],
  ['no host', 'esdb://ot:s3cret@', 'from character 18 on, host is expected'],
  ['no port', 'esdb://10.0.0.1:any?tls=false', 'from character 17 on, port number is expected'],
  ['an interval that is none', 'esdb://10.0.0.1?tls=false&keepAliveInterval=-5', 'Invalid keepAliveInterval "-5"'],
  ['a certificate that is not there', 'esdb://ot:s3cret@10.0.0.1?tlsCAFile=/none', 'Failed to load certificate file. File was not found.'],
])('%s', async (_, url, said) => {
  const fault = await Connection.to(url).catch((why: unknown) => why);
  expect(fault).toBeInstanceOf(ServerUrlMistake);
  expect(fault).toHaveProperty(
    'message',
    typeof said === 'string' ? expect.stringContaining(`EVENTSTOREDB_URL: ${said}`) : expect.stringMatching(said),
  );
  expect((fault as Error).message).not.toContain('s3cret');
});

it('the user of a URL', () => {
  expect(userIn('esdb://ot:p%40ss@10.0.0.1:2113')).toEqual({ username: 'ot', password: 'p@ss' });
  expect(userIn('esdb://10.0.0.1:2113?tls=false')).toBeUndefined();
  expect(() => userIn('esdb://ot:100%@10.0.0.1:2113')).toThrow(ServerUrlMistake);
});
