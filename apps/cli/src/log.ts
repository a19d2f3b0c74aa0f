/** The log that a command is about, wherever it lies: a file of the data folder, or a server. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writableDataFolder, type Environment } from '@waymark/doors';
import { copyWholeLog, ONLY_A_PART, openEventStore, openEventStoreDb } from '@waymark/event-store';
import type { EventStore, EventStoreDbOptions } from '@waymark/event-store';
import { Ended, FOLDER_UNUSABLE } from './command-line';

const COPY = 'log-read-';

/** To be read only. */
export async function openLog({ dataFolder, logServer: url }: Environment, options: ServerOptions = {}): Promise<EventStore> {
  return url === undefined ? openEventStore({ folder: dataFolder, readOnly: true }) : openEventStoreDb({ url, ...options });
}

/** `notice` hears that the server is away. See `EventStoreDbOptions` for the rest. */
type ServerOptions = Pick<EventStoreDbOptions, 'notice' | 'evenPart'>;

/** In words for whoever runs it; `undefined` = it is whole, or the log is a file. */
export async function whyNotWholeOnServer({ logServer: url }: Environment): Promise<string | undefined> {
  if (url === undefined) return undefined;
  const log = await openEventStoreDb({ url, evenPart: true });
  try {
    return (await log.isPart()) ? ONLY_A_PART : undefined;
  } finally {
    await log.close();
  }
}

export async function holdsLog(env: Environment): Promise<boolean> {
  if (env.logServer === undefined) return existsSync(join(env.dataFolder, 'log.db'));
  const log = await openLog(env);
  try {
    return (await log.head()) !== undefined;
  } finally {
    await log.close();
  }
}

/** A folder with the whole log as a file: of a log on a server a copy that is made now, from what the server holds, and goes afterwards. */
export async function withLogFile<T>(env: Environment, use: (folder: string) => Promise<T>, options: ServerOptions = {}): Promise<T> {
  if (env.logServer === undefined) return use(env.dataFolder);
  writableDataFolder(env.dataFolder);
  dropLeftOver(env.dataFolder);
  const log = await openLog(env, options);
  const folder = mkdtempSync(join(env.dataFolder, `${COPY}${process.pid}-`));
  try {
    if ((await log.head()) === undefined)
      throw new Ended(
        FOLDER_UNUSABLE,
        'The log on the server is empty: set EVENTSTOREDB_URL to the server of a service, or take in a first referral with waymark intake',
      );
    await copyWholeLog(folder, log);
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await log.close();
  }
}

/** Copies of commands that were killed. */
function dropLeftOver(dataFolder: string): void {
  for (const name of readdirSync(dataFolder)) {
    const pid = name.startsWith(COPY) ? Number.parseInt(name.slice(COPY.length), 10) : NaN;
    if (pid > 0 && !isRunning(pid)) rmSync(join(dataFolder, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (fault) {
    return (fault as NodeJS.ErrnoException).code === 'EPERM';
  }
}
