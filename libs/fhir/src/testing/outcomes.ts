/** What a file comes to, in words that fit in a table: the kind, and why or with which flags. */
import type { Item } from '../item';

export function outcomeOf({ kind, reasons, flags }: Item): string {
  return [kind, ...reasons.map(({ code, path }) => `${code} ${path}`.trim()), ...flags].join(', ');
}

/** Item to outcome; what is said of the file as a whole goes under `the file`. */
export function outcomesOf(items: readonly Item[]): Record<string, string> {
  return Object.fromEntries(items.map((item) => [item.item ?? 'the file', outcomeOf(item)]));
}

/** In short, for tables over many files: the first reason only, nothing of the material itself. */
export function verdictsOf(items: readonly Item[]): string | string[] {
  const verdicts = items.map(({ kind, reasons: [first], flags }) =>
    [kind, first ? `${first.code} ${first.path}`.trim() : '', ...flags].filter(Boolean).join(' '),
  );
  return verdicts.length === 1 ? verdicts[0]! : verdicts;
}
