/** The built program as its users run it: a server on a folder of its own, and the command line. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { logEnvironment, stopLogServers } from './log-servers';

export const root = join(__dirname, '../..');
const serverProgram = join(root, 'dist/apps/server/src/main.js');
export const cliProgram = join(root, 'dist/apps/cli/src/main.js');

export function emptyFolder(): string {
  if (!existsSync(serverProgram)) throw new Error('Run npm run build first: these tests run the built program');
  return mkdtempSync(join(tmpdir(), 'waymark-test-'));
}

export function removeFolder(folder: string): void {
  stopLogServers(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

export interface Program {
  readonly address: string;
  readonly process: ChildProcess;
  /** Everything it wrote to standard error: its log. */
  log(): string;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export async function environmentOf(folder: string, more: Record<string, string> = {}): Promise<NodeJS.ProcessEnv> {
  const { PATH, HOME } = process.env;
  const log = await logEnvironment(folder);
  return { PATH, HOME, WAYMARK_DATA: folder, WAYMARK_CONFIG: join(root, 'config'), PORT: '0', ...log, ...more };
}

export async function startServer(folder: string, more: Record<string, string> = {}): Promise<Program> {
  const env = await environmentOf(folder, more);
  const child = spawn(process.execPath, [serverProgram], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const address = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const found = /listens on (\S+)/.exec(said);
      if (found?.[1]) resolve(found[1]);
    });
    child.once('exit', (code, signal) => reject(new Error(`The server ended with ${code ?? signal} before it listened: ${said}${log}`)));
  });
  return {
    address,
    process: child,
    log: () => log,
    stop: (signal = 'SIGTERM') =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve(child.exitCode);
        child.once('exit', (code) => resolve(code));
        child.kill(signal);
      }),
  };
}

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export async function waymark(folder: string, words: readonly string[], input?: string | Buffer): Promise<Said> {
  return runCli(words, await environmentOf(folder), input);
}

export function runCli(words: readonly string[], env: NodeJS.ProcessEnv, input?: string | Buffer): Promise<Said> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [cliProgram, ...words], { env, maxBuffer: 1 << 28 }, (fault, out, err) =>
      resolve({ code: fault ? Number(fault.code ?? 1) : 0, out, err }),
    );
    // A program that ends before it has read everything closes its end.
    child.stdin?.on('error', () => {}).end(input ?? '');
  });
}

export interface Answer<Body = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** A JSON request; the body of the answer is parsed where it is JSON. */
export async function request<Body = Record<string, never>>(
  address: string,
  method: string,
  path: string,
  options: { body?: unknown; raw?: string | Uint8Array<ArrayBuffer>; headers?: Record<string, string> } = {},
): Promise<Answer<Body>> {
  const body = options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
  const answer = await fetch(`${address}${path}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    body: (/json/.test(answer.headers.get('content-type') ?? '') ? JSON.parse(text) : text) as Body,
  };
}
