/** The one shape of a decision: events so far make a state, a command and that state make new events or a refusal. */
import type { DomainEvent } from './event';
import type { Rejection } from './rejection';

/** Events to append (none = nothing to do), or a refusal. */
export type Decision<Event> = readonly Event[] | Rejection;

/**
 * Several deciders may share one stream. Each names in `folds` the event types it reads, its own and foreign ones;
 * `evolve` is an exhaustive switch over exactly those, without `default`.
 */
export interface Decider<State, Command, Folded extends DomainEvent, Made extends DomainEvent, Context> {
  readonly name: string;
  readonly folds: Readonly<Record<Folded['type'], true>>;
  readonly initial: State;
  evolve(state: State, event: Folded): State;
  decide(command: Command, state: State, context: Context): Decision<Made>;
}

type Folding<State, Folded extends DomainEvent> = Pick<Decider<State, never, Folded, DomainEvent, never>, 'folds' | 'initial' | 'evolve'>;

/** The state that `events` lead to. Events that the decider does not fold pass by. */
export function fold<State, Folded extends DomainEvent>(decider: Folding<State, Folded>, events: Iterable<DomainEvent>): State {
  let state = decider.initial;
  for (const event of events) if (folds(decider, event)) state = decider.evolve(state, event);
  return state;
}

function folds<Folded extends DomainEvent>(
  decider: { folds: Readonly<Record<Folded['type'], true>> },
  event: DomainEvent,
): event is Folded {
  return Object.hasOwn(decider.folds, event.type);
}
