import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { derivedId } from '@waymark/kernel';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { People } from './people';
import type { PersonDetailsLike } from './traits';

// Opened once: each test is a service of its own, and services know nothing of each other.
let folder: string;
let people: People;
let service: string;
let count = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-index-'));
  people = People.open({ folder });
});
beforeEach(() => (service = `service${count++}`));
afterAll(() => {
  people.close();
  rmSync(folder, { recursive: true, force: true });
});

const candidate = () => derivedId('person', service, String(count++));
const match = (details: PersonDetailsLike, id = candidate()) => people.match(service, details, id);

const ada = {
  name: { family: 'Testcase', given: ['Ada'], preferred: 'Addie' },
  birthDate: '1941-02-03',
  address: { postalCode: 'ZZ99 3WZ' },
} satisfies PersonDetailsLike;
const withNumber = { ...ada, nhsNumber: '999 000 0018' };

describe('somebody whom the service does not know', () => {
  it('becomes a person under the candidate’s id', async () => {
    const id = candidate();
    expect(await match(ada, id)).toEqual({ personId: id, matched: 'new', possible: false });
  });

  it('gets the same answer for the same candidate, also after a restart', async () => {
    const id = candidate();
    const answer = await match(withNumber, id);
    expect(await match(withNumber, id)).toEqual(answer);
    people.close();
    people = People.open({ folder });
    expect(await match(withNumber, id)).toEqual(answer);
  });

  it('is taken in with nothing but a name, twice as two people', async () => {
    await match({ name: { given: ['Ada'] } });
    expect(await match({ name: { given: ['Ada'] } })).toMatchObject({ matched: 'new', possible: false });
  });
});

describe('somebody with a known NHS number', () => {
  it('is recognised, however it is typed', async () => {
    const known = await match(withNumber);
    expect(await match({ ...ada, nhsNumber: '999-000-0018' })).toEqual({
      personId: known.personId,
      matched: 'nhs-number',
      possible: false,
    });
  });

  it.each([
    ['a married name', { name: { family: 'Fictional', given: ['Ada'] }, birthDate: ada.birthDate }],
    ['a slip in the birth date', { name: ada.name, birthDate: '1941-03-02' }],
    ['no birth date', { name: ada.name }],
    ['no name and no birth date', {}],
    ['a married name and no birth date, but the given name', { name: { family: 'Fictional', given: ['Ada'] } }],
  ])('is recognised with %s', async (_what, details) => {
    const known = await match(withNumber);
    expect(await match({ ...details, nhsNumber: '9990000018' })).toEqual({
      personId: known.personId,
      matched: 'nhs-number',
      possible: false,
    });
  });

  it.each([
    ['birth date and family name both differ', { name: { family: 'Fictional', given: ['Ada'] }, birthDate: '1970-05-05' }],
    ['the family name differs and nothing else agrees', { name: { family: 'Fictional', given: ['Bea'] } }],
    ['the birth date differs and nothing else agrees', { birthDate: '1970-05-05' }],
  ])('is not taken for that person when %s; somebody must look', async (_what, details) => {
    const known = await match(withNumber);
    const id = candidate();
    expect(await match({ ...details, nhsNumber: '9990000018' }, id)).toEqual({ personId: id, matched: 'new', possible: true });
    expect(people.find(service, { nhsNumber: '9990000018' })).toEqual([known.personId]);
  });

  it('is found by it only when it passes its check', async () => {
    const failing = { nhsNumber: '999 000 0019', name: { given: ['Ada'] } };
    await match(failing);
    expect(await match(failing)).toMatchObject({ matched: 'new', possible: false });
    expect(people.find(service, { nhsNumber: '999 000 0019' })).toEqual([]);
  });
});

describe('somebody known by three of given name, family name, birth date and postcode', () => {
  it.each([
    ['has moved', { ...ada, address: { postalCode: 'ZZ99 3VZ' } }],
    ['gives no address', { name: ada.name, birthDate: ada.birthDate }],
    ['has married', { ...ada, name: { family: 'Fictional', given: ['Ada'] } }],
    ['gives the preferred name as given name', { ...ada, name: { family: 'Testcase', given: ['Addie'] }, address: {} }],
    ['gives no given name', { ...ada, name: { family: 'TESTCASE' } }],
    ['does not know the birth date', { name: ada.name, address: ada.address }],
    ['knows only the year', { ...ada, birthDate: '1941' }],
    [
      'is written without accents and spaces',
      { ...ada, name: { family: ' Test-Case', given: ['ÀDA'] }, address: { postalCode: 'zz993wz' } },
    ],
  ])('is recognised when the person %s', async (_what, details) => {
    const known = await match(ada);
    expect(await match(details)).toEqual({ personId: known.personId, matched: 'details', possible: false });
  });

  it('is not recognised by two', async () => {
    await match(ada);
    expect(await match({ name: { family: 'Testcase', given: ['Ada'] } })).toMatchObject({ matched: 'new', possible: false });
    expect(await match({ ...ada, name: { family: 'Fictional', given: ['Bea'] } })).toMatchObject({ matched: 'new', possible: false });
  });

  it('keeps the number that the second referral brings', async () => {
    const known = await match(ada);
    expect(await match(withNumber)).toEqual({ personId: known.personId, matched: 'details', possible: false });
    expect(await match({ nhsNumber: withNumber.nhsNumber })).toMatchObject({ personId: known.personId, matched: 'nhs-number' });
  });

  it('is recognised at the new address from then on', async () => {
    const known = await match(ada);
    const moved = { ...ada, address: { postalCode: 'ZZ99 3VZ' } };
    await match(moved);
    expect(await match({ ...moved, name: { family: 'Fictional', given: ['Ada'] } })).toMatchObject({
      personId: known.personId,
      matched: 'details',
    });
  });

  it('is another person when both have NHS numbers and they differ; somebody must look', async () => {
    await match(withNumber);
    const id = candidate();
    expect(await match({ ...ada, nhsNumber: '999 000 0026' }, id)).toEqual({ personId: id, matched: 'new', possible: true });
    expect(people.find(service, { nhsNumber: '999 000 0026' })).toEqual([id]);
  });

  it('is nobody when two people fit; somebody must look', async () => {
    await match(withNumber);
    await match({ ...ada, nhsNumber: '999 000 0026' });
    const id = candidate();
    expect(await match(ada, id)).toEqual({ personId: id, matched: 'new', possible: true });
  });
});

describe('two people of one household', () => {
  const twin = { ...ada, name: { family: 'Testcase', given: ['Bea'] } };
  const son = { ...ada, birthDate: '1971-02-03' };

  it.each([
    ['a twin', twin],
    ['a father and his son of the same name', son],
  ])('are never made one: %s; somebody must look', async (_who, other) => {
    await match(ada);
    const id = candidate();
    expect(await match(other, id)).toEqual({ personId: id, matched: 'new', possible: true });
  });

  it('are each recognised once both are known', async () => {
    const first = await match(ada);
    const second = await match(twin);
    expect(await match(ada)).toEqual({ personId: first.personId, matched: 'details', possible: false });
    expect(await match(twin)).toEqual({ personId: second.personId, matched: 'details', possible: false });
  });
});

describe('search', () => {
  it('finds by number, and by family name with full birth date', async () => {
    const { personId } = await match(withNumber);
    expect(people.find(service, { nhsNumber: ' 999 000 0018' })).toEqual([personId]);
    expect(people.find(service, { family: 'TESTCASE', birthDate: '1941-02-03' })).toEqual([personId]);
    expect(people.find(service, { family: 'Testcase', birthDate: '1941-02-04' })).toEqual([]);
    expect(people.find(service, { family: '', birthDate: '1941-02-03' })).toEqual([]);
  });

  it('finds everybody who fits', async () => {
    const first = await match(ada);
    const second = await match({ ...ada, name: { family: 'Testcase', given: ['Bea'] }, address: {} });
    expect(people.find(service, { family: 'Testcase', birthDate: '1941-02-03' }).sort()).toEqual([first.personId, second.personId].sort());
  });
});

describe('two services', () => {
  it('with the same human hold no trace of each other', async () => {
    const [north, south] = await Promise.all([
      people.match('northbank', withNumber, derivedId('person', 'northbank', 'c1')),
      people.match('southbank', withNumber, derivedId('person', 'southbank', 'c1')),
    ]);
    expect(south).toEqual({ personId: derivedId('person', 'southbank', 'c1'), matched: 'new', possible: false });
    expect(south.personId).not.toBe(north.personId);
    expect(people.find('southbank', { nhsNumber: '9990000018' })).toEqual([south.personId]);
    expect(people.find('eastbank', { nhsNumber: '9990000018' })).toEqual([]);
    expect(people.find('eastbank', { family: 'Testcase', birthDate: '1941-02-03' })).toEqual([]);

    const db = new Database(join(folder, 'keys.db'), { readonly: true });
    const own = db
      .prepare<[string], string[]>(
        'SELECT hex(nhs_number), hex(given), hex(family), hex(preferred), hex(birth_date), hex(postcode) FROM person WHERE id = ?',
      )
      .raw();
    const places = db.prepare<[string], string>('SELECT hex(hash) FROM place WHERE person = ?').pluck();
    const hashes = [north, south].map(({ personId }) => [...(own.get(personId) ?? []), ...places.all(personId)]);
    db.close();
    expect(hashes.map((of) => of.filter((hash) => hash !== '').length)).toEqual([10, 10]);
    expect(new Set(hashes.flat()).size).toBe(20);
  });
});

describe('two processes', () => {
  it('that meet the same human at once agree on who it is', async () => {
    const other = People.open({ folder });
    const answers = await Promise.all([people, other, people, other].map((one) => one.match(service, withNumber, candidate())));
    expect(new Set(answers.map((answer) => answer.personId)).size).toBe(1);
    expect(answers.map((answer) => answer.matched).sort()).toEqual(['new', 'nhs-number', 'nhs-number', 'nhs-number'].sort());
    other.close();
  });

  it('that handle the same command at once give the same answer', async () => {
    const other = People.open({ folder });
    const id = candidate();
    const [one, two] = await Promise.all([people.match(service, withNumber, id), other.match(service, withNumber, id)]);
    expect(one).toEqual(two);
    other.close();
  });
});

describe('whatever comes, in whatever order', () => {
  const details = fc.record({
    name: fc.record({ family: fc.constantFrom('Testcase', 'Fictional'), given: fc.constantFrom(['Ada'], ['Bea']) }, { requiredKeys: [] }),
    birthDate: fc.constantFrom('1941-02-03', '1970-05-05', '1941', { about: 80 }),
    nhsNumber: fc.option(fc.constantFrom('9990000018', '9990000026', '9990000019'), { nil: undefined }),
    address: fc.record({ postalCode: fc.constantFrom('ZZ99 3WZ', 'ZZ99 3VZ') }, { requiredKeys: [] }),
  });

  it('a number has one person, a doubt makes a new person, and a repeat changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(details, { maxLength: 12 }), async (all) => {
        service = `service${count++}`;
        const asked = all.map((one) => ({ one, id: candidate() }));
        // One turn: answered in order, in one commit.
        const answers = await Promise.all(asked.map(({ one, id }) => match(one, id)));
        answers.forEach((answer, i) => {
          expect(answer.matched === 'new').toBe(answer.personId === asked[i]!.id);
          if (answer.possible) expect(answer.matched).toBe('new');
        });
        expect(await Promise.all(asked.map(({ one, id }) => match(one, id)))).toEqual(answers);
        for (const number of ['9990000018', '9990000026']) {
          const told = all.some((one) => one.nhsNumber === number);
          expect(people.find(service, { nhsNumber: number })).toHaveLength(told ? 1 : 0);
        }
      }),
      { numRuns: 60 },
    );
  });
});
