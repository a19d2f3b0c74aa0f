/** An operator's side of the requests: checks what is asked, writes it down, and waits until whoever runs the projections has carried it out. */
import { reject, type Outcome } from '@waymark/kernel';
import { OperatorRequests, type Asked, type OperatorRequest, type Skip } from './operator-requests';
import type { Projection } from './projection';
import type { Drive, ReadSide } from './read-side';

export interface OperatorOptions {
  readonly folder: string;
  readonly projections: readonly Projection[];
  readonly readSide: ReadSide;
  /** Carries the request out in this process where no server does. */
  readonly drive?: Drive;
  readonly clock?: () => Date;
}

/** How often to look how far a request is. */
const LOOK_EVERY_MS = 100;

export class Operator {
  private opened: OperatorRequests | undefined;

  constructor(private readonly options: OperatorOptions) {}

  /**
   * Returns when the request is done or has failed; `look` hears how far it is meanwhile. A request outlives whoever
   * waits for it: interrupted, the next runner goes on with it.
   */
  async carriedOut(asked: Asked, look: (request: OperatorRequest) => void = () => {}): Promise<Outcome<OperatorRequest>> {
    const names = this.options.projections.map(({ name }) => name);
    if (!names.includes(asked.projection))
      return reject('unknown-projection', `There is no read model of this name; there are ${names.join(', ')}`);
    if (asked.kind === 'retry' && asked.subject !== undefined && !this.isParked(asked.projection, asked.subject))
      return reject('not-parked', 'Nothing is parked under this key; waymark projections parked lists what is');
    const id = this.requests.ask(asked);
    for (;;) {
      this.options.drive?.catchUp?.();
      const request = this.requests.find(id);
      if (request === undefined) throw new Error('A request has gone from state.db');
      if (request.status === 'failed') return reject('request-failed', request.error ?? 'It failed');
      if (request.status === 'done') return request;
      look(request);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
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
    this.opened = undefined;
  }

  private get requests(): OperatorRequests {
    return (this.opened ??= new OperatorRequests(this.options.folder, this.options.clock));
  }

  private isParked(projection: string, key: string): boolean {
    return this.options.readSide.parked().some((parked) => parked.projection === projection && parked.key === key);
  }
}
