/** What a person is recognised by, each in one spelling: NHS number, given name, family name, birth date, postcode. */
import { parseNhsNumber } from '@waymark/kernel';

/** As much of a person's details as recognising them needs. */
export interface PersonDetailsLike {
  readonly name?: { readonly family?: string; readonly given?: readonly string[]; readonly preferred?: string };
  /** A full date; a year or an age is taken, and recognises nobody. */
  readonly birthDate?: string | { readonly about: number };
  readonly nhsNumber?: string;
  readonly address?: { readonly postalCode?: string };
}

/** Each in the one spelling in which it is compared; `undefined` when it was not given or recognises nobody. */
export interface Traits {
  readonly nhsNumber: string | undefined;
  readonly given: string | undefined;
  readonly family: string | undefined;
  readonly preferred: string | undefined;
  readonly birthDate: string | undefined;
  readonly postcode: string | undefined;
}

export function traitsOf(details: PersonDetailsLike): Traits {
  return {
    nhsNumber: details.nhsNumber === undefined ? undefined : parseNhsNumber(details.nhsNumber),
    // Middle names come and go between senders, and some write them into the first entry.
    given: spelling(details.name?.given?.[0]?.trim().split(/\s+/)[0]),
    family: spelling(details.name?.family),
    preferred: spelling(details.name?.preferred),
    birthDate: fullDate(details.birthDate),
    postcode: details.address?.postalCode?.toUpperCase().replace(/[^A-Z0-9]/g, '') || undefined,
  };
}

/** A preferred name may stand for the given name or for the family name. */
export function givenNamesOf({ given, preferred }: Traits): readonly string[] {
  return distinct(given, preferred);
}

export function familyNamesOf({ family, preferred }: Traits): readonly string[] {
  return distinct(family, preferred);
}

// Letters that Unicode does not take apart into a letter and a mark.
const LETTERS: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i' };

/** Case, accents, punctuation and spaces do not tell people apart. */
export function spelling(name: string | undefined): string | undefined {
  const plain = name
    ?.normalize('NFKD')
    .toLowerCase()
    .replace(/[ßæœøłđðþı]/g, (letter) => LETTERS[letter]!)
    // Only Latin accents: in other scripts a mark is part of the spelling.
    .replace(/[\u0300-\u036f\p{Punctuation}\p{Separator}\p{Symbol}\p{Other}]/gu, '');
  return plain || undefined;
}

function fullDate(birthDate: PersonDetailsLike['birthDate']): string | undefined {
  return typeof birthDate === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(birthDate) ? birthDate : undefined;
}

function distinct(...values: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(values.filter((value) => value !== undefined))];
}
