/** Exactly one process runs the projections of a data folder: an operating-system lock that dies with its holder. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { sqliteCode } from '@waymark/kernel';

export interface RunnerLock {
  /** What whoever comes second is told from now on. */
  tell(address: string): void;
  release(): void;
}

/** Who holds the lock, for whoever comes second. */
export interface Holder {
  /** Where the server listens, or which command runs. */
  readonly address: string;
  readonly role: 'server' | 'cli';
  readonly pid: number;
}

/** Another process runs this data folder. A second server exits 3 with this message. */
export class FolderHasRunner extends Error {
  override readonly name = 'FolderHasRunner';
  readonly address: string;

  constructor(readonly holder: Holder) {
    super(`Another process (${holder.pid}) already runs this data folder: ${holder.address}. Use that one, or stop it first`);
    this.address = holder.address;
  }
}

/** Takes the role of the runner, or throws `FolderHasRunner` at once. */
export function takeRunnerLock(folder: string, holder: { readonly address: string; readonly role?: Holder['role'] }): RunnerLock {
  mkdirSync(folder, { recursive: true });
  const db = new SqliteDatabase(join(folder, 'runner.lock'), { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (fault) {
    db.close();
    if (!sqliteCode(fault)?.startsWith('SQLITE_BUSY')) throw fault;
    throw new FolderHasRunner(holderOf(folder));
  }
  const tell = (address: string): void => writeHolder(folder, { address, role: holder.role ?? 'server', pid: process.pid });
  tell(holder.address);
  return { tell, release: () => db.close() };
}

/** The locked file itself cannot be read by others, so what they are told stands beside it. */
function writeHolder(folder: string, holder: Holder): void {
  const file = holderFile(folder);
  writeFileSync(`${file}.new`, JSON.stringify(holder));
  renameSync(`${file}.new`, file);
}

function holderFile(folder: string): string {
  return join(folder, 'runner.json');
}

function holderOf(folder: string): Holder {
  try {
    return JSON.parse(readFileSync(holderFile(folder), 'utf8')) as Holder;
  } catch {
    return { address: 'it is just starting', role: 'server', pid: 0 };
  }
}
