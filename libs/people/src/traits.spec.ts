import { spelling, traitsOf } from './traits';

const ada = {
  name: { family: 'O’Testcase-Smith', given: ['Ada', 'Jane'], preferred: 'Addie' },
  birthDate: '1941-02-03',
  nhsNumber: '999 000 0018',
  address: { postalCode: 'zz99 3wz' },
};

describe('the spelling of a name', () => {
  it.each([
    ['O’TESTCASE', "o'testcase"],
    ['Zoë', 'ZOE'],
    ['Zoe\u0308', 'Zoë'],
    ['Smith - Jones', 'smith jones'],
    ['Straße', 'STRASSE'],
    ['Łucja', 'lucja'],
    ['Bjørn', 'bjorn'],
  ])('%s is that of %s', (one, other) => {
    expect(spelling(one)).toBe(spelling(other));
  });

  it.each([
    ['Ann', 'Anne'],
    ['अदिति', 'अदित'],
    ['李', '王'],
  ])('%s is not that of %s', (one, other) => {
    expect(spelling(one)).not.toBe(spelling(other));
  });

  it.each([undefined, '', ' - ', '?'])('%j is no name', (name) => {
    expect(spelling(name)).toBeUndefined();
  });
});

describe('what a person is recognised by', () => {
  it('is each in one spelling', () => {
    expect(traitsOf(ada)).toEqual({
      nhsNumber: '9990000018',
      given: 'ada',
      family: 'otestcasesmith',
      preferred: 'addie',
      birthDate: '1941-02-03',
      postcode: 'ZZ993WZ',
    });
  });

  it('is the first given name, however the middle name is written', () => {
    expect(traitsOf({ name: { given: ['Ada Jane'] } }).given).toBe('ada');
  });

  it.each(['1941', { about: 84 }, '1941-02'])('is never a birth date of %j', (birthDate) => {
    expect(traitsOf({ ...ada, birthDate }).birthDate).toBeUndefined();
  });

  it('is never a number that fails its check', () => {
    expect(traitsOf({ ...ada, nhsNumber: '999 000 0019' }).nhsNumber).toBeUndefined();
  });
});
