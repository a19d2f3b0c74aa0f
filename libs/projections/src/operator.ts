/** An operator's side of the requests: checks what is asked, writes it down, and waits until whoever runs the projections has carried it out. */
import { reject, type Outcome } from '@waymark/kernel';
import { isOfReaction, OperatorRequests, type Asked, type OperatorRequest, type Skip } from './operator-requests';
import type { Projection } from './projection';
import { carryOutForReactions } from './reaction-orders';
import { ReactionPlaces, type WaitingStream } from './reaction-places';
import type { Drive, ReadSide } from './read-side';

export interface OperatorOptions {
  readonly folder: string;
  readonly projections: readonly Projection[];
  /** Names of the reactions. */
  readonly reactions?: readonly string[];
  readonly readSide: ReadSide;
  /** Carries the request out in this process where no server does. */
  readonly drive?: Drive;
  readonly clock?: () => Date;
}

/** How often to look how far a request is. */
const LOOK_EVERY_MS = 100;

export class Operator {
  private opened: OperatorRequests | undefined;
  private openedPlaces: ReactionPlaces | undefined;

  constructor(private readonly options: OperatorOptions) {}

  /**
   * A retry or a skip may name a reaction as it names a read model; the key is then a stream. Returns when the request is done
   * or has failed; `look` hears how far it is meanwhile. A request outlives whoever waits for it: interrupted, the next runner
   * goes on with it.
   */
  async carriedOut(given: Asked, look: (request: OperatorRequest) => void = () => {}): Promise<Outcome<OperatorRequest>> {
    const asked = this.ofReaction(given);
    const names = this.options.projections.map(({ name }) => name);
    if (!names.includes(asked.projection) && !isOfReaction(asked.kind))
      return reject('unknown-projection', `There is no read model of this name; there are ${names.join(', ')}`);
    const isRetry = asked.kind === 'retry' || asked.kind === 'retry-reaction';
    if (isRetry && asked.subject !== undefined && !this.isParked(asked.projection, asked.subject))
      return reject('not-parked', 'Nothing is parked under this key; waymark projections parked lists what is');
    const id = this.requests.ask(asked);
    for (;;) {
      this.options.drive?.catchUp?.();
      if (isOfReaction(asked.kind) && this.options.drive?.hasFolder?.()) await carryOutForReactions(this.requests, this.places);
      const request = this.requests.find(id);
      if (request === undefined) throw new Error('A request has gone from state.db');
      if (request.status === 'failed') return reject('request-failed', request.error ?? 'It failed');
      if (request.status === 'done') return request;
      look(request);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /** What reactions have not dealt with yet: parked, or to be tried again by themselves. */
  waitingStreams(): WaitingStream[] {
    return this.places.waiting();
  }

  /** What later versions and rebuilds pass over, and why. */
  skips(): Skip[] {
    return this.requests.skips();
  }

  /** Those that are not finished, in the order in which they were asked. */
  unfinished(): OperatorRequest[] {
    return this.requests.unfinished();
  }

  close(): void {
    this.opened?.close();
    this.openedPlaces?.close();
    this.opened = undefined;
    this.openedPlaces = undefined;
  }

  private get requests(): OperatorRequests {
    return (this.opened ??= new OperatorRequests(this.options.folder, this.options.clock));
  }

  private get places(): ReactionPlaces {
    return (this.openedPlaces ??= new ReactionPlaces(this.options.folder, this.options.clock ?? (() => new Date())));
  }

  private ofReaction(asked: Asked): Asked {
    if (!this.options.reactions?.includes(asked.projection)) return asked;
    switch (asked.kind) {
      case 'retry':
        return { ...asked, kind: 'retry-reaction' };
      case 'skip':
        return { ...asked, kind: 'skip-reaction' };
      case 'rebuild':
      case 'pause':
      case 'resume':
      case 'drop':
      case 'retry-reaction':
      case 'skip-reaction':
        return asked;
    }
  }

  private isParked(projection: string, key: string): boolean {
    if (this.options.reactions?.includes(projection))
      return this.waitingStreams().some((waiting) => waiting.reaction === projection && waiting.key === key);
    return this.options.readSide.parked().some((parked) => parked.projection === projection && parked.key === key);
  }
}
