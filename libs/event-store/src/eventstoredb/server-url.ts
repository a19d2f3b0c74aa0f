/** What the URL of an EventStoreDB server says, beyond what its client makes of it. */
import { messageOf } from '@waymark/kernel';

/** The URL cannot be used. Says where and why, and does not repeat it: a password may stand there. */
export class ServerUrlMistake extends Error {
  override readonly name = 'ServerUrlMistake';

  /** Of what the client says to it. */
  static from(fault: unknown): ServerUrlMistake {
    return new ServerUrlMistake(`EVENTSTOREDB_URL: ${mistakeIn(fault)}`);
  }
}

/** A fault of the client's parser quotes what it met and where; what it expected is enough to find it. */
function mistakeIn(fault: unknown): string {
  const { location, expected } = Object(fault) as { location?: readonly [number, number]; expected?: string };
  if (location !== undefined && expected !== undefined) return `from character ${location[0] + 1} on, ${expected} is expected`;
  return fault instanceof URIError ? 'a % that stands for itself is written %25' : messageOf(fault);
}

/** Who asks, where the URL names somebody: `esdb://user:password@host`. Throws `ServerUrlMistake`. */
export function userIn(url: string): { readonly username: string; readonly password: string } | undefined {
  const [, username, password] = /^[^:]+:\/\/([^:@/]+):([^@]+)@/.exec(url) ?? [];
  if (username === undefined || password === undefined) return undefined;
  try {
    return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  } catch (fault) {
    throw ServerUrlMistake.from(fault);
  }
}

/** A frozen node is noticed in seconds, and a cluster is asked through its leader, unless the URL says otherwise. */
export function withDefaults(url: string): string {
  const wanted = { keepAliveInterval: 1_000, keepAliveTimeout: 1_000, nodePreference: 'leader', gossipTimeout: 2 };
  const more = Object.entries(wanted).filter(([name]) => !new RegExp(`[?&]${name}=`, 'i').test(url));
  if (more.length === 0) return url;
  const separator = url.includes('?') ? '&' : '?';
  return `${url}${separator}${more.map(([name, value]) => `${name}=${value}`).join('&')}`;
}
