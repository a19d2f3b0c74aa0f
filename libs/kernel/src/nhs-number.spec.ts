import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { displayNhsNumber, isInNhsRange, nhsNumberGiven, normaliseNhsNumber, parseNhsNumber, passesModulus11 } from './nhs-number';

const oracle = jest.requireActual<{ validate(digits: string): boolean }>('nhs-number-validator');

describe('an NHS number', () => {
  it.each(['9990000018', '9990000026', '9990000034', '9990000042', '9990000050'])('%s is valid', (number) => {
    expect(parseNhsNumber(number)).toBe(number);
    expect(nhsNumberGiven(number)).toBe('valid');
  });

  it.each([
    ['spaces', '999 000 0018'],
    ['hyphens', '999-000-0018'],
    ['no-break spaces', '999\u00a0000\u00a00018'],
    ['narrow no-break spaces', '999\u202f000\u202f0018'],
    ['a non-breaking hyphen and a dash', '999\u2011000\u20130018'],
    ['zero-width spaces and a byte order mark', '\ufeff999\u200b000\u200b0018'],
    ['spaces where nobody expects them', ' 99 90 00 00 18 '],
  ])('is the same number with %s', (_what, typed) => {
    expect(parseNhsNumber(typed)).toBe('9990000018');
  });

  it.each([
    ['the wrong check digit', '9990000019'],
    ['two digits exchanged', '9990000081'],
    ['a check digit of 10, which no number has', '9991234567'],
    ['nine digits', '999000001'],
    ['eleven digits', '99900000180'],
    ['a letter', '999000001O'],
    ['a National Insurance number', 'QQ 12 34 56 C'],
    ['a leading zero, though it passes the check', '0607230002'],
    ['zeros, though they pass the check', '0000000000'],
    ['one digit ten times, though it passes the check', '4444444444'],
    ['a first digit that is not issued, though it passes the check', '2983396339'],
    ['Arabic-Indic digits', '٩٩٩٠٠٠٠٠١٨'],
  ])('with %s is kept and flagged', (_what, typed) => {
    expect(parseNhsNumber(typed)).toBeUndefined();
    expect(nhsNumberGiven(typed)).toBe('failing');
  });

  it.each([undefined, '', '   ', ' - '])('that is %j was not given', (typed) => {
    expect(nhsNumberGiven(typed)).toBe('none');
  });

  it('keeps a failing number as it came, but for its spaces', () => {
    expect(normaliseNhsNumber(' 99O-000 0018 ')).toBe('99O0000018');
  });

  it('is issued from 400 to 499 and 600 to 799, and 9xx is for tests', () => {
    const issued = Array.from({ length: 10 }, (_, first) => first).filter((first) => isInNhsRange(`${first}990000018`));
    expect(issued).toEqual([4, 6, 7, 9]);
  });

  it('is shown 3-3-4 and never broken over two lines', () => {
    expect(displayNhsNumber('9990000018')).toBe('999\u00a0000\u00a00018');
    expect(displayNhsNumber('999-000-0018')).toBe('999\u00a0000\u00a00018');
    expect(displayNhsNumber('not known')).toBe('not known');
  });

  it('never survives one wrong digit', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('9990000018', '9990000026', '9990000034'),
        fc.nat(9),
        fc.integer({ min: 1, max: 9 }),
        (number, at, by) => {
          const digits = [...number];
          digits[at] = String((Number(digits[at]) + by) % 10);
          return parseNhsNumber(digits.join('')) === undefined;
        },
      ),
    );
  });

  it('never survives two neighbours exchanged', () => {
    fc.assert(
      fc.property(fc.constantFrom('9990000018', '9990000026', '9990000034'), fc.nat(8), (number, at) => {
        const exchanged = number.slice(0, at) + number[at + 1] + number[at] + number.slice(at + 2);
        return exchanged === number || parseNhsNumber(exchanged) === undefined;
      }),
    );
  });

  it('has the check digit that an independent validator finds', () => {
    const tenDigits = fc.array(fc.nat(9), { minLength: 10, maxLength: 10 }).map((digits) => digits.join(''));
    fc.assert(
      fc.property(tenDigits, (digits) => passesModulus11(digits) === oracle.validate(digits)),
      { numRuns: 2_000 },
    );
  });
});

/** Cases of three open-source validators, where the shared material is there. */
interface Case {
  readonly op: 'validate' | 'standardise';
  readonly input: string;
  readonly valid?: boolean;
  readonly expected?: string;
}
const data = process.env['WAYMARK_CONFORMANCE_DATA'] ?? join(__dirname, '../../../../shared/data');
const file = join(data, 'nhs-number/cases.json');
const withMaterial = existsSync(file) ? describe : describe.skip;

withMaterial('the shared NHS number cases', () => {
  const { cases } = (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { cases: [] }) as { cases: Case[] };
  const of = (op: Case['op']) => cases.filter((one) => one.op === op);

  it('are there', () => {
    expect(of('validate').length).toBeGreaterThan(10);
    expect(of('standardise').length).toBeGreaterThan(3);
  });

  it('agree on every check digit', () => {
    expect(of('validate').map(({ input }) => [input, passesModulus11(normaliseNhsNumber(input))])).toEqual(
      of('validate').map(({ input, valid }) => [input, valid]),
    );
  });

  it('agree on spelling, and what they cannot read is nobody’s number here', () => {
    for (const { input, expected } of of('standardise')) {
      if (expected) expect(normaliseNhsNumber(input)).toBe(expected);
      else expect(parseNhsNumber(input)).toBeUndefined();
    }
  });
});
