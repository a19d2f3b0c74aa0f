/** Marks what waits on a list for an event that could not be folded, so that nobody takes an old row for the present one. */
import type { ReadSide } from '@waymark/projections';
import type { ListAnswer } from './list';
import { referencesOf } from './references';

/**
 * The answer with `notUpToDate` on each such item, and with how many rows of the service there are. The number can be
 * higher than the items show: a row may not be there yet, or stand on another page.
 */
export async function withMarks(
  readSide: ReadSide,
  list: string,
  service: string,
  answer: ListAnswer<object, unknown>,
): Promise<ListAnswer<object, unknown>> {
  const keys = readSide
    .parked()
    .filter((parked) => parked.projection === list && parked.service === service)
    .map(({ key }) => key);
  if (keys.length === 0) return answer;
  const references = new Set<unknown>(await referencesOf(readSide, keys));
  const items = answer.items.map((item) => ('reference' in item && references.has(item.reference) ? { ...item, notUpToDate: true } : item));
  return { ...answer, items, notUpToDate: keys.length };
}
