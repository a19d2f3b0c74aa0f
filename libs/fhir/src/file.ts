/** The one entry of the intake door: any file of contract section 4 to its items, in the order of the file. */
import type { Mistake } from '@waymark/kernel';
import { readBundle } from './bundle';
import { readCsv } from './csv';
import { refused, type Item, type ReadContext, type ReferralBody } from './item';
import { parseJson, utf8 } from './json';

/** `name` decides by its ending; `-` and other names by what is in it. */
export function readFile(name: string, bytes: Uint8Array, context: ReadContext): Item[] {
  const text = utf8(bytes);
  if (text === undefined) return [refused(null, [{ code: 'not-utf-8', path: '', message: 'Must be UTF-8 text' }])];
  switch (kindOf(name, text)) {
    case 'csv':
      return readCsv(text, context);
    case 'ndjson':
      return readNdjson(text, context);
    case 'json':
      return readJson(text, context);
  }
}

/** One document: a referral of contract section 3, or FHIR. */
export function readJson(text: string, context: ReadContext): Item[] {
  const parsed = parseJson(text);
  return 'json' in parsed ? readDocument(parsed.json, context) : [refused(null, [notJson(parsed.line)])];
}

/** A document a line; lines of bare FHIR resources belong together and refer to each other. A line that cannot be read refuses them all. */
export function readNdjson(text: string, context: ReadContext): Item[] {
  const lines = text
    .split('\n')
    .map((line, i) => ({ text: line.trim(), number: i + 1 }))
    .filter((line) => line.text !== '');
  if (lines.length === 0) return [refused(null, [notJson(1)])];
  const parsed = lines.map((line) => ({ ...line, parsed: parseJson(line.text) }));
  const unreadable = parsed.filter(({ parsed: one }) => !('json' in one));
  if (unreadable.length > 0) {
    const reasons = unreadable.slice(0, 20).map(({ number }) => notJson(number));
    return lines.map(({ number }) => refused(`line ${number}`, reasons));
  }
  const documents = parsed.map(({ number, parsed: one }) => ({ number, json: 'json' in one ? one.json : undefined }));
  const loose = documents.filter(({ json }) => typeOf(json) !== undefined && typeOf(json) !== 'Bundle');
  const together = loose.length > 0 ? readLoose(loose, context) : new Map<number, Item>();
  const each = documents.flatMap(({ number, json }): Item[] => {
    const item = together.get(number);
    if (item) return [item];
    return loose.some((one) => one.number === number) ? [] : readDocument(json, context).map((one) => ({ ...one, item: `line ${number}` }));
  });
  // One line that is wrong refuses the file, as one resource refuses its Bundle.
  const wrong = each.filter(({ reasons }) => reasons.some(({ code }) => WHOLE_FILE.has(code)));
  if (wrong.length === 0) return each.length > 0 ? each : [...together.values()];
  const reasons = wrong.flatMap(({ reasons: own }) => own).slice(0, 20);
  return each.map(({ item, kind, reasons: own }) =>
    refused(item, kind === 'refused' && own.some(({ code }) => WHOLE_FILE.has(code)) ? own : reasons),
  );
}

const WHOLE_FILE: ReadonlySet<string> = new Set(['invalid-fhir', 'fhir-version', 'unreadable']);

/** Bare resources, read as one collection; what is said of an entry is said of its line. */
function readLoose(loose: readonly { readonly number: number; readonly json: unknown }[], context: ReadContext): Map<number, Item> {
  const items = readBundle({ resourceType: 'Bundle', type: 'collection', entry: loose.map(({ json }) => ({ resource: json })) }, context);
  return new Map(
    items.map((item) => {
      const number = loose[item.entry ?? 0]!.number;
      const ofWholeFile = item.item === null && loose.length > 1;
      return [
        number,
        { ...item, item: ofWholeFile ? null : `line ${number}`, reasons: item.reasons.map((reason) => onItsLine(reason, loose)) },
      ];
    }),
  );
}

function onItsLine(reason: Mistake, loose: readonly { readonly number: number; readonly json: unknown }[]): Mistake {
  const [whole, entry] = /^Bundle\.entry\[(\d+)\]\.resource/.exec(reason.path) ?? [];
  const line = entry === undefined ? undefined : loose[Number(entry)];
  if (whole === undefined || line === undefined) return reason;
  return { ...reason, path: reason.path.replace(whole, typeOf(line.json) ?? ''), message: `Line ${line.number}: ${reason.message}` };
}

/** What a parsed document is. */
export function readDocument(json: unknown, context: ReadContext): Item[] {
  if (typeOf(json) !== undefined) return readBundle(json, context);
  if (
    typeof json === 'object' &&
    json !== null &&
    !Array.isArray(json) &&
    ['source', 'person', 'need'].some((name) => Object.hasOwn(json, name))
  ) {
    return [{ item: null, kind: 'referral', reasons: [], flags: [], referral: json as ReferralBody }];
  }
  return [refused(null, [{ code: 'unreadable', path: '', message: 'Must be one referral, or a FHIR resource or Bundle' }])];
}

function kindOf(name: string, text: string): 'json' | 'ndjson' | 'csv' {
  const [, ending] = /\.(json|ndjson|csv)$/i.exec(name) ?? [];
  if (ending) return ending.toLowerCase() as 'json' | 'ndjson' | 'csv';
  const start = text.trimStart();
  if (!start.startsWith('{') && !start.startsWith('[')) return /^"?[a-z_]+"?\s*(,|\r?\n)/i.test(start) ? 'csv' : 'json';
  const [first = '', ...rest] = start.split('\n').filter((line) => line.trim() !== '');
  return rest.length > 0 && 'json' in parseJson(first) ? 'ndjson' : 'json';
}

function typeOf(json: unknown): string | undefined {
  return typeof json === 'object' && json !== null && 'resourceType' in json && typeof json.resourceType === 'string'
    ? json.resourceType
    : undefined;
}

function notJson(line: number): Mistake {
  return { code: 'not-json', path: '', message: `Line ${line} is not JSON` };
}
