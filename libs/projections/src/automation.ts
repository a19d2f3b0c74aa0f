/** Reactions and timers of one process, the runner of its data folder: driven by its clock, heard of when they are behind. */
import type { EventStore } from '@waymark/event-store';
import { messageOf, upcasting, type EventDefinitions } from '@waymark/kernel';
import { OperatorRequests } from './operator-requests';
import type { Projection } from './projection';
import type { CarryOut, MachineCommand, Reaction } from './reaction';
import { carryOutForReactions } from './reaction-orders';
import { ReactionPlaces } from './reaction-places';
import { ReactionRun, type ReactionStatus } from './reaction-run';
import type { ReadSide } from './read-side';
import { Timers, type OverdueTimer, type TimersStatus } from './timers';

export interface AutomationOptions<Command extends MachineCommand> {
  readonly folder: string;
  readonly store: EventStore;
  /** Where it is looked how far they are: the store itself, or a copy that answers also while the store does not. */
  readonly logAtHand?: EventStore;
  readonly readSide: ReadSide;
  readonly reactions: readonly Reaction<Command>[];
  /** The projection whose rows are `TimerRow`s. */
  readonly timers: Projection;
  readonly carryOut: CarryOut<Command>;
  readonly definitions: EventDefinitions;
  readonly clock: () => Date;
  /** Hears what an operator must hear. */
  readonly notice?: (message: string) => void;
}

export interface AutomationStatus {
  /** `behind`: an event, or a timer that is due, has waited for more than a minute. `off`: not run by this process. */
  readonly status: 'live' | 'behind' | 'off';
  readonly reactions: readonly ReactionStatus[];
  readonly timers: TimersStatus;
}

const BEHIND_S = 60;
const LOOK_MS = 1_000;
/** How often it is looked whether they are behind. */
const ALARM_MS = 15_000;

export class Automation<Command extends MachineCommand = MachineCommand> {
  private readonly timers: Timers<Command>;
  private readonly notice: (message: string) => void;
  private places: ReactionPlaces | undefined;
  private requests: OperatorRequests | undefined;
  private runs: ReadonlyMap<string, ReactionRun<Command>> = new Map();
  private readonly ended = new AbortController();
  private working: Promise<unknown> = Promise.resolve();
  private late = false;
  private startedAt = 0;

  constructor(private readonly options: AutomationOptions<Command>) {
    this.notice = options.notice ?? (() => {});
    this.timers = new Timers({ ...options, projection: options.timers, notice: this.notice });
  }

  /** Follows the log and the clock until `stop`. Only the process that holds the runner's lock may. */
  async start(): Promise<void> {
    await this.attach();
    this.working = Promise.all([
      ...[...this.runs.values()].map((run) => this.keep(() => run.follow(this.ended.signal))),
      ...[...this.runs.values()].map((run) => this.every(LOOK_MS, () => run.retry())),
      this.every(LOOK_MS, () => this.orders()),
      this.every(LOOK_MS, () => this.timers.turn()),
      this.every(ALARM_MS, () => this.alarm()),
    ]);
  }

  /** For a process whose time is simulated: everything that is to be done now, and what follows from it, has been done. */
  async settle(): Promise<void> {
    if (!this.places) await this.attach();
    await this.orders();
    let fired: number | undefined = 1;
    while (fired !== 0) {
      for (const run of this.runs.values()) await run.catchUp();
      fired = await this.timers.turn();
      if (fired === undefined) throw new Error('The timers are behind the log');
    }
  }

  /** When the next timer is due. */
  nextDue(): Promise<string | undefined> {
    return this.timers.next();
  }

  /** Timers that have been due for more than a minute: their command fails or leads to nothing, or nobody runs them. */
  overdueTimers(): Promise<OverdueTimer[]> {
    return this.timers.overdue(BEHIND_S);
  }

  async status(): Promise<AutomationStatus> {
    if (!this.places) return { status: 'off', reactions: [], timers: { lagSeconds: 0, stuck: 0 } };
    const reactions = await Promise.all([...this.runs.values()].map((run) => run.status()));
    const timers = await this.timers.status();
    const lag = Math.min(this.runsFor(), Math.max(timers.lagSeconds, ...reactions.map(({ lagSeconds }) => lagSeconds)));
    return { status: lag > BEHIND_S ? 'behind' : 'live', reactions, timers };
  }

  /** Seconds: what fell due while nobody ran is not late before there was time for it. */
  private runsFor(): number {
    return (this.options.clock().getTime() - this.startedAt) / 1000;
  }

  /** Ends after the commands that are being carried out. */
  async stop(): Promise<void> {
    this.ended.abort();
    await this.working;
    this.places?.close();
    this.requests?.close();
    this.places = undefined;
  }

  private async attach(): Promise<void> {
    const { folder, store, logAtHand = store, clock, carryOut, definitions, reactions } = this.options;
    this.startedAt = clock().getTime();
    this.requests = new OperatorRequests(folder, clock);
    this.places = new ReactionPlaces(folder, clock);
    const upcast = upcasting(definitions);
    const shared = { store, logAtHand, clock, carryOut, upcast, places: this.places, notice: this.notice };
    const runs = new Map<string, ReactionRun<Command>>();
    for (const reaction of reactions) {
      const run = new ReactionRun(reaction, { ...shared, skipped: this.requests.skippedBy(reaction.name) });
      await run.attach();
      runs.set(reaction.name, run);
    }
    this.runs = runs;
  }

  /** What operators have asked of the reactions. */
  private async orders(): Promise<void> {
    if (this.requests && this.places) await carryOutForReactions(this.requests, this.places, this.runs);
  }

  private async every(ms: number, work: () => Promise<unknown>): Promise<void> {
    while (!this.ended.signal.aborted) {
      await this.keep(work);
      await this.pause(ms);
    }
  }

  private async alarm(): Promise<void> {
    const { status, reactions, timers } = await this.status();
    const late = status === 'behind';
    if (late && !this.late) {
      const lags = [...reactions.map(({ name, lagSeconds }) => `${name} ${lagSeconds} s`), `timers ${timers.lagSeconds} s`];
      this.notice(`Reactions or timers are more than ${BEHIND_S} s behind: ${lags.join(', ')}`);
    }
    if (!late && this.late) this.notice('Reactions and timers have caught up again');
    this.late = late;
  }

  /** A fault is told and what was under way is begun again: nobody else does this work. */
  private async keep(work: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await work();
        return;
      } catch (fault) {
        if (this.ended.signal.aborted) return;
        this.notice(`Reactions and timers were interrupted, and go on: ${messageOf(fault)}`);
        await this.pause(LOOK_MS);
        if (this.ended.signal.aborted) return;
      }
    }
  }

  private pause(ms: number): Promise<void> {
    const { signal } = this.ended;
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done);
    });
  }
}
