import type { FhirResource } from 'fhir/r4';
import { readBundle } from './bundle';
import { restorePatient, restoreServiceRequest } from './original';
import { readContext, request, person, transaction } from './testing';

const originalOf = (bundle: unknown) => readBundle(bundle, readContext())[0]!.original!;

it('is given back as it came, but for ids and the reference between the two', () => {
  const unusual = {
    extension: [{ url: 'urn:x', valueDecimal: 1.25 }],
    _priority: { id: 'p' },
    text: { status: 'generated', div: '<div>as it came</div>' },
  };
  const original = originalOf(
    transaction({ ...unusual, subject: { reference: 'Patient/edith', display: 'Edith' } } as never, { photo: [{ title: 'x' }] }),
  );
  expect(restoreServiceRequest(original, { serviceRequest: 'new-1', patient: 'new-2' })).toEqual({
    ...request,
    ...unusual,
    id: 'new-1',
    subject: { reference: 'Patient/new-2', display: 'Edith' },
  });
  expect(restorePatient(original, 'new-2')).toEqual({ ...person, photo: [{ title: 'x' }], id: 'new-2' });
});

it('a person inside the request stays inside it and can be asked for alone', () => {
  const original = originalOf({ ...request, subject: { reference: '#p' }, contained: [{ ...person, id: 'p' }] });
  expect(original.patient).toBeUndefined();
  expect(restoreServiceRequest(original, { serviceRequest: 'new-1', patient: 'new-2' })).toMatchObject({
    subject: { reference: '#p' },
    contained: [{ id: 'p' }],
  });
  expect(restorePatient(original, 'new-2')).toEqual({ ...person, id: 'new-2' });
});

it('somebody named by an identifier alone has no Patient to give back', () => {
  const original = originalOf({ ...request, subject: { identifier: { system: 'urn:x', value: '1' } } });
  expect(restorePatient(original, 'new-2')).toBeUndefined();
  expect(restoreServiceRequest(original, { serviceRequest: 'new-1', patient: 'new-2' })).toMatchObject({
    subject: { identifier: { value: '1' } },
  });
});

it('keeps what speaks of the request or its person, and nothing of anybody else', () => {
  const about = (id: string, subject: string): FhirResource => ({
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { text: id },
    subject: { reference: subject },
  });
  const { others } = originalOf(
    transaction(
      { requester: { reference: 'PractitionerRole/r' } },
      {},
      { resourceType: 'PractitionerRole', id: 'r', organization: { reference: 'Organization/o' } },
      { resourceType: 'Organization', id: 'o' },
      { resourceType: 'Organization', id: 'nobody' },
      about('hers', 'Patient/edith'),
      about('his', 'Patient/jem'),
      { resourceType: 'Patient', id: 'jem', name: [{ family: 'Hollis' }] },
    ),
  );
  expect(others?.map(({ id }) => id).sort()).toEqual(['hers', 'o', 'r']);
});

it('what a restriction removes is removed from what lies inside, and said', () => {
  const inside = {
    resourceType: 'Patient',
    id: 'p',
    name: person.name,
    meta: { security: [{ code: 'R' }] },
    address: [{ text: '4 Ferry Lane' }],
  };
  const original = originalOf({
    ...request,
    subject: { reference: '#p' },
    locationReference: [{ display: '4 Ferry Lane' }],
    extension: [{ url: 'urn:x', extension: [{ url: 'y', valueAddress: { text: '4 Ferry Lane' } }] }],
    contained: [inside, { resourceType: 'Location', id: 'l', name: '4 Ferry Lane' }],
  });
  expect(JSON.stringify(original)).not.toContain('Ferry');
  expect(original.removed).toEqual(
    [
      'ServiceRequest.extension[0]',
      'ServiceRequest.locationReference',
      'ServiceRequest.contained[0].address',
      'ServiceRequest.contained[1]',
    ].sort((a, b) => original.removed!.indexOf(a) - original.removed!.indexOf(b)),
  );
  expect(restorePatient(original, 'new')).toEqual({ resourceType: 'Patient', id: 'new', name: person.name, meta: inside.meta });
});
