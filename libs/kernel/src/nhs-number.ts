/** The NHS number: how it is typed, whether it can be right, and how it is shown. */

/** How a sender's number stands: it can be somebody's, it cannot (kept and flagged, never refused), or there is none. */
export type NhsNumberGiven = 'valid' | 'failing' | 'none';

// Beyond \s (which has the no-break spaces): soft hyphen, zero-width characters, every dash and the minus sign.
const SEPARATORS = /[\s\u00ad\u200b-\u200d\u2010-\u2015\u2212-]/g;

/** As typed, without spaces and hyphens. Anything else stays, so that a failing number is kept as it came. */
export function normaliseNhsNumber(typed: string): string {
  return typed.replace(SEPARATORS, '');
}

/** Ten digits of which the last is the check digit of the first nine. Scottish CHI numbers pass too. */
export function passesModulus11(digits: string): boolean {
  if (!/^[0-9]{10}$/.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < 9; i++) sum += Number(digits[i]) * (10 - i);
  const check = 11 - (sum % 11);
  // 10 has no digit, so such a number was never issued; it equals none of 0 to 9.
  return (check === 11 ? 0 : check) === Number(digits[9]);
}

/**
 * 400 to 499 and 600 to 799 are issued in England; 9xx is for tests and never issued to anybody.
 * One digit ten times over passes Modulus 11 whatever the digit: it is what a desk types when it has no number.
 */
export function isInNhsRange(digits: string): boolean {
  return /^[4679]/.test(digits) && !/^(.)\1+$/.test(digits);
}

/** The ten digits, when it can be somebody's NHS number. */
export function parseNhsNumber(typed: string): string | undefined {
  const digits = normaliseNhsNumber(typed);
  return passesModulus11(digits) && isInNhsRange(digits) ? digits : undefined;
}

export function nhsNumberGiven(typed: string | undefined): NhsNumberGiven {
  if (typed === undefined || normaliseNhsNumber(typed) === '') return 'none';
  return parseNhsNumber(typed) === undefined ? 'failing' : 'valid';
}

/** 3-3-4 with no-break spaces, so that it is never broken over two lines. What is not ten digits is shown as it is. */
export function displayNhsNumber(typed: string): string {
  const digits = normaliseNhsNumber(typed);
  return /^[0-9]{10}$/.test(digits) ? `${digits.slice(0, 3)}\u00a0${digits.slice(3, 6)}\u00a0${digits.slice(6)}` : typed;
}
