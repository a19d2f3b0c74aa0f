/** Looks at a stream through the command loop, which reads old versions of events as the present ones. Nothing is asked, so nothing is decided. */
import type { CommandLoop, Ran } from '@waymark/event-store';
import { derivedId, isRejection, type Decider, type DomainEvent } from '@waymark/kernel';
import { bySystem } from './about-referral';

type Looked<State, Folded extends DomainEvent> = Pick<
  Decider<State, never, Folded, DomainEvent, never>,
  'name' | 'folds' | 'initial' | 'evolve'
>;

export async function look<State, Folded extends DomainEvent>(
  loop: CommandLoop,
  stream: string,
  of: Looked<State, Folded>,
): Promise<Ran<State>> {
  const ran = await loop.run<State, undefined, Folded, Folded, undefined>({
    stream,
    decider: { ...of, decide: () => [] },
    command: undefined,
    issue: bySystem(serviceOf(stream), derivedId('look', stream)),
    context: () => undefined,
  });
  if (isRejection(ran)) throw new Error(`Looking at a stream was refused: ${ran.code}`);
  return ran;
}

export function serviceOf(stream: string): string {
  return stream.split('-')[1] ?? '';
}
