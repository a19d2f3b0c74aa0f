/** The one loop: read the stream, recognise a repeat, fold, decide, seal, append; again when somebody else was first. */
import type { Decider, DomainEvent, EventDefinitions, Issue, NewEvent, Outcome, Receipt, RecordedEvent } from '@waymark/kernel';
import type { EventStore } from './event-store';

/** Seals the personal fields of events before they are stored. Their keys are durable when the promise resolves. */
export interface Sealer {
  seal(stream: string, events: readonly NewEvent[], definitions: EventDefinitions): Promise<NewEvent[]>;
}

/** Now, as a UTC instant. */
export type Clock = () => Date;

export interface CommandRun<State, Command, Folded extends DomainEvent, Made extends DomainEvent, Context> {
  readonly stream: string;
  readonly decider: Decider<State, Command, Folded, Made, Context>;
  readonly command: Command;
  readonly issue: Issue;
  /** What the decision needs beside the state. Called again on every try; `now` is the moment of this try. */
  context(now: string, events: readonly RecordedEvent[]): Context | Promise<Context>;
  /**
   * A decision of a person: the event types after `issue.seenRevision` that make it stale (412). Absent = additive,
   * retried over whatever came between.
   */
  readonly dependsOn?: readonly string[];
}

export interface Ran<State> extends Receipt {
  /** After the answer's events. */
  readonly state: State;
  /** The whole stream after the answer, personal fields sealed. */
  readonly history: readonly RecordedEvent[];
}

export interface CommandLoopOptions {
  readonly store: EventStore;
  readonly sealer: Sealer;
  readonly clock: Clock;
  /** Every event type of the product: for validation on append and upcasting on read. */
  readonly definitions: EventDefinitions;
  /** An event in words, for the answer to a stale decision. */
  words(event: RecordedEvent): string;
}

export type RunCommand = <State, Command, Folded extends DomainEvent, Made extends DomainEvent, Context>(
  run: CommandRun<State, Command, Folded, Made, Context>,
) => Promise<Outcome<Ran<State>>>;
