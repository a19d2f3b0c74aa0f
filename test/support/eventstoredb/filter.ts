/** Which events of $all a subscription is sent, and how often it is told how far it has looked. */
import { ReadReq } from '@eventstore/db-client/generated/streams_pb';
import type { StoredEvent } from './records';

export interface Filter {
  matches(event: StoredEvent): boolean;
  /** Records that are looked at in one go. */
  readonly window: number;
  /** Records between two checkpoints; a multiple of the window. */
  readonly spacing: number;
}

/** Of a client that names none. */
const WINDOW = 32;

export function filterOf(options: ReadReq.Options.FilterOptions): Filter {
  const [by, expression] = options.hasStreamIdentifier()
    ? (['stream', options.getStreamIdentifier()] as const)
    : (['type', options.getEventType()] as const);
  const window = options.getMax() || WINDOW;
  const test = testOf(expression ?? new ReadReq.Options.FilterOptions.Expression());
  return { matches: (event) => test(event[by]), window, spacing: window * (options.getCheckpointintervalmultiplier() || 1) };
}

function testOf(expression: ReadReq.Options.FilterOptions.Expression): (text: string) => boolean {
  const prefixes = expression.getPrefixList();
  if (prefixes.length > 0) return (text) => prefixes.some((prefix) => text.startsWith(prefix));
  const regex = new RegExp(expression.getRegex());
  return (text) => regex.test(text);
}
