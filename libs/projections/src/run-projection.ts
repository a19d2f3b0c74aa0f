/** One projection over one opened store, without Nest and without a thread of its own: for measuring, and for whoever embeds the log. */
import { LogReader, type EventStore } from '@waymark/event-store';
import type { EventDefinitions } from '@waymark/kernel';
import type { Projection } from './projection';
import type { ReadDb } from './page-connection';
import { ReadSide } from './read-side';
import { Runner } from './runner';

export interface RunProjectionOptions {
  /** The data folder of the store; `read.db` comes to lie there too. */
  readonly folder: string;
  /** For upcasting and for noticing unknown events; absent, events are taken as they are. */
  readonly definitions?: EventDefinitions;
  readonly notice?: (message: string) => void;
}

export interface RunningProjection {
  /** Folds what the log holds and the table does not. */
  catchUp(): Promise<{ readonly events: number; readonly position: string | undefined }>;
  /** From now on each append is folded as soon as it is stored. */
  startLive(): void;
  /** Runs `read` over the read-only connection; `table` is the projection's. */
  query<T>(read: (db: ReadDb, table: string) => Promise<T>): Promise<T>;
  /** The store stays open. */
  close(): Promise<void>;
}

export function runProjection(store: EventStore, projection: Projection, options: RunProjectionOptions): RunningProjection {
  const projections = [projection];
  const log = new LogReader(options.folder, { hashes: false });
  const runner = new Runner({ ...options, projections, log });
  const readSide = new ReadSide({ folder: options.folder, projections, log });
  const ended = new AbortController();
  let live: Promise<void> | undefined;

  const follow = async (): Promise<void> => {
    const { position } = runner.catchUp();
    const after = position === undefined ? {} : { after: position };
    const commits = store.subscribe({ ...after, filter: { types: [] }, signal: ended.signal })[Symbol.asyncIterator]();
    while (!(await commits.next()).done) runner.catchUp();
  };
  return {
    async catchUp() {
      return runner.catchUp();
    },
    startLive() {
      live ??= follow();
    },
    query: (read) => read(readSide.db, readSide.tableOf(projection.name)),
    async close() {
      ended.abort();
      await live;
      runner.close();
      readSide.close();
    },
  };
}
