/** What a reaction is: an event that somebody recorded leads to commands that nobody has to give. */
import { derivedId, type EventMeta, type Issue, type Outcome, type RecordedEvent } from '@waymark/kernel';

/** What the program asks of itself. Ids and codes alone, never anything personal: it is kept as it is. */
export interface MachineCommand {
  readonly kind: string;
}

/** Carries a command out. Carried out twice it must have happened once; a refusal or a fault means that it is tried again. */
export type CarryOut<Command extends MachineCommand = MachineCommand> = (command: Command, how: Issue) => Promise<Outcome<unknown>>;

export interface Reaction<Command extends MachineCommand = MachineCommand> {
  readonly name: string;
  /** Event type to the commands it leads to, in their order. Pure: no clock, no I/O. */
  readonly on: Readonly<Record<string, { on(event: RecordedEvent): readonly Command[] }['on']>>;
  /**
   * Where it begins on a log in which it has no place: a new one, one that was moved, one that was put back from a backup.
   * `repeat`: at the beginning; all it does is found in the log, so nothing happens twice. `silent`: at the end; what it does
   * leaves the program (a message to a person), and nobody is told again of what is past.
   */
  readonly onAnotherLog: 'repeat' | 'silent';
}

/** The same for every time that this event leads to this command. */
export function issueOfReaction(reaction: string, event: { readonly id: string; readonly meta: EventMeta }, index: number): Issue {
  return {
    ...bySystem(event.meta.service, derivedId('reaction', reaction, event.id, String(index))),
    correlationId: event.meta.correlationId,
    causationId: event.id,
  };
}

/** The same for every time that this timer fires for this due time. */
export function issueOfTimer(service: string, { key, due }: { readonly key: string; readonly due: string }): Issue {
  return bySystem(service, derivedId('timer', key, due));
}

function bySystem(service: string, commandId: string): Issue {
  return { service, actor: { kind: 'system', id: 'system', role: 'system' }, commandId, correlationId: commandId, channel: 'api' };
}

/** Before it is tried again; after the last it is left to a person. */
const PAUSES_S = [1, 5, 30, 120, 600];

/** Seconds until the next try after so many failed ones; `undefined` = no more by itself. */
export function pauseAfter(tries: number): number | undefined {
  return PAUSES_S[tries - 1];
}
