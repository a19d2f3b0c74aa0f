/** The one loop: read the stream, recognise a repeat, fold, decide, seal, append; again when somebody else was first. */
import {
  eventIdOf,
  fold,
  isRejection,
  keyReused,
  reject,
  upcasting,
  type Decider,
  type DomainEvent,
  type EventDefinitions,
  type EventMeta,
  type Issue,
  type NewEvent,
  type Outcome,
  type Receipt,
  type RecordedEvent,
  type Rejection,
} from '@waymark/kernel';
import {
  PartlyRepeatedAppend,
  UnacceptableAppend,
  UnknownAppendOutcome,
  type AppendResult,
  type EventStore,
  type ExpectedRevision,
} from './event-store';
import type { FoldedStates } from './folded-states';
import { BEGINNING } from './position';

/** Seals the personal fields of events before they are stored. Their keys are durable when the promise resolves. */
export interface Sealer {
  /** `history`: the stream so far, which tells a key that was never made from one that was lost. */
  seal(stream: string, events: readonly NewEvent[], definitions: EventDefinitions, history?: readonly RecordedEvent[]): Promise<NewEvent[]>;
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
  /** Only for a store that gives the same event objects again. */
  readonly states?: FoldedStates;
}

export type RunCommand = <State, Command, Folded extends DomainEvent, Made extends DomainEvent, Context>(
  run: CommandRun<State, Command, Folded, Made, Context>,
) => Promise<Outcome<Ran<State>>>;

/** How often a decision is made anew because somebody else was first. */
const TRIES = 3;
/** How often an append whose outcome is unknown is sent again. */
const RESENDS = 2;
const READ_EVENTS = 500;

export class CommandLoop {
  readonly store: EventStore;
  private readonly upcast: (event: RecordedEvent) => RecordedEvent;

  constructor(private readonly options: CommandLoopOptions) {
    this.store = options.store;
    this.upcast = upcasting(options.definitions);
  }

  readonly run: RunCommand = async (run) => {
    let sentByUs = false;
    for (let tries = 1; ; tries++) {
      const history = await this.history(run.stream);
      const own = history.filter((event) => event.meta.commandId === run.issue.commandId);
      if (own.length > 0) return this.answered(run, history, own, !sentByUs);
      if (tries > TRIES) return reject('lost-race', 'Others kept changing this at the same time; look at it again and repeat');
      const stale = staleness(run, history, this.options);
      if (stale) return stale;

      const now = this.options.clock().toISOString();
      const state = this.options.states?.fold(run.decider, history) ?? fold(run.decider, history);
      const decision = run.decider.decide(run.command, state, await run.context(now, history));
      if (isRejection(decision)) return decision;
      if (decision.length === 0) return this.receipt(run.stream, state, history, [], false);

      const made = decision.map((event, index) => this.made(event, index, run, now));
      const sealed = await this.options.sealer.seal(run.stream, made, this.options.definitions, history);
      const sent = await this.send(run.stream, history.at(-1)?.revision ?? 'none', sealed);
      if (isRejection(sent)) return sent;
      sentByUs ||= sent.resent;
      if (sent.outcome !== 'appended') continue;
      const after = fold({ ...run.decider, initial: state }, sent.events);
      return this.receipt(run.stream, after, [...history, ...sent.events], sent.events, false);
    }
  };

  private async history(stream: string): Promise<RecordedEvent[]> {
    const history: RecordedEvent[] = [];
    for (;;) {
      const page = await this.store.read(stream, history.length, READ_EVENTS);
      for (const event of page) history.push(this.upcast(event));
      if (page.length < READ_EVENTS) return history;
    }
  }

  /** The stream is the ledger: what this command led to stands in it. */
  private answered<State, Command, Folded extends DomainEvent, Made extends DomainEvent, Context>(
    { stream, decider, issue }: CommandRun<State, Command, Folded, Made, Context>,
    history: readonly RecordedEvent[],
    own: readonly RecordedEvent[],
    replayed: boolean,
  ): Outcome<Ran<State>> {
    const [first] = own;
    if (issue.fingerprint !== undefined && first?.meta.fingerprint !== undefined && first.meta.fingerprint !== issue.fingerprint) {
      return keyReused();
    }
    return this.receipt(stream, fold(decider, history), history, own, replayed);
  }

  private receipt<State>(
    stream: string,
    state: State,
    history: readonly RecordedEvent[],
    events: readonly RecordedEvent[],
    replayed: boolean,
  ): Ran<State> {
    const last = events.at(-1) ?? history.at(-1);
    return {
      logId: this.store.logId,
      position: last?.position ?? BEGINNING,
      stream,
      revision: last?.revision ?? -1,
      events: events.map(({ id, type }) => ({ id, type })),
      replayed,
      state,
      history,
    };
  }

  private made(
    event: DomainEvent,
    index: number,
    { stream, issue, decider }: { readonly stream: string; readonly issue: Issue; readonly decider: { readonly name: string } },
    now: string,
  ): NewEvent {
    const definition = this.options.definitions[event.type];
    if (!definition) throw new Error(`${decider.name} made a ${event.type}, which no definition names`);
    const shaped = definition.schema.safeParse(event.data);
    if (!shaped.success) {
      const faults = shaped.error.issues.map((fault) => `/${fault.path.join('/')} (${fault.code})`);
      throw new Error(`${decider.name} made a ${event.type} of the wrong shape: ${faults.join(', ')}`);
    }
    return {
      id: eventIdOf(issue.commandId, stream, index),
      type: event.type,
      schemaVersion: definition.schemaVersion,
      occurredAt: event.occurredAt === undefined ? now : new Date(event.occurredAt).toISOString(),
      data: withoutAbsent(shaped.data) as NewEvent['data'],
      meta: metaOf(issue),
    };
  }

  /** Sends until the store has said yes or no. A re-send keeps its expected revision, so that the store can recognise it. */
  private async send(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): Promise<Rejection | Sent> {
    for (let resends = 0; ; resends++) {
      try {
        const result = await this.store.append(stream, expected, events);
        return { ...result, resent: resends > 0 };
      } catch (fault) {
        if (fault instanceof UnknownAppendOutcome && resends < RESENDS) continue;
        // The same command is being carried out beside this one: the stream now tells its answer.
        if (fault instanceof PartlyRepeatedAppend) return { outcome: 'repeated', events: [], resent: resends > 0 };
        return refusalOf(fault);
      }
    }
  }
}

type Sent = AppendResult & { readonly resent: boolean };

/** What somebody sent can be too much or not text; everything else that a store throws is a fault. */
function refusalOf(fault: unknown): Rejection {
  if (fault instanceof UnacceptableAppend) {
    if (fault.reason === 'too-large') return reject('too-large', 'This is more than one entry can hold; send less, or in parts');
    if (fault.reason === 'broken-text')
      return reject('invalid', 'A text holds half a character (a lone surrogate); send whole Unicode text');
  }
  throw fault;
}

function staleness(
  { dependsOn, issue }: { readonly dependsOn?: readonly string[]; readonly issue: Issue },
  history: readonly RecordedEvent[],
  { words }: Pick<CommandLoopOptions, 'words'>,
): Rejection | undefined {
  if (!dependsOn) return undefined;
  const seen = issue.seenRevision;
  if (seen === undefined) return reject('revision-needed', 'Say which revision was on the screen when this was decided (If-Match)');
  if (seen >= history.length) return reject('stale', 'The revision given is not one of this record; look at it again and decide');
  const since = history.slice(seen + 1);
  if (!since.some(({ type }) => dependsOn.includes(type))) return undefined;
  return {
    ...reject('stale', 'Something that this decision depends on was recorded since; look at it and decide again'),
    since: since.map((event) => ({ type: event.type, recordedAt: event.recordedAt, words: words(event) })),
  };
}

function metaOf({ service, actor, commandId, correlationId, causationId, fingerprint }: Issue): EventMeta {
  return {
    service,
    actor: actor.id,
    role: actor.role,
    commandId,
    correlationId,
    ...(causationId === undefined ? {} : { causationId }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
  };
}

/** Absent is absent: an optional field that a decider leaves undefined is not stored. */
function withoutAbsent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAbsent);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .map(([name, field]) => [name, withoutAbsent(field)]),
  );
}
