import { checkBaseR4 } from './base-r4';

const mistakesIn = (resource: unknown) => checkBaseR4(resource).map(({ path, message }) => `${path}: ${message}`);
const patient = (more: object) => ({ resourceType: 'Patient', ...more });

describe('what is sound', () => {
  it.each([
    ['an empty list', patient({ name: [] })],
    ['a code outside its value set', patient({ gender: 'woman' })],
    [
      'a birth year, a birth month',
      {
        resourceType: 'Bundle',
        type: 'collection',
        entry: [{ resource: patient({ birthDate: '1941' }) }, { resource: patient({ birthDate: '1941-02' }) }],
      },
    ],
    ['a leap day', patient({ birthDate: '2024-02-29' })],
    [
      'an extension beside a primitive, with and without it',
      patient({ birthDate: '1941-02-03', _birthDate: { extension: [{ url: 'urn:x', valueString: 'y' }] }, _gender: { id: 'g' } }),
    ],
    [
      'a gap in a list that its extension fills',
      patient({ name: [{ given: [null, 'Ada'], _given: [{ extension: [{ url: 'urn:x', valueBoolean: true }] }, null] }] }),
    ],
    [
      'an element defined elsewhere in the same resource',
      { resourceType: 'Bundle', type: 'searchset', entry: [{ link: [{ relation: 'self', url: 'urn:x' }] }] },
    ],
    [
      'a questionnaire answered in depth',
      {
        resourceType: 'QuestionnaireResponse',
        status: 'completed',
        item: [{ linkId: '1', item: [{ linkId: '1.1', answer: [{ valueBoolean: true, item: [{ linkId: '1.1.1' }] }] }] }],
      },
    ],
    ['a contained resource', patient({ contained: [{ resourceType: 'Organization', id: 'o' }] })],
  ])('%s', (_, resource) => {
    expect(mistakesIn(resource)).toEqual([]);
  });
});

describe('what is not, named as FHIRPath', () => {
  it.each([
    ['no resource', 'hello', [': Must be a resource: a JSON object with a resourceType']],
    ['no type', {}, ['resourceType: Must name a resource type of FHIR R4']],
    ['an abstract type', { resourceType: 'DomainResource' }, ['resourceType: Must name a resource type of FHIR R4']],
    ['an unknown element', patient({ colour: 'blue' }), ['Patient.colour: Is not an element of FHIR R4']],
    [
      'an element of the language itself',
      JSON.parse('{"resourceType":"Patient","__proto__":{"active":true},"constructor":1}'),
      ['Patient.__proto__: Is not an element of FHIR R4', 'Patient.constructor: Is not an element of FHIR R4'],
    ],
    [
      'an unknown element deep inside',
      patient({ contact: [{ name: { family: 'Quill', nick: 'Q' } }] }),
      ['Patient.contact[0].name.nick: Is not an element of FHIR R4'],
    ],
    ['one where there may be several', patient({ name: { family: 'Quill' } }), ['Patient.name: Must be a list']],
    ['several where there may be one', patient({ gender: ['female'] }), ['Patient.gender: Must be given once, not as a list']],
    [
      'two of a choice',
      patient({ deceasedBoolean: false, deceasedDateTime: '2020' }),
      ['Patient.deceased: Must be given in one type only'],
    ],
    [
      'a required element missing',
      { resourceType: 'ServiceRequest', status: 'active', subject: {} },
      ['ServiceRequest.intent: Is required', 'ServiceRequest.subject: Must not be empty'],
    ],
    ['text for truth', patient({ active: 'true' }), ['Patient.active: Must be true or false, without quotation marks']],
    ['a number for text', patient({ name: [{ family: 7 }] }), ['Patient.name[0].family: Must be text, and not empty']],
    [
      'an impossible day',
      patient({ birthDate: '2023-02-29' }),
      ['Patient.birthDate: Must be a date that exists: YYYY, YYYY-MM or YYYY-MM-DD'],
    ],
    [
      'a time without its zone',
      patient({ deceasedDateTime: '2020-01-01T10:00:00' }),
      ['Patient.deceased: Must be a date that exists, or a date and time with its zone'],
    ],
    [
      'an impossible month in an instant',
      patient({ meta: { lastUpdated: '2020-13-01T10:00:00Z' } }),
      ['Patient.meta.lastUpdated: Must be a date and time that exist, to the second and with its zone'],
    ],
    ['an id with an underscore', patient({ id: 'a_b' }), ['Patient.id: Must be 1 to 64 letters, digits, hyphens or dots']],
    ['null', patient({ gender: null }), ['Patient.gender: Must be left out instead of null']],
    [
      'a gap in a list that nothing fills',
      patient({ name: [{ given: [null, 'Ada'] }] }),
      ['Patient.name[0].given[0]: Must be left out instead of null'],
    ],
    ['an underscore before what is no primitive', patient({ _name: [{ id: 'x' }] }), ['Patient._name: Is not an element of FHIR R4']],
    [
      'a contained resource that is wrong',
      patient({ contained: [{ resourceType: 'Organization', named: 'x' }] }),
      ['Patient.contained[0].named: Is not an element of FHIR R4'],
    ],
    ['a list of lists', patient({ name: [[{ family: 'Quill' }]] }), ['Patient.name[0]: Must be an object']],
  ])('%s', (_, resource, mistakes) => {
    expect(mistakesIn(resource)).toEqual(mistakes);
  });

  it('says the place in a Bundle', () => {
    const bundle = {
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ resource: patient({}) }, { resource: patient({ birthDate: 'soon' }) }],
    };
    expect(checkBaseR4(bundle)).toEqual([
      {
        code: 'invalid-fhir',
        path: 'Bundle.entry[1].resource.birthDate',
        message: 'Must be a date that exists: YYYY, YYYY-MM or YYYY-MM-DD',
      },
    ]);
  });

  it('gives up after twenty, and on what is nested without end', () => {
    expect(checkBaseR4(patient(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`x${i}`, 1]))))).toHaveLength(20);
    let deep: object = { url: 'urn:x', valueBoolean: true };
    for (let i = 0; i < 3000; i++) deep = { url: 'urn:x', extension: [deep] };
    expect(mistakesIn(patient({ extension: [deep] }))[0]).toMatch(/: Must not be nested more than 60 deep$/);
  });
});
