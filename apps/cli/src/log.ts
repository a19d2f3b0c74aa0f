/** The log that a command is about, wherever it lies: a file of the data folder, or a server. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '@waymark/doors';
import { copyLog, openEventStore, openEventStoreDb, type EventStore } from '@waymark/event-store';

/** To be read only. */
export async function openLog({ dataFolder, logServer }: Environment): Promise<EventStore> {
  return logServer === undefined ? openEventStore({ folder: dataFolder, readOnly: true }) : openEventStoreDb({ url: logServer });
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
export async function withLogFile<T>(env: Environment, use: (folder: string) => Promise<T>): Promise<T> {
  if (env.logServer === undefined) return use(env.dataFolder);
  const log = await openLog(env);
  const folder = mkdtempSync(join(env.dataFolder, 'log-read-'));
  const done = new AbortController();
  try {
    await copyLog({ folder, of: log, signal: done.signal, caughtUp: () => done.abort() });
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await log.close();
  }
}
