/** Whether details are those of a known person. Nobody is ever taken for another on a doubt: then somebody must look. */
import { familyNamesOf, givenNamesOf, type Traits } from './traits';

/** What may be asked of a known person, of whom only hashes are kept. */
export interface Known {
  has(what: 'given' | 'family' | 'birthDate'): boolean;
  is(what: 'given' | 'family' | 'preferred' | 'birthDate' | 'postcode', value: string): boolean;
}

/** `doubtful`: three traits agree, and the fourth speaks against it. */
export type Likeness = 'alike' | 'doubtful' | 'unlike';

/**
 * Any three of given name, family name, full birth date and postcode make two people one, but for the two ways in which
 * one household has two: a twin (all but the given name), and a father and son (all but the birth date).
 */
export function likeness(traits: Traits, known: Known): Likeness {
  const family = familyNamesOf(traits).some((name) => isFamily(known, name));
  const birthDate = traits.birthDate !== undefined && known.is('birthDate', traits.birthDate);
  // Asked first, since each question costs a hash: of a name and a postcode alone there are many.
  if (!family && !birthDate) return 'unlike';
  const given = givenNamesOf(traits).some((name) => isGiven(known, name));
  const names = namePairs(traits).some(([first, last]) => areNames(known, first, last));
  const postcode = traits.postcode !== undefined && known.is('postcode', traits.postcode);

  if (birthDate && (names || (given && postcode))) return 'alike';
  if (birthDate && family && postcode) return traits.given !== undefined && known.has('given') ? 'doubtful' : 'alike';
  if (names && postcode) return traits.birthDate !== undefined && known.has('birthDate') ? 'doubtful' : 'alike';
  return 'unlike';
}

/**
 * Whether details with a known person's NHS number are still another person's: wrong numbers are copied from the line above.
 * Birth date and family name that both differ say so; one that differs says so when nothing else agrees.
 */
export function contradicts(traits: Traits, known: Known): boolean {
  const family = compared(traits.family, known, 'family');
  const birthDate = compared(traits.birthDate, known, 'birthDate');
  if (family === 'differs' && birthDate === 'differs') return true;
  if (family !== 'differs' && birthDate !== 'differs') return false;
  return family !== 'agrees' && birthDate !== 'agrees' && !givenNamesOf(traits).some((name) => isGiven(known, name));
}

function compared(value: string | undefined, known: Known, what: 'family' | 'birthDate'): 'agrees' | 'differs' | 'cannot-tell' {
  if (value === undefined || !known.has(what)) return 'cannot-tell';
  return known.is(what, value) ? 'agrees' : 'differs';
}

function isGiven(known: Known, name: string): boolean {
  return known.is('given', name) || known.is('preferred', name);
}

function isFamily(known: Known, name: string): boolean {
  return known.is('family', name) || known.is('preferred', name);
}

// On neither side does a preferred name stand for both names at once: that would be two traits for one fact.

function areNames(known: Known, first: string, last: string): boolean {
  if (known.is('given', first) && known.is('family', last)) return true;
  return (
    first !== last &&
    ((known.is('given', first) && known.is('preferred', last)) || (known.is('preferred', first) && known.is('family', last)))
  );
}

function namePairs({ given, family, preferred }: Traits): readonly (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  if (given && family) pairs.push([given, family]);
  if (preferred && preferred !== given && preferred !== family) {
    if (family) pairs.push([preferred, family]);
    if (given) pairs.push([given, preferred]);
  }
  return pairs;
}
