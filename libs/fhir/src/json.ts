/** Text to JSON, with the line of the first mistake; never a word of what the text says. */

export type Parsed = { readonly json: unknown } | { readonly line: number };

export function parseJson(text: string): Parsed {
  try {
    return { json: JSON.parse(text) as unknown };
  } catch {
    return { line: text.slice(0, firstMistake(text)).split('\n').length };
  }
}

/** A byte order mark is allowed and dropped. */
export function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const SPACE = /[ \t\n\r]*/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

type Next = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma-or-end' | 'nothing';

/** Where the text stops being JSON. The engine's own message does not always say where, and quotes the text. */
function firstMistake(text: string): number {
  const open: string[] = [];
  let next: Next = 'value';
  let at = 0;
  for (;;) {
    at += lengthOf(SPACE, text, at);
    const mark = text[at];
    if (mark === undefined) return at;
    const scalar = mark === '"' ? lengthOfString(text, at) : lengthOf(SCALAR, text, at);
    const then: Next | undefined = scalar > 0 ? afterScalar(next, mark === '"', open) : afterMark(mark, next, open);
    if (then === undefined) return at;
    next = then;
    at += scalar > 0 ? scalar : 1;
  }
}

/** What may follow; `undefined` when it may not stand here. `open` holds the brackets. */
function afterScalar(next: Next, isString: boolean, open: readonly string[]): Next | undefined {
  if (next === 'value' || next === 'value-or-end') return closed(open);
  return isString && (next === 'key' || next === 'key-or-end') ? 'colon' : undefined;
}

function afterMark(mark: string, next: Next, open: string[]): Next | undefined {
  const ends = next === 'comma-or-end' || (mark === '}' ? next === 'key-or-end' : next === 'value-or-end');
  if ((mark === '{' || mark === '[') && (next === 'value' || next === 'value-or-end')) {
    open.push(mark);
    return mark === '{' ? 'key-or-end' : 'value-or-end';
  }
  if (((mark === '}' && open.at(-1) === '{') || (mark === ']' && open.at(-1) === '[')) && ends) {
    open.pop();
    return closed(open);
  }
  if (mark === ':' && next === 'colon') return 'value';
  if (mark === ',' && next === 'comma-or-end') return open.at(-1) === '{' ? 'key' : 'value';
  return undefined;
}

function closed(open: readonly string[]): Next {
  return open.length === 0 ? 'nothing' : 'comma-or-end';
}

function lengthOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}

/** With its quotation marks; 0 when it does not end or holds what a string may not. */
function lengthOfString(text: string, at: number): number {
  for (let i = at + 1; i < text.length;) {
    const character = text[i]!;
    if (character === '"') return i + 1 - at;
    if (character < ' ') return 0;
    const step = character === '\\' ? lengthOf(ESCAPE, text, i) : 1;
    if (step === 0) return 0;
    i += step;
  }
  return 0;
}
