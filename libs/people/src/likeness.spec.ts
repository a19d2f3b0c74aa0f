import fc from 'fast-check';
import { contradicts, likeness, type Known } from './likeness';
import { traitsOf, type PersonDetailsLike } from './traits';

/** A known person, told by their details instead of hashes. */
function known(details: PersonDetailsLike): Known {
  const traits = traitsOf(details);
  return { has: (what) => traits[what] !== undefined, is: (what, value) => traits[what] === value };
}
const alike = (one: PersonDetailsLike, other: PersonDetailsLike) => likeness(traitsOf(one), known(other));

describe('a preferred name', () => {
  const rest = { birthDate: '1941-02-03' };

  it('stands for the given name, on either side', () => {
    const ada = { ...rest, name: { given: ['Ada'], family: 'Testcase', preferred: 'Addie' } };
    const addie = { ...rest, name: { given: ['Addie'], family: 'Testcase' } };
    expect(alike(ada, addie)).toBe('alike');
    expect(alike(addie, ada)).toBe('alike');
  });

  it('stands for the family name, on either side', () => {
    const fictional = { ...rest, name: { given: ['Ada'], family: 'Testcase', preferred: 'Fictional' } };
    const married = { ...rest, name: { given: ['Ada'], family: 'Fictional' } };
    expect(alike(fictional, married)).toBe('alike');
    expect(alike(married, fictional)).toBe('alike');
  });

  it.each([
    ['when given and family names differ', { given: ['Ada'], family: 'Testcase' }, { given: ['Bea'], family: 'Fictional' }],
    ['when it repeats the given name', { given: ['Addie'], family: 'Testcase' }, { given: ['Addie'], family: 'Fictional' }],
    ['when it repeats the family name', { given: ['Ada'], family: 'Addie' }, { given: ['Bea'], family: 'Addie' }],
  ])('never stands for both: two people of one birth date are not one %s', (_when, one, other) => {
    expect(alike({ ...rest, name: { ...one, preferred: 'Addie' } }, { ...rest, name: { ...other, preferred: 'Addie' } })).toBe('unlike');
  });

  it('of a known person never stands for both names of somebody who is called the same twice', () => {
    expect(
      alike(
        { ...rest, name: { given: ['James'], family: 'James' } },
        { ...rest, name: { given: ['Tom'], family: 'Testcase', preferred: 'James' } },
      ),
    ).toBe('unlike');
  });
});

const names = fc.record(
  { family: fc.constantFrom('A', 'B'), given: fc.constantFrom(['A'], ['C']), preferred: fc.constantFrom('A', 'D') },
  { requiredKeys: [] },
);
const details: fc.Arbitrary<PersonDetailsLike> = fc.record(
  {
    name: names,
    birthDate: fc.constantFrom('1941-02-03', '1970-05-05', '1941'),
    address: fc.record({ postalCode: fc.constantFrom('ZZ99 3WZ', 'ZZ99 3VZ') }),
  },
  { requiredKeys: [] },
);

describe('of any two people', () => {
  it('it does not matter who was known first', () => {
    fc.assert(
      fc.property(details, details, (one, other) => alike(one, other) === alike(other, one)),
      { numRuns: 3_000 },
    );
  });

  it('somebody is alike to themselves as soon as three traits are known', () => {
    fc.assert(
      fc.property(details, (one) => {
        const { given, family, preferred, birthDate, postcode } = traitsOf(one);
        const twoNames =
          [given, family].filter(Boolean).length === 2 || (preferred && (given ?? family) && preferred !== (given ?? family));
        const nameCount = twoNames ? 2 : given || family || preferred ? 1 : 0;
        fc.pre(nameCount > 0 && !(preferred && preferred === given && preferred === family));
        const traits = nameCount + [birthDate, postcode].filter(Boolean).length;
        // Names and postcode of somebody whose birth date is known in full need no fourth trait: it is the same birth date.
        expect(alike(one, one)).toBe(traits >= 3 ? 'alike' : 'unlike');
      }),
      { numRuns: 3_000 },
    );
  });

  it('who agree in fewer than two of the four, whatever stands for what, are unlike', () => {
    fc.assert(
      fc.property(details, details, (one, other) => {
        const [a, b] = [traitsOf(one), traitsOf(other)];
        const birthDate = a.birthDate !== undefined && a.birthDate === b.birthDate;
        const postcode = a.postcode !== undefined && a.postcode === b.postcode;
        fc.pre(!birthDate && !postcode);
        expect(alike(one, other)).toBe('unlike');
        expect(contradicts(a, known({}))).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });
});
