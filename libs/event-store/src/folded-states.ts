/** The states that streams were folded to, each kept with the last event that led to it: for a store that gives the same event objects again. */
import { fold, type Decider, type DomainEvent, type RecordedEvent } from '@waymark/kernel';

type Folding<State, Folded extends DomainEvent> = Pick<Decider<State, never, Folded, DomainEvent, never>, 'folds' | 'initial' | 'evolve'>;

export class FoldedStates {
  /** By event, and by the function that evolves. They go with the events. */
  private readonly after = new WeakMap<RecordedEvent, Map<unknown, unknown>>();

  /** As `fold` of the whole stream; only what came since the last time is folded. */
  fold<State, Folded extends DomainEvent>(decider: Folding<State, Folded>, stream: readonly RecordedEvent[]): State {
    for (let at = stream.length - 1; at >= 0; at--) {
      const states = this.after.get(stream[at]!);
      if (!states?.has(decider.evolve)) continue;
      const state = states.get(decider.evolve) as State;
      if (at === stream.length - 1) return state;
      states.delete(decider.evolve);
      return this.kept(decider, stream, fold({ ...decider, initial: state }, stream.slice(at + 1)));
    }
    return this.kept(decider, stream, fold(decider, stream));
  }

  private kept<State>(decider: { readonly evolve: unknown }, stream: readonly RecordedEvent[], state: State): State {
    const last = stream.at(-1);
    if (!last) return state;
    const states = this.after.get(last) ?? new Map<unknown, unknown>();
    this.after.set(last, states.set(decider.evolve, state));
    return state;
  }
}
