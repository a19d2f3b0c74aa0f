/** Made-up visits of which each planned one is noted by a reaction, and cancelled by a timer an hour later, through the real command loop. */
import { CommandLoop, type EventStore } from '@waymark/event-store';
import { reject, type DomainEvent, type Issue, type Outcome } from '@waymark/kernel';
import { Automation } from '../automation';
import { OwnRunner } from '../own-runner';
import type { LogPages } from '../log-pages';
import type { Projection } from '../projection';
import type { MachineCommand, Reaction } from '../reaction';
import { ReadSide } from '../read-side';
import { earliestOf, type TimerRow } from '../timers';
import { eventDefinitions, newEvent, type Happening } from './visits';

export interface VisitCommand extends MachineCommand {
  readonly kind: 'note' | 'cancel';
  readonly stream: string;
}

const HOUR_MS = 3_600_000;

export const noting: Reaction<VisitCommand> = {
  name: 'noting',
  onAnotherLog: 'repeat',
  on: {
    VisitPlanned: ({ stream }) => [
      { kind: 'note', stream },
      { kind: 'note', stream },
    ],
    VisitMoved: ({ stream }) => [{ kind: 'note', stream }],
  },
};

/** Each planned visit is cancelled an hour later, unless it was cancelled before. */
export const cancellations: Projection<TimerRow<VisitCommand>> = {
  name: 'cancellations',
  version: 1,
  table: { columns: { service: { type: 'text' }, due: { type: 'text', nullable: true }, timers: { type: 'json' } } },
  key: (event) => event.stream,
  on: {
    VisitPlanned: (_, { stream, meta, recordedAt }) => {
      const due = new Date(Date.parse(recordedAt) + HOUR_MS).toISOString();
      const timers = [{ key: stream, due, command: { kind: 'cancel' as const, stream } }];
      return { service: meta.service, due: earliestOf(timers), timers };
    },
    VisitCancelled: () => undefined,
  },
};

/** Everything that a process needs, over a store that may die under it. */
export class VisitProcess {
  readonly automation: Automation<VisitCommand>;
  readonly readSide: ReadSide;
  readonly drive: OwnRunner;
  readonly notices: string[] = [];
  /** Each command that was asked for, with its id. */
  readonly asked: { readonly command: VisitCommand; readonly how: Issue }[] = [];
  /** What happens when the command is carried out; `die`: it happens, and nobody ever hears of it. */
  instead: (command: VisitCommand) => Outcome<unknown> | 'nothing' | 'do-it' | 'die' = () => 'do-it';
  /** Resolves when the process has died. */
  readonly died: Promise<void>;
  private die: () => void = () => {};

  constructor(
    private readonly store: EventStore,
    folder: string,
    log: LogPages,
    private readonly clock: () => Date,
    reaction: Reaction<VisitCommand> = noting,
  ) {
    this.died = new Promise((resolve) => (this.die = resolve));
    const projections = [cancellations];
    this.drive = new OwnRunner({ folder, projections, definitions: eventDefinitions, log, address: 'a test' });
    this.readSide = new ReadSide({ folder, projections, log, drive: this.drive, clock });
    this.automation = new Automation<VisitCommand>({
      ...{ folder, store, readSide: this.readSide, clock, definitions: eventDefinitions },
      reactions: [reaction],
      timers: cancellations,
      notice: (notice) => this.notices.push(notice),
      carryOut: (command, how) => this.carryOut(command, how),
    });
  }

  async stop(): Promise<void> {
    await this.automation.stop();
    this.drive.close();
    this.readSide.close();
  }

  private async carryOut(command: VisitCommand, how: Issue): Promise<Outcome<unknown>> {
    this.asked.push({ command, how });
    const instead = this.instead(command);
    if (instead === 'nothing') return undefined;
    if (instead !== 'do-it' && instead !== 'die') return instead;
    const made: DomainEvent =
      command.kind === 'note' ? { type: 'VisitNoted', data: { words: '', weight: 1 } } : { type: 'VisitCancelled', data: {} };
    const loop = new CommandLoop({
      ...{ store: this.store, clock: this.clock, definitions: eventDefinitions, words: ({ type }) => type },
      sealer: { seal: async (_, events) => [...events] },
    });
    const outcome = await loop.run({
      stream: command.stream,
      decider: { name: 'visits', folds: {}, initial: undefined, evolve: () => undefined, decide: () => [made] },
      command,
      issue: how,
      context: () => undefined,
    });
    if (instead === 'do-it') return outcome;
    this.die();
    return new Promise(() => {});
  }
}

export async function happens(store: EventStore, n: number, { stream, type, data }: Happening): Promise<void> {
  const revision = (await store.read(stream)).at(-1)?.revision ?? 'none';
  const result = await store.append(stream, revision, [newEvent({ stream, type, data }, n)]);
  if (result.outcome !== 'appended') throw new Error(`The test's own append was answered ${result.outcome}`);
}

/** Events of this type in the log, by their stream. */
export async function countsOf(store: EventStore, type: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for await (const { stream } of store.readAll({ filter: { types: [type] } })) counts[stream] = (counts[stream] ?? 0) + 1;
  return counts;
}

export const refused = (code: string): Outcome<never> => reject(code, 'Not now');
