/** Marks what waits on a list for an event that could not be folded, so that nobody takes an old row for the present one. */
import type { ReadModels, ReadSide } from '@waymark/projections';
import type { ListAnswer } from './list';
import { referencesOf } from './references';

/**
 * The answer of `models`, live ones or those of a past, with `notUpToDate` on each such item, and with how many rows of the
 * service there are. The number can be higher than the items show: a row may not be there yet, or stand on another page.
 */
export async function withMarks<Answer extends ListAnswer<object, unknown>>(
  models: ReadModels,
  readSide: ReadSide,
  list: string,
  service: string,
  answer: Answer,
): Promise<Answer> {
  const parked = await models.parked();
  const keys = parked.filter(({ projection, service: of }) => projection === list && of === service).map(({ key }) => key);
  if (keys.length === 0) return answer;
  const references = new Set<unknown>(await referencesOf(readSide, keys));
  const items = answer.items.map((item) => ('reference' in item && references.has(item.reference) ? { ...item, notUpToDate: true } : item));
  return { ...answer, items, notUpToDate: keys.length };
}
