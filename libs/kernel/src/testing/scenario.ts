/** A decider's promises as sentences: given what happened, when somebody asks, then this is the decision. */
import { fold, isRejection, type Decider, type Decision, type DomainEvent } from '../index';

/** When the given events happened that do not say so themselves. */
export const LONG_AGO = '2026-01-05T09:00:00.000Z';

type Expected<Made> = Made | DomainEvent;

export interface Decided<Made extends DomainEvent> {
  /** For expectations that the sentences below cannot say. */
  readonly decision: Decision<Made>;
  /** Exactly these events; `expect.objectContaining` and its like may stand for any part. Never await it. */
  then(expected: readonly Expected<Made>[]): void;
  /** These types, in this order, whatever they say. */
  thenTypes(...types: readonly Made['type'][]): void;
  /** Nothing to do. */
  thenNothing(): void;
  thenRejected(code: string, path?: string): void;
}

export function given<State, Command, Folded extends DomainEvent, Made extends DomainEvent, Context>(
  decider: Decider<State, Command, Folded, Made, Context>,
  events: Iterable<DomainEvent>,
): { readonly state: State; when(command: Command, context: Context): Decided<Made> } {
  const history = [...events].map((event) => (event.occurredAt === undefined ? { ...event, occurredAt: LONG_AGO } : event));
  const state = fold(decider, history);
  return { state, when: (command, context) => decided(decider.decide(command, state, context)) };
}

function decided<Made extends DomainEvent>(decision: Decision<Made>): Decided<Made> {
  return {
    decision,
    then: (expected) => expect(decision).toEqual(expected),
    thenTypes: (...types) => expect(isRejection(decision) ? decision : decision.map((event) => event.type)).toEqual(types),
    thenNothing: () => expect(decision).toEqual([]),
    thenRejected(code, path) {
      expect(decision).toMatchObject(path === undefined ? { rejected: true, code } : { rejected: true, code, path });
    },
  };
}
