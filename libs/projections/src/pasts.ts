/** The pasts that somebody looks at: prepared off the web thread when first asked for, kept while there is room, since the past does not change. */
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { extname, join } from 'node:path';
import { PastLog, type LogPlace } from '@waymark/event-store';
import { GivenUp, type HeavyThread, type Waiting } from './heavy-thread';
import { OperatorRequests } from './operator-requests';
import type { PastInput, PastWritten } from './past.work';
import { PastFile } from './past-file';
import type { Projection } from './projection';
import type { ReadModels } from './read-side';
import { tableName } from './tables';

export interface PastsOptions {
  readonly folder: string;
  /** Where the log is read from; the same folder when absent. */
  readonly logFolder?: string;
  readonly projections: readonly Projection[];
  /** As the runner's thread has it. */
  readonly modelsModule: string;
  readonly heavy: HeavyThread;
  /** Bytes of files kept; 256 MiB when absent. What is being read stays until it has been. */
  readonly keep?: number;
}

/** Which rows somebody wants to read. */
export interface PastAsked extends Waiting {
  readonly service: string;
  /** The read models that the query reads. */
  readonly of: readonly string[];
  /** Up to here; `undefined` = before the first event. */
  readonly place: LogPlace | undefined;
  /** See `PastWanted`. */
  readonly happenedBy?: string;
}

/** One file: being prepared, or there to be read. */
interface Past {
  readonly file: string;
  readonly ready: Promise<PastFile>;
  /** Gives the preparation up. */
  readonly abandoned: AbortController;
  readonly listeners: Set<(percent: number) => void>;
  /** 0 until it is ready. */
  bytes: number;
  /** Those who wait for it or read it. */
  users: number;
}

const KEEP = 256 * 1024 * 1024;
const FOLDER = 'as-at';

export class Pasts {
  /** Which place a moment is, on the web thread: a few rows. */
  readonly log: PastLog;
  /** The longest unused first. */
  private readonly pasts = new Map<string, Past>();
  private readonly own: string;
  private readonly operator: OperatorRequests;

  constructor(private readonly options: PastsOptions) {
    this.log = new PastLog(options.logFolder ?? options.folder);
    this.operator = new OperatorRequests(options.folder);
    this.own = join(options.folder, FOLDER, `${process.pid}.${randomUUID()}`);
    sweep(join(options.folder, FOLDER));
  }

  /**
   * The read models as they stood. They are prepared by the first snapshot, so a request that is refused before costs
   * nothing. A snapshot rejects with `GivenUp` after the signal, with `TooMuchHeavyWork` at once.
   */
  at(asked: PastAsked): ReadModels {
    const { place } = asked;
    const asAt = { position: place?.position, recordedAt: place?.recordedAt };
    return {
      tableOf: (name) => tableName(this.models([name])[0]!),
      snapshot: async (read) => ({ value: await this.reading(asked, (past) => past.read((db, count) => read(db, asAt, count))), ...asAt }),
      waitFor: async () => true,
      parked: () => this.reading(asked, async (past) => past.parked()),
    };
  }

  close(): void {
    this.log.close();
    this.operator.close();
    for (const [key, past] of this.pasts) {
      this.abandon(key, past);
      past.ready.then(
        (opened) => opened.close(),
        () => {},
      );
    }
    rmSync(this.own, { recursive: true, force: true });
  }

  private async reading<T>(asked: PastAsked, read: (past: PastFile) => Promise<T>): Promise<T> {
    const key = this.keyOf(asked);
    const past = this.pasts.get(key) ?? this.prepare(key, asked);
    this.pasts.delete(key);
    this.pasts.set(key, past);
    past.users++;
    const { signal, progress } = asked;
    if (progress) past.listeners.add(progress);
    try {
      return await read(await unlessGivenUp(past.ready, signal));
    } finally {
      if (progress) past.listeners.delete(progress);
      past.users--;
      if (past.users === 0 && past.bytes === 0) this.abandon(key, past);
      this.makeRoom();
    }
  }

  /** Everything that the rows depend on. */
  private keyOf({ service, of, place, happenedBy }: PastAsked): string {
    const models = this.models(of).map(tableName);
    const last = this.log.lastOf(service, place?.position);
    const skipped = of.flatMap((name) => [...this.operator.skippedBy(name)]);
    return JSON.stringify([models, this.log.logId, service, last, happenedBy, skipped]);
  }

  private prepare(key: string, { service, of, place, happenedBy }: PastAsked): Past {
    const { folder, logFolder = folder, modelsModule, heavy } = this.options;
    mkdirSync(this.own, { recursive: true, mode: 0o700 });
    chmodSync(this.own, 0o700);
    const file = join(this.own, `${randomUUID()}.db`);
    const input: PastInput = {
      folder,
      logFolder,
      modelsModule,
      service,
      names: of,
      file,
      ...(place === undefined ? {} : { upTo: place.position }),
      ...(happenedBy === undefined ? {} : { happenedBy }),
    };
    const abandoned = new AbortController();
    const listeners: Past['listeners'] = new Set();
    const written = heavy.run<PastWritten>(
      { module: join(__dirname, `past.work${extname(__filename)}`), input },
      { signal: abandoned.signal, progress: (percent) => listeners.forEach((listener) => listener(percent)) },
    );
    const ready = written.then(({ bytes }) => {
      past.bytes = bytes;
      return new PastFile(file);
    });
    const past: Past = { file, ready, abandoned, listeners, bytes: 0, users: 0 };
    // Whoever comes next tries again.
    ready.catch(() => this.abandon(key, past));
    return past;
  }

  /** Nobody waits for it, or it cannot be had. */
  private abandon(key: string, past: Past): void {
    past.abandoned.abort();
    if (this.pasts.get(key) === past) this.pasts.delete(key);
  }

  private models(names: readonly string[]): Projection[] {
    return names.map((name) => {
      const found = this.options.projections.find((projection) => projection.name === name);
      if (found === undefined) throw new Error(`There is no read model '${name}'`);
      return found;
    });
  }

  /** The longest unused goes first. */
  private makeRoom(): void {
    let kept = 0;
    for (const { bytes } of this.pasts.values()) kept += bytes;
    for (const [key, past] of this.pasts) {
      if (kept <= (this.options.keep ?? KEEP)) return;
      if (past.users > 0) continue;
      this.pasts.delete(key);
      kept -= past.bytes;
      void past.ready.then((opened) => {
        opened.close();
        rmSync(past.file, { force: true });
      });
    }
  }
}

/** Somebody who leaves does not wait for the others who want the same. */
function unlessGivenUp<T>(ready: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return ready;
  return new Promise<T>((resolve, reject) => {
    const leave = (): void => reject(new GivenUp('Nobody waits for this any more'));
    if (signal.aborted) return leave();
    signal.addEventListener('abort', leave, { once: true });
    ready.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

/** What programs left behind that did not end by themselves. The rows are no use to anybody else. */
function sweep(folder: string): void {
  let left: string[];
  try {
    left = readdirSync(folder);
  } catch {
    return;
  }
  for (const name of left) if (!isRunning(Number(name.split('.')[0]))) rmSync(join(folder, name), { recursive: true, force: true });
}

/** This process has just begun, so whatever carries its number is another's. */
function isRunning(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (fault) {
    return (fault as NodeJS.ErrnoException).code === 'EPERM';
  }
}
