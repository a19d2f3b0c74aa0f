/**
 * Timers: rows of a projection, made and removed by events alone. One that is due is fired under an id made of its key and
 * its due time; its row goes when what the command led to is projected. Nothing else remembers that it fired.
 */
import type { EventStore } from '@waymark/event-store';
import { isRejection, messageOf } from '@waymark/kernel';
import { sql } from 'kysely';
import type { Projection } from './projection';
import { issueOfTimer, pauseAfter, type CarryOut, type MachineCommand } from './reaction';
import type { ReadSide } from './read-side';

export interface Timer<Command extends MachineCommand = MachineCommand> {
  /** What it is about; with `due` it names one occasion for ever. */
  readonly key: string;
  /** UTC instant with milliseconds, so that it orders as text. */
  readonly due: string;
  readonly command: Command;
}

/** What a projection of timers holds of each key: everything that is still to come. */
export interface TimerRow<Command extends MachineCommand = MachineCommand> {
  readonly service: string;
  /** The earliest of `timers`; `null` when there are none. */
  readonly due: string | null;
  readonly timers: readonly Timer<Command>[];
}

/** `due` of a row with these timers. */
export function earliestOf(timers: readonly Timer[]): string | null {
  return timers.reduce<string | null>((first, { due }) => (first === null || due < first ? due : first), null);
}

export interface TimersOptions<Command extends MachineCommand> {
  readonly store: Pick<EventStore, 'head'>;
  readonly readSide: ReadSide;
  /** Its rows are `TimerRow`s, and may hold more. */
  readonly projection: Projection;
  readonly carryOut: CarryOut<Command>;
  readonly clock: () => Date;
  readonly notice: (message: string) => void;
}

export interface TimersStatus {
  /** How long the oldest timer that is due has waited. */
  readonly lagSeconds: number;
  /** Fired more than once, and still there. */
  readonly stuck: number;
}

/** A timer whose time has come and gone. */
export interface OverdueTimer {
  readonly key: string;
  readonly service: string;
  readonly due: string;
  /** What it asks for. */
  readonly command: string;
}

interface Fired {
  readonly tries: number;
  /** Not again before; a pace, not a memory: without it the timer would only fire sooner, to the same effect. */
  readonly notBefore: number;
}

const PAGE_ROWS = 500;
/** Fired so often, and still there: somebody must look. */
const STUCK_TRIES = 5;

export class Timers<Command extends MachineCommand> {
  private readonly fired = new Map<string, Fired>();

  constructor(private readonly options: TimersOptions<Command>) {}

  /**
   * Fires what is due, once the rows have reached the log: before that they may show what has long been dealt with. Answers how
   * many were fired; `undefined` = the rows are behind.
   */
  async turn(): Promise<number | undefined> {
    const { store, readSide, projection } = this.options;
    const head = await store.head();
    if (head !== undefined && !(await readSide.waitFor(head, undefined, [projection.name]))) return undefined;
    const still = new Set<string>();
    let fired = 0;
    for (const { service, timer } of await this.due()) {
      const id = `${timer.key} ${timer.due}`;
      still.add(id);
      if ((this.fired.get(id)?.notBefore ?? 0) > this.now().getTime()) continue;
      await this.fire(service, timer, id);
      fired++;
    }
    for (const id of this.fired.keys()) if (!still.has(id)) this.fired.delete(id);
    return fired;
  }

  /** When the next one is due that has not been fired yet. */
  async next(): Promise<string | undefined> {
    const { readSide, projection } = this.options;
    const { rows } = await sql<{ due: string | null }>`
      select min(due) as due from ${sql.table(readSide.tableOf(projection.name))} where due is not null`.execute(readSide.db);
    return rows[0]?.due ?? undefined;
  }

  /** Due for longer than so many seconds. */
  async overdue(seconds: number): Promise<OverdueTimer[]> {
    const found = await this.due(new Date(this.now().getTime() - seconds * 1000));
    return found.map(({ service, timer: { key, due, command } }) => ({ key, service, due, command: command.kind }));
  }

  async status(): Promise<TimersStatus> {
    const first = await this.next();
    const stuck = [...this.fired.values()].filter(({ tries }) => tries >= STUCK_TRIES).length;
    return { lagSeconds: first === undefined ? 0 : Math.max(0, Math.round((this.now().getTime() - Date.parse(first)) / 1000)), stuck };
  }

  private async due(by = this.now()): Promise<{ service: string; timer: Timer<Command> }[]> {
    const { readSide, projection } = this.options;
    const table = sql.table(readSide.tableOf(projection.name));
    const now = by.toISOString();
    const found: { service: string; timer: Timer<Command> }[] = [];
    let after = { due: '', key: '' };
    for (;;) {
      const { rows } = await sql<{ key: string; service: string; due: string; timers: string }>`
        select key, service, due, timers from ${table} where due <= ${now} and (due, key) > (${after.due}, ${after.key})
        order by due, key limit ${PAGE_ROWS}`.execute(readSide.db);
      for (const { service, timers } of rows) {
        for (const timer of JSON.parse(timers) as Timer<Command>[]) if (timer.due <= now) found.push({ service, timer });
      }
      const last = rows.at(-1);
      if (rows.length < PAGE_ROWS || !last) return found.sort((a, b) => (a.timer.due < b.timer.due ? -1 : 1));
      after = last;
    }
  }

  private async fire(service: string, timer: Timer<Command>, id: string): Promise<void> {
    let error: string | undefined;
    try {
      const outcome = await this.options.carryOut(timer.command, issueOfTimer(service, timer));
      if (isRejection(outcome)) error = `refused: ${outcome.code}`;
    } catch (fault) {
      error = messageOf(fault);
    }
    const tries = (this.fired.get(id)?.tries ?? 0) + 1;
    const pause = pauseAfter(Math.min(tries, STUCK_TRIES)) ?? 0;
    this.fired.set(id, { tries, notBefore: this.now().getTime() + pause * 1000 });
    if (tries === STUCK_TRIES) {
      const why = error ?? 'its command led to nothing';
      this.options.notice(
        `The timer ${timer.command.kind} of ${timer.key}, due ${timer.due}, was fired ${tries} times and is still there: ${why}`,
      );
    }
  }

  private now(): Date {
    return this.options.clock();
  }
}
