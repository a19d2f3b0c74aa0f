/** From one exhaustive function to a read model's `on`: the compiler finds the forgotten event, and nothing is cast. */
import { fold, type DomainEvent, type RecordedEvent } from '@waymark/kernel';
import type { On } from '@waymark/projections';

/** The events of a union as the log keeps them. */
export type Recorded<E extends DomainEvent> = E extends DomainEvent ? RecordedEvent<E> : never;

export function onEvents<Row, E extends DomainEvent>(
  folds: Readonly<Record<Recorded<E>['type'], true>>,
  evolve: (row: Row | undefined, event: Recorded<E>) => Row | undefined,
): Readonly<Record<string, On<Row>>> {
  const on: On<Row> = (row, event) => fold({ folds, initial: row, evolve }, [event]);
  return Object.fromEntries(Object.keys(folds).map((type) => [type, on]));
}
