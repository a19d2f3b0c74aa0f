/** What a FHIR R4 primitive may hold, and the sentence that says so. Values themselves never appear in a sentence. */

/** Says what is wrong with `value` as a primitive of this type; `undefined` when nothing is. */
export function wrongPrimitive(type: string, value: unknown): string | undefined {
  const primitive = PRIMITIVES.get(type);
  if (!primitive) return undefined;
  return primitive.holds(value) ? undefined : primitive.says;
}

export function isPrimitive(type: string): boolean {
  return PRIMITIVES.has(type);
}

interface Primitive {
  readonly says: string;
  holds(value: unknown): boolean;
}

const text = (says: string, pattern: RegExp): Primitive => ({ says, holds: (value) => typeof value === 'string' && pattern.test(value) });
const integer = (says: string, least: number): Primitive => ({
  says,
  holds: (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= 2_147_483_647,
});
/** `read` gives year, month and day of a text of the right form, as far as it goes. */
const moment = (says: string, pattern: RegExp): Primitive => ({
  says,
  holds(value) {
    const found = typeof value === 'string' ? pattern.exec(value) : null;
    return found !== null && dayExists(Number(found[1]), Number(found[2] ?? 1), Number(found[3] ?? 1));
  },
});

function dayExists(year: number, month: number, day: number): boolean {
  if (year < 1 || month < 1 || month > 12) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const last = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!;
  return day >= 1 && day <= last;
}

const TIME = '([01]\\d|2[0-3]):[0-5]\\d:([0-5]\\d|60)(\\.\\d+)?';
const ZONE = '(Z|[+-]((0\\d|1[0-3]):[0-5]\\d|14:00))';

const string = text('Must be text, and not empty', /[^]/);
const uri = text('Must be an address without spaces', /^\S+$/);

const PRIMITIVES: ReadonlyMap<string, Primitive> = new Map<string, Primitive>([
  ['boolean', { says: 'Must be true or false, without quotation marks', holds: (value) => typeof value === 'boolean' }],
  ['integer', integer('Must be a whole number', -2_147_483_648)],
  ['unsignedInt', integer('Must be a whole number, 0 or more', 0)],
  ['positiveInt', integer('Must be a whole number, 1 or more', 1)],
  ['decimal', { says: 'Must be a number, without quotation marks', holds: (value) => typeof value === 'number' && Number.isFinite(value) }],
  ['string', string],
  ['markdown', string],
  ['xhtml', string],
  ['uri', uri],
  ['url', uri],
  ['canonical', uri],
  ['oid', text('Must be an OID as a urn', /^urn:oid:[0-2](\.(0|[1-9]\d*))+$/)],
  ['uuid', text('Must be a UUID as a urn', /^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i)],
  ['code', text('Must be a code: text without spaces at its ends', /^\S+(\s\S+)*$/)],
  ['id', text('Must be 1 to 64 letters, digits, hyphens or dots', /^[A-Za-z0-9.-]{1,64}$/)],
  ['base64Binary', text('Must be base64 text', /^[A-Za-z0-9+/=\s]*$/)],
  ['date', moment('Must be a date that exists: YYYY, YYYY-MM or YYYY-MM-DD', /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/)],
  [
    'dateTime',
    moment(
      'Must be a date that exists, or a date and time with its zone',
      new RegExp(`^(\\d{4})(?:-(\\d{2})(?:-(\\d{2})(?:T${TIME}${ZONE})?)?)?$`),
    ),
  ],
  [
    'instant',
    moment(
      'Must be a date and time that exist, to the second and with its zone',
      new RegExp(`^(\\d{4})-(\\d{2})-(\\d{2})T${TIME}${ZONE}$`),
    ),
  ],
  ['time', text('Must be a time of day, hh:mm:ss', new RegExp(`^${TIME}$`))],
]);
