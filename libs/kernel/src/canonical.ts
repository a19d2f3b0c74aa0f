/** The RFC 8785 form of a JSON value: one text for one value, so that a hash means the same in every store and language. */

/** Not a value that JSON gives back as it was. Names the place, never the value. */
export class NotJson extends Error {
  override readonly name = 'NotJson';
  constructor(
    /** JSON pointer to the place. */
    readonly path: string,
    readonly problem: string,
    /** The fault is half a character in a text, which somebody outside may have sent; otherwise it is a defect of ours. */
    readonly brokenText = false,
  ) {
    super(`${path === '' ? 'The value' : path} ${problem}`);
  }
}

/** Deeper than any event of ours, shallower than the stack; also where a circle ends. */
const DEEPEST = 200;

/**
 * Keys sorted by UTF-16 unit, no spaces, numbers and texts as ECMAScript writes them. Throws NotJson for whatever JSON would
 * drop or change (undefined, NaN, -0, dates, class instances, ...) and for text that is not Unicode (RFC 8785, 3.2.2.2).
 */
export function canonical(value: unknown): string {
  return write(value, []);
}

function write(value: unknown, trail: (string | number)[]): string {
  switch (typeof value) {
    case 'string':
      return text(value, trail);
    case 'number':
      if (!Number.isFinite(value)) throw notJson(trail, 'is not a finite number');
      if (Object.is(value, -0)) throw notJson(trail, 'is minus zero');
      return String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (trail.length >= DEEPEST) throw notJson([], `is nested deeper than ${DEEPEST} levels or in a circle`);
      return Array.isArray(value) ? list(value, trail) : record(value, trail);
    case 'undefined':
    case 'bigint':
    case 'function':
    case 'symbol':
      throw notJson(trail, `is ${typeof value}, which JSON does not hold`);
  }
}

function list(items: readonly unknown[], trail: (string | number)[]): string {
  let written = '[';
  for (let i = 0; i < items.length; i++) {
    trail.push(i);
    written += (i === 0 ? '' : ',') + write(items[i], trail);
    trail.pop();
  }
  return written + ']';
}

function record(value: object, trail: (string | number)[]): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  // A plain object of any realm: its prototype is the root of a prototype chain.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw notJson(trail, 'is an instance of a class');
  if (Object.getOwnPropertySymbols(value).length > 0) throw notJson(trail, 'has a symbol for a key');
  const fields = value as Readonly<Record<string, unknown>>;
  if (typeof fields['toJSON'] === 'function') throw notJson(trail, 'writes itself differently as JSON');
  let written = '{';
  for (const key of Object.keys(fields).sort()) {
    trail.push(key);
    written += (written.length === 1 ? '' : ',') + text(key, trail) + ':' + write(fields[key], trail);
    trail.pop();
  }
  return written + '}';
}

const PLAIN = /^[ !#-[\]-~]*$/;

function text(value: string, trail: readonly (string | number)[]): string {
  if (PLAIN.test(value)) return `"${value}"`;
  if (/\p{Surrogate}/u.test(value)) throw notJson(trail, 'holds half a character (a lone surrogate)', true);
  return JSON.stringify(value);
}

function notJson(trail: readonly (string | number)[], problem: string, brokenText = false): NotJson {
  const path = trail.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return new NotJson(path, problem, brokenText);
}
