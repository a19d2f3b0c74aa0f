import canonicalize from 'canonicalize';
import * as fc from 'fast-check';
import { canonical, NotJson } from './canonical';

/** Through JSON once, which turns minus zero into zero. */
const json = fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }).map((value): unknown => JSON.parse(JSON.stringify(value)));

describe('the RFC 8785 form', () => {
  it('is what the reference library writes, for any JSON', () => {
    fc.assert(fc.property(json, (value) => expect(canonical(value)).toBe(canonicalize(value))));
  });

  it('is read back by JSON as the value it was written from', () => {
    fc.assert(fc.property(json, (value) => expect(JSON.parse(canonical(value))).toEqual(value)));
  });

  it('sorts keys by UTF-16 unit and writes the example of RFC 8785, 3.2.3', () => {
    expect(canonical({ '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 })).toBe(
      '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
    );
  });

  it('keeps a field called __proto__', () => {
    expect(canonical(JSON.parse('{"__proto__":{"a":1}}'))).toBe('{"__proto__":{"a":1}}');
  });

  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  class Tea {
    readonly cups = 2;
  }

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['NaN', NaN],
    ['infinity', Infinity],
    ['minus zero', -0],
    ['a BigInt', 1n],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a class instance', new Tea()],
    ['an object that writes itself differently', { toJSON: () => 1 }],
    ['an object with a symbol for a key', { [Symbol('s')]: 1 }],
    ['an array with a hole', new Array(1)],
    ['a circle', circle],
    ['half a character', 'a\ud800b'],
    ['a key that is half a character', { '\udc00': 1 }],
  ])('refuses %s, which JSON would not give back', (_, value) => {
    expect(() => canonical(value)).toThrow(NotJson);
    expect(() => canonical({ in: [value] })).toThrow(NotJson);
  });

  it('says where the fault is and never what stands there', () => {
    expect(() => canonical({ facts: [{ 'cfs/now': NaN }] })).toThrow('/facts/0/cfs~1now is not a finite number');
    expect(() => canonical({ note: 'Ada Okonkwo \ud800' })).toThrow('/note holds half a character (a lone surrogate)');
  });
});
