/** The environment variables that Waymark reads: contract section 2. A mistake stops the start with what to do. */
import { resolve } from 'node:path';
import { userIn } from '@waymark/event-store';

export interface Environment {
  readonly dataFolder: string;
  /** `esdb://…` of the EventStoreDB server that keeps the log. Absent = the log is a file of the data folder. */
  readonly logServer?: string;
  readonly configFolder: string;
  readonly host: string;
  readonly port: number;
  /** 32 bytes, base64. Absent = the file `master.key` of the data folder. */
  readonly masterKey?: string;
  /** Bytes. */
  readonly bodyLimit: number;
  /** Bytes, for FHIR and CSV. */
  readonly fileLimit: number;
  readonly logLevel: string;
}

/** A setting that cannot be used. Exit code 2. */
export class EnvironmentMistake extends Error {
  override readonly name = 'EnvironmentMistake';
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Environment {
  const host = env['WAYMARK_HOST'] || '127.0.0.1';
  if (!LOOPBACK.includes(host)) {
    throw new EnvironmentMistake('WAYMARK_HOST: with sign-in off Waymark listens on loopback only; use 127.0.0.1, ::1 or localhost');
  }
  if ((env['WAYMARK_SIGN_IN'] || 'off') !== 'off') {
    throw new EnvironmentMistake('WAYMARK_SIGN_IN: sign-in does not exist in this version; leave it out or set it to off');
  }
  const logServer = logServerOf(env);
  const logLevel = env['WAYMARK_LOG_LEVEL'] || 'info';
  if (!LOG_LEVELS.includes(logLevel)) throw new EnvironmentMistake(`WAYMARK_LOG_LEVEL: use one of ${LOG_LEVELS.join(', ')}`);
  const limit = env['WAYMARK_BODY_LIMIT'];
  return {
    dataFolder: resolve(env['WAYMARK_DATA'] || './data'),
    ...(logServer === undefined ? {} : { logServer }),
    configFolder: resolve(env['WAYMARK_CONFIG'] || './config'),
    host,
    port: port(env['PORT']),
    ...(env['WAYMARK_MASTER_KEY'] ? { masterKey: env['WAYMARK_MASTER_KEY'] } : {}),
    bodyLimit: bytes(limit || '1mb'),
    fileLimit: bytes(limit || '5mb'),
    logLevel,
  };
}

function logServerOf(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const store = env['WAYMARK_STORE'] || 'sqlite';
  if (store === 'sqlite') return undefined;
  if (store !== 'eventstoredb') throw new EnvironmentMistake('WAYMARK_STORE: use sqlite or eventstoredb, or leave it out');
  const url = env['EVENTSTOREDB_URL'] ?? '';
  if (!/^esdb(\+discover)?:\/\/\S+$/.test(url))
    throw new EnvironmentMistake(
      'EVENTSTOREDB_URL: with WAYMARK_STORE=eventstoredb name the server, such as esdb://127.0.0.1:2113?tls=false',
    );
  // Said here, since a node only says that nobody is known by that name.
  if (!/[?&]tls=false\b/i.test(url) && userIn(url) === undefined)
    throw new EnvironmentMistake(
      'EVENTSTOREDB_URL: over TLS the server wants a user; write esdb://user:password@host:port, or tls=false for a server without TLS',
    );
  return url;
}

function port(text: string | undefined): number {
  if (!text) return 3000;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65535) throw new EnvironmentMistake('PORT: a number from 0 to 65535');
  return value;
}

function bytes(text: string): number {
  const found = /^([1-9]\d*)(b|kb|mb)?$/i.exec(text.trim());
  if (!found) throw new EnvironmentMistake('WAYMARK_BODY_LIMIT: a size such as 500kb or 1mb');
  const unit = { b: 1, kb: 1024, mb: 1024 * 1024 }[(found[2] ?? 'b').toLowerCase()] ?? 1;
  return Number(found[1]) * unit;
}
