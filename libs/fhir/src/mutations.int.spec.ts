import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { checkBaseR4 } from './base-r4';
import { readDocument } from './file';
import { readContext } from './testing';

const FOLDER = join(__dirname, '../../../test/fixtures/intake');
const context = readContext();
const samples = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json') && name !== 'expected.json')
  .map((name) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as unknown)
  .filter((json) => typeof json === 'object' && json !== null && 'resourceType' in json);

type Holder = Record<string, unknown> | unknown[];

/** Every object and list inside, each with one of its keys. */
function places(value: unknown, found: [Holder, string][] = []): [Holder, string][] {
  if (typeof value !== 'object' || value === null) return found;
  for (const key of Object.keys(value)) {
    found.push([value as Holder, key]);
    places((value as Record<string, unknown>)[key], found);
  }
  return found;
}

const noise = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.string(),
  fc.constant({}),
  fc.constant([]),
  fc.constant([[]]),
  fc.constant('2023-02-30'),
  fc.jsonValue(),
);
const change = fc.tuple(
  fc.nat(),
  fc.oneof(fc.constant('delete'), fc.constant('rename'), fc.constant('wrap'), fc.constant('replace')),
  noise,
);

function mutate(json: unknown, [at, how, value]: readonly [number, string, unknown]): void {
  const all = places(json);
  const [holder, key] = all[at % all.length]!;
  const members = holder as Record<string, unknown>;
  if (how === 'wrap') members[key] = [members[key]];
  // Constants are one object for every run: the next change would be made inside it, and could put it into itself.
  else if (how === 'replace') members[key] = structuredClone(value);
  else {
    if (how === 'rename') members[`${key}X`] = members[key];
    delete members[key];
  }
}

it('however a message is spoilt, it is read without a fault, and what is not base R4 never becomes a referral', () => {
  let broken = 0;
  fc.assert(
    fc.property(fc.nat(), fc.array(change, { minLength: 1, maxLength: 3 }), (which, changes) => {
      const spoilt = structuredClone(samples[which % samples.length]);
      for (const one of changes) mutate(spoilt, one);
      const json = JSON.parse(JSON.stringify(spoilt)) as { resourceType?: unknown };
      const items = readDocument(json, context);
      expect(items.length).toBeGreaterThan(0);
      if (typeof json.resourceType !== 'string' || checkBaseR4(json).length === 0) return;
      broken++;
      expect(items.every(({ kind, reasons }) => kind === 'refused' && reasons.length > 0)).toBe(true);
    }),
    { numRuns: 600 },
  );
  expect(broken).toBeGreaterThan(100);
});

it('what is refused never quotes what was sent', () => {
  const SECRET = 'Zyxwvut-7700900';
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.constantFrom<unknown>(SECRET, [SECRET], { value: SECRET }), (which, at, value) => {
      const json = structuredClone(samples[which % samples.length]);
      mutate(json, [at, 'replace', value]);
      expect(JSON.stringify(readDocument(json, context).map(({ reasons }) => reasons))).not.toContain(SECRET);
    }),
    { numRuns: 300 },
  );
});
