import fc from 'fast-check';
import { parseJson } from './json';

it.each([
  ['', 1],
  ['{"a": 1', 1],
  ['{\n"a": 1,\n}', 3],
  ['[1,\n2\n3]', 3],
  ['{"a":\n"b\nc"}', 2],
  ['{"a" 1}', 1],
  ['{a: 1}', 1],
  ['[1]\n\n[2]', 3],
  ['{"a": 01}', 1],
  ['{\n"a": tru\n}', 2],
])('%j goes wrong on line %i', (text, line) => {
  expect(parseJson(text)).toEqual({ line });
});

it('whatever is JSON is read, and where something is not, the line lies in the text', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.constantFrom('', '}', '"', '\u0001', ',,'), (json, at, noise) => {
      const text = JSON.stringify(JSON.parse(json), null, 1);
      expect(parseJson(text)).toEqual({ json: JSON.parse(json) as unknown });
      const place = at % (text.length + 1);
      const parsed = parseJson(text.slice(0, place) + noise + text.slice(place));
      if ('line' in parsed) expect(parsed.line).toBeGreaterThanOrEqual(1);
      if ('line' in parsed) expect(parsed.line).toBeLessThanOrEqual(text.split('\n').length);
    }),
  );
});
