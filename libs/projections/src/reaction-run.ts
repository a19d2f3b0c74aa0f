/**
 * One reaction on its way through the log: each event's commands in their order, at least once, under ids that make a
 * second time no second effect. What fails waits with everything behind it in its stream; other streams go on.
 */
import type { EventStore, SubscriptionMessage } from '@waymark/event-store';
import { isRejection, messageOf, type RecordedEvent } from '@waymark/kernel';
import { issueOfReaction, pauseAfter, type CarryOut, type MachineCommand, type Reaction } from './reaction';
import type { ReactionPlaces, Wait } from './reaction-places';

export interface ReactionRunOptions<Command extends MachineCommand> {
  readonly store: EventStore;
  /** Of the same log, perhaps a little behind it: asked only how long something has waited. */
  readonly logAtHand: EventStore;
  readonly places: ReactionPlaces;
  readonly carryOut: CarryOut<Command>;
  readonly upcast: (event: RecordedEvent) => RecordedEvent;
  readonly clock: () => Date;
  /** Ids of events that an operator has it pass over. */
  readonly skipped: Set<string>;
  /** Hears what an operator must hear. */
  readonly notice: (message: string) => void;
}

export interface ReactionStatus {
  readonly name: string;
  /** How long the oldest event that it has not reached has waited. */
  readonly lagSeconds: number;
  /** Events that failed, or stand behind one that did. */
  readonly waiting: number;
  /** Of those: not tried again by itself. */
  readonly parked: number;
}

/** Where nothing was to do, the place is kept no more often than this: the last stretch is then read again. */
const KEEP_PLACE_MS = 1_000;

export class ReactionRun<Command extends MachineCommand> {
  private position = '';
  private waiting = new Set<string>();
  private keptAt = Number.NEGATIVE_INFINITY;
  /** Something was answered since the place was kept. */
  private answered = false;
  /** One thing at a time, so that a stream's events stay in order. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly reaction: Reaction<Command>,
    private readonly options: ReactionRunOptions<Command>,
  ) {}

  /** Finds its place in this log, or says loudly that it has none there. */
  async attach(): Promise<void> {
    const { places, store, notice } = this.options;
    const { name } = this.reaction;
    const place = places.find(name);
    const why = place && (await this.misfit(place));
    if (place && why === undefined) {
      this.position = place.position;
      places.retryNow(name);
    } else {
      this.position = this.reaction.onAnotherLog === 'silent' ? ((await store.head()) ?? '') : '';
      places.begin(name, { logId: store.logId, position: this.position, hash: await this.hashAt(this.position) });
      if (why !== undefined) notice(`The reaction ${name} ${why}: ${this.whatNow()}`);
    }
    this.waiting = places.waitingStreams(name);
  }

  /** Goes on to the end of the log, and tries again what is due. */
  async catchUp(): Promise<void> {
    await this.inTurn(() => this.retryDue());
    for await (const message of this.options.store.subscribe(this.from())) {
      await this.inTurn(() => this.take(message));
      if (message.kind === 'caught-up') break;
    }
    await this.keepPlace();
  }

  /** Catches up and goes on live until the signal; ends after the command that it is at. */
  async follow(signal: AbortSignal): Promise<void> {
    for await (const message of this.options.store.subscribe({ ...this.from(), signal })) {
      await this.inTurn(() => this.take(message));
      if (signal.aborted) break;
    }
    await this.keepPlace();
  }

  /** Tries again what waited long enough. */
  async retry(): Promise<void> {
    if (this.waiting.size > 0) await this.inTurn(() => this.retryDue());
  }

  /** Tries a stream that waits now. False: something of it waits again. */
  async retryStream(stream: string): Promise<boolean> {
    await this.inTurn(() => {
      this.options.places.retryNow(this.reaction.name, stream);
      return this.retryDue();
    });
    return !this.waiting.has(stream);
  }

  /** Passes over an event for good, and goes on with what waits behind it. */
  async skip(eventId: string, stream: string): Promise<void> {
    await this.inTurn(() => {
      this.options.skipped.add(eventId);
      this.options.places.retryNow(this.reaction.name, stream);
      return this.retryDue();
    });
  }

  async status(): Promise<ReactionStatus> {
    const { logAtHand, clock, places } = this.options;
    let lagSeconds = 0;
    for await (const next of logAtHand.readAll(this.from())) {
      lagSeconds = Math.max(0, Math.round((clock().getTime() - Date.parse(next.recordedAt)) / 1000));
      break;
    }
    return { name: this.reaction.name, lagSeconds, ...places.counts(this.reaction.name) };
  }

  private from() {
    return { ...(this.position === '' ? {} : { after: this.position }), filter: { types: Object.keys(this.reaction.on) } };
  }

  private async take(message: SubscriptionMessage): Promise<void> {
    switch (message.kind) {
      case 'event':
        await this.react(message.event);
        this.position = message.event.position;
        return;
      case 'checkpoint':
      case 'caught-up':
        this.position = message.position ?? this.position;
        if (this.answered || performance.now() - this.keptAt > KEEP_PLACE_MS) await this.keepPlace();
    }
  }

  private async react(event: RecordedEvent): Promise<void> {
    const wait = { eventId: event.id, stream: event.stream, revision: event.revision, position: event.position };
    const fresh: Wait = { ...wait, answered: 0, tries: 0, nextAt: this.now(), error: null };
    this.answered = true;
    // Behind something of its stream that waits, it waits too.
    if (this.waiting.has(event.stream)) return this.options.places.put(this.reaction.name, fresh);
    const left = await this.attempt(event, fresh);
    if (left) this.putOff(left);
  }

  /** What is left to do of this event's commands; `undefined` = nothing. */
  private async attempt(stored: RecordedEvent, wait: Wait): Promise<Wait | undefined> {
    let { answered } = wait;
    if (this.options.skipped.has(stored.id)) return undefined;
    try {
      const event = this.options.upcast(stored);
      const commands = this.reaction.on[event.type]?.(event) ?? [];
      for (; answered < commands.length; answered++) {
        const outcome = await this.options.carryOut(commands[answered]!, issueOfReaction(this.reaction.name, event, answered));
        if (isRejection(outcome)) return { ...wait, answered, error: `${commands[answered]!.kind} was refused: ${outcome.code}` };
      }
      return undefined;
    } catch (fault) {
      return { ...wait, answered, error: messageOf(fault) };
    }
  }

  private putOff(left: Wait): void {
    const { places, clock, notice } = this.options;
    const tries = left.tries + 1;
    const pause = pauseAfter(tries);
    const nextAt = pause === undefined ? null : new Date(clock().getTime() + pause * 1000).toISOString();
    places.put(this.reaction.name, { ...left, tries, nextAt });
    this.waiting.add(left.stream);
    if (nextAt === null) {
      notice(
        `The reaction ${this.reaction.name} could not deal with event ${left.eventId} at position ${left.position} and does not try again before ` +
          `the next start; later events of ${left.stream} wait behind it. ${left.error ?? ''}`,
      );
    }
  }

  private async retryDue(): Promise<void> {
    const { places, store, notice } = this.options;
    const { name } = this.reaction;
    for (let due = places.due(name, this.now()); due.length > 0; due = places.due(name, this.now())) {
      for (const wait of due) {
        const [event] = await store.read(wait.stream, wait.revision, 1);
        const left = event?.id === wait.eventId ? await this.attempt(event, wait) : undefined;
        if (event?.id !== wait.eventId) notice(`The reaction ${name} waited for event ${wait.eventId}, which is no longer in the log`);
        if (left) this.putOff(left);
        else places.remove(name, wait.eventId);
      }
      this.waiting = places.waitingStreams(name);
    }
  }

  private async keepPlace(): Promise<void> {
    const { places, store } = this.options;
    const { position } = this;
    places.move(this.reaction.name, { logId: store.logId, position, hash: await this.hashAt(position) });
    this.answered = false;
    this.keptAt = performance.now();
  }

  private async misfit({ logId, position, hash }: { logId: string; position: string; hash: string }): Promise<string | undefined> {
    if (logId !== this.options.store.logId) return 'finds another log than the one it had read';
    if (position !== '' && (await this.hashAt(position)) !== hash)
      return `finds another event, or none, at position ${position}: the log is older than what it had read, or another one`;
    return undefined;
  }

  private whatNow(): string {
    return this.reaction.onAnotherLog === 'silent'
      ? 'it begins at the end of this log and is silent about all that is past'
      : 'it goes through this log from the beginning; what was done is found there and not done again';
  }

  private async hashAt(position: string): Promise<string> {
    return position === '' ? '' : ((await this.options.store.hashAt(position)) ?? '');
  }

  private now(): string {
    return this.options.clock().toISOString();
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const mine = this.turn.then(work);
    this.turn = mine.catch(() => undefined);
    return mine;
  }
}
