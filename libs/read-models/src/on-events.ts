/** From one exhaustive function to a read model's `on`: the compiler finds the forgotten event, and nothing is cast. */
import { fold, type DomainEvent, type RecordedEvent } from '@waymark/kernel';
import type { On } from '@waymark/projections';
import type { ReferralEvent } from '@waymark/referral';

/**
 * What a referral's row leaves out of the past as it is known now: entered in error, it was nobody's; linked, it was another's.
 * What was known then still has it.
 */
export const NEVER_WAS = ['ReferralEnteredInError', 'ReferralLinkedAsDuplicate'] as const satisfies readonly ReferralEvent['type'][];

/** The events of a union as the log keeps them. */
export type Recorded<E extends DomainEvent> = E extends DomainEvent ? RecordedEvent<E> : never;

export function onEvents<Row, E extends DomainEvent>(
  folds: Readonly<Record<Recorded<E>['type'], true>>,
  evolve: (row: Row | undefined, event: Recorded<E>) => Row | undefined,
): Readonly<Record<string, On<Row>>> {
  const on: On<Row> = (row, event) => fold({ folds, initial: row, evolve }, [event]);
  return Object.fromEntries(Object.keys(folds).map((type) => [type, on]));
}
