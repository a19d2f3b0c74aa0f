/** A command-line program's share in running the projections: nothing beside a server; without one, everything, before each answer. */
import type { EventDefinitions } from '@waymark/kernel';
import { FolderHasRunner, takeRunnerLock, type RunnerLock } from './lock';
import type { LogPages } from './log-pages';
import { OperatorRequests } from './operator-requests';
import type { Projection } from './projection';
import type { Drive } from './read-side';
import { Runner } from './runner';

export interface OwnRunnerOptions {
  readonly folder: string;
  readonly projections: readonly Projection[];
  readonly definitions: EventDefinitions;
  /** The same reader of the log that the read side uses. */
  readonly log: LogPages;
  /** The command that runs, for a server that finds the folder taken. */
  readonly address: string;
  readonly notice?: (message: string) => void;
  readonly clock?: () => Date;
  /** The role of the runner, where this process has it already. */
  readonly lock?: RunnerLock;
}

/** While a server runs the folder, how often to look whether it still does. */
const LOOK_AGAIN_MS = 1_000;

export class OwnRunner implements Drive {
  private runner: Runner | undefined;
  private requests: OperatorRequests | undefined;
  private lock: RunnerLock | undefined;
  private lookAgainAt = 0;

  constructor(private readonly options: OwnRunnerOptions) {
    this.lock = options.lock;
  }

  catchUp(): void {
    if (this.runner === undefined && !this.take()) return;
    this.runner!.catchUp();
  }

  hasFolder(): boolean {
    return this.runner !== undefined;
  }

  close(): void {
    this.runner?.close();
    this.requests?.close();
    this.lock?.release();
    this.runner = undefined;
  }

  private take(): boolean {
    if (performance.now() < this.lookAgainAt) return false;
    try {
      this.lock ??= takeRunnerLock(this.options.folder, { address: this.options.address, role: 'cli' });
    } catch (fault) {
      if (!(fault instanceof FolderHasRunner)) throw fault;
      this.lookAgainAt = performance.now() + LOOK_AGAIN_MS;
      return false;
    }
    this.requests = new OperatorRequests(this.options.folder, this.options.clock);
    this.runner = new Runner({ ...this.options, requests: this.requests });
    return true;
  }
}
