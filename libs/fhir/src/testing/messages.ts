/** Messages that specs begin from: a request for occupational therapy about one fictional person, to be changed as a spec needs. */
import type { Bundle, FhirResource, Patient, ServiceRequest } from 'fhir/r4';

type Change<R> = { [K in keyof R]?: R[K] | undefined } & Record<string, unknown>;

export const person: Patient = {
  resourceType: 'Patient',
  id: 'edith',
  identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9990000018' }],
  name: [{ use: 'official', family: 'Marlowe', given: ['Edith'] }],
  birthDate: '1938-04-17',
};

export const request: ServiceRequest = {
  resourceType: 'ServiceRequest',
  id: 'ot-1',
  status: 'active',
  intent: 'order',
  code: { coding: [{ system: 'http://snomed.info/sct', code: '306166004', display: 'Referral to occupational therapy service' }] },
  subject: { reference: 'Patient/edith' },
};

function changed<R extends FhirResource>(resource: R, change: Change<R>): R {
  return Object.fromEntries(Object.entries({ ...resource, ...change }).filter(([, value]) => value !== undefined)) as unknown as R;
}

/** `asked` and `about` change the request and the person; the rest is put beside them. */
export function transaction(asked: Change<ServiceRequest> = {}, about: Change<Patient> = {}, ...others: readonly FhirResource[]): Bundle {
  const resources = [changed(request, asked), changed(person, about), ...others];
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: resources.map((resource) => ({ resource, request: { method: 'POST', url: resource.resourceType } })),
  };
}
