import type { Bundle, FhirResource, ServiceRequest } from 'fhir/r4';
import { readBundle } from './bundle';
import type { ReadContext, ReferralBody } from './item';
import { outcomeOf, readContext, transaction } from './testing';

const context = readContext();
const SCT = 'http://snomed.info/sct';
const physio = { coding: [{ system: SCT, code: '308447003', display: 'Referral to physiotherapist' }] };

function only(bundle: unknown, instead: Partial<ReadContext> = {}) {
  const items = readBundle(bundle, { ...context, ...instead });
  expect(items).toHaveLength(1);
  return items[0]!;
}
const outcome = (bundle: unknown, instead: Partial<ReadContext> = {}) => outcomeOf(only(bundle, instead));
const referral = (bundle: unknown): ReferralBody => only(bundle).referral!;

describe('whom a request is for', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['a code of the list', {}, 'referral'],
    ['words that name it, and no code', { code: { text: 'OCCUPATIONAL THERAPY assessment' } }, 'referral'],
    [
      'a display that names it beside an unknown code',
      { code: { coding: [{ system: SCT, code: '1', display: 'Occupational-therapy review' }] } },
      'referral',
    ],
    [
      'a performer type that is an occupational therapist',
      { code: undefined, performerType: { coding: [{ system: SCT, code: '80546007' }] } },
      'referral',
    ],
    ['no code and nobody addressed', { code: undefined }, 'referral'],
    ['a generic code and nobody addressed', { code: { coding: [{ system: SCT, code: '310434002' }] } }, 'referral'],
    [
      'a generic code, addressed to this service',
      { code: { coding: [{ system: SCT, code: '310434002' }] }, performer: [{ display: 'Northbank Occupational Therapy' }] },
      'referral',
    ],
    [
      'a generic code, addressed to somebody else',
      { code: { coding: [{ system: SCT, code: '310434002' }] }, performer: [{ display: 'Pain clinic' }] },
      'referral, read-now',
    ],
    ['no code, addressed to somebody else', { code: undefined, performer: [{ display: 'Pain clinic' }] }, 'referral, read-now'],
    ['an unknown code', { code: { coding: [{ system: SCT, code: '1' }] } }, 'referral, read-now'],
    ['text only', { code: { text: 'Please help' } }, 'referral, read-now'],
    [
      'the number of a listed code in another system',
      { code: { coding: [{ system: 'urn:other', code: '308447003' }] } },
      'referral, read-now',
    ],
    ['one code for it among others', { code: { coding: [...physio.coding, { system: SCT, code: '306166004' }] } }, 'referral, read-now'],
    [
      'a listed code beside an unknown one',
      { code: { coding: [...physio.coding, { system: 'urn:local', code: 'P1' }] } },
      'referral, read-now',
    ],
    ['a code of the not-ours list', { code: physio }, 'not-this-service, other-service Bundle.entry[0].resource.code'],
    [
      'two codes of the not-ours list',
      { code: { coding: [...physio.coding, { system: SCT, code: '308451001' }] } },
      'not-this-service, other-service Bundle.entry[0].resource.code',
    ],
  ])('%s', (_, asked, expected) => {
    expect(outcome(transaction(asked))).toBe(expected);
  });

  it('nobody is sent away by a code when a safety rule fires on what came with it', () => {
    const seen: ReferralBody[] = [];
    const fires = (one: ReferralBody) => seen.push(one) > 0;
    expect(outcome(transaction({ code: physio }), { anySafetyRuleFires: fires })).toBe('referral, read-now');
    expect(seen[0]?.person.name?.family).toBe('Marlowe');
  });

  it('a request for another service is answered whole, so that one already taken can still be added to', () => {
    const { identifier, referral: body } = only(transaction({ code: physio }));
    expect(identifier?.value).toMatch(/^ServiceRequest\/ot-1/);
    expect(body?.person.nhsNumber).toBe('9990000018');
  });

  it('one request of the file that is for this service, whoever it is about, and a person reads the others', () => {
    const bundle = transaction(
      {},
      {},
      { resourceType: 'Patient', id: 'nora', name: [{ family: 'Quill' }] },
      {
        resourceType: 'ServiceRequest',
        id: 'pt-2',
        status: 'active',
        intent: 'order',
        code: physio,
        subject: { reference: 'Patient/nora' },
      },
    );
    expect(readBundle(bundle, context).map(outcomeOf)).toEqual(['referral', 'referral, read-now']);
  });
});

describe('what a status asks for', () => {
  it.each([
    ['active', 'referral'],
    ['on-hold', 'referral'],
    ['unknown', 'referral'],
    ['draft', 'refused, status-not-taken Bundle.entry[0].resource.status'],
    ['completed', 'refused, status-not-taken Bundle.entry[0].resource.status'],
    ['inactive', 'refused, status-not-taken Bundle.entry[0].resource.status'],
    ['revoked', 'withdraw'],
    ['entered-in-error', 'enter-in-error'],
  ])('%s: %s', (status, expected) => {
    expect(outcome(transaction({ status: status as ServiceRequest['status'] }))).toBe(expected);
  });

  it('a referral is taken back by its identifier alone, whatever it was for and whoever it is about', () => {
    const revoked = transaction({
      status: 'revoked',
      code: physio,
      subject: { reference: 'Patient/somebody' },
      identifier: [{ system: 'urn:x', value: '7' }],
    });
    expect(only(revoked)).toMatchObject({ kind: 'withdraw', identifier: { system: 'urn:x', value: '7' } });
  });

  it('one that cannot be told from any other takes nothing back', () => {
    expect(outcome(transaction({ status: 'revoked', id: undefined }))).toBe(
      'refused, unknown-referral Bundle.entry[0].resource.identifier',
    );
  });
});

describe('whom it is about', () => {
  it.each<[string, Bundle, string]>([
    ['a Patient with a name', transaction({}, { identifier: undefined }), 'referral'],
    ['a Patient with an identifier alone', transaction({}, { name: undefined }), 'referral, read-now'],
    [
      'a Patient with neither',
      transaction({}, { name: undefined, identifier: undefined }),
      'refused, subject-not-found Bundle.entry[0].resource.subject',
    ],
    [
      'nobody in the file',
      transaction({ subject: { reference: 'Patient/other', display: 'Edith Marlowe' } }),
      'refused, subject-not-found Bundle.entry[0].resource.subject',
    ],
    [
      'an identifier',
      transaction({ subject: { identifier: { system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9990000026' } } }),
      'referral, read-now',
    ],
    [
      'an identifier that leads to the Patient',
      transaction({ subject: { type: 'Patient', identifier: { system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9990000018' } } }),
      'referral',
    ],
    ['somebody who has died', transaction({}, { deceasedBoolean: true }), 'referral, read-now'],
    ['somebody born tomorrow', transaction({}, { birthDate: '2026-11-21' }), 'refused, invalid Bundle.entry[1].resource.birthDate'],
    ['somebody born in 1899', transaction({}, { birthDate: '1899' }), 'refused, invalid Bundle.entry[1].resource.birthDate'],
    ['somebody whose birth date nobody knows', transaction({}, { birthDate: undefined }), 'referral'],
  ])('%s', (_, bundle, expected) => {
    expect(outcome(bundle)).toBe(expected);
  });

  it('finds the Patient by fullUrl, by an absolute address and by a version of it', () => {
    const bundle = transaction({ subject: { reference: 'https://one.example.org/Patient/edith/_history/3' } });
    expect(outcome(bundle)).toBe('referral');
    bundle.entry![1]!.fullUrl = 'https://two.example.org/Patient/edith';
    expect(outcome(bundle)).toBe('refused, subject-not-found Bundle.entry[0].resource.subject');
    bundle.entry![1]!.fullUrl = 'https://one.example.org/Patient/edith';
    expect(outcome(bundle)).toBe('referral');
  });

  it('keeps nothing that tells where a restricted person is', () => {
    const whereabouts = {
      address: [{ line: ['4 Ferry Lane'] }],
      telecom: [{ system: 'phone' as const, value: '01632 960001' }],
      managingOrganization: { display: 'Quayside Surgery' },
    };
    const open = only(transaction({}, whereabouts));
    expect(JSON.stringify(open)).toMatch(/Ferry Lane.*960001|960001.*Ferry Lane/);
    for (const code of ['R', 'V']) {
      const { referral: body, original } = only(transaction({}, { ...whereabouts, meta: { security: [{ code }] } }));
      expect(body?.person.restricted).toBe(true);
      expect(JSON.stringify([body, original])).not.toMatch(/Ferry Lane|960001|Quayside/);
      expect(original?.removed).toEqual(['Patient.address', 'Patient.telecom', 'Patient.managingOrganization']);
    }
  });

  it('takes the official name, the name somebody likes, and a name that came as one text', () => {
    const named = (...name: object[]) => referral(transaction({}, { name } as never)).person.name;
    expect(
      named(
        { use: 'old', family: 'Penn' },
        { use: 'usual', family: 'Marlowe', given: ['Edie'] },
        { use: 'official', family: 'Marlowe', given: ['Edith'] },
      ),
    ).toEqual({
      family: 'Marlowe',
      given: ['Edith'],
      preferred: 'Edie',
    });
    expect(named({ use: 'usual', family: 'Marlowe', given: ['Edie'] })).toEqual({ family: 'Marlowe', given: ['Edie'] });
    expect(named({ text: 'Edith Rose Marlowe' })).toEqual({ family: 'Marlowe', given: ['Edith', 'Rose'] });
  });

  it('a month of birth tells the year, and a failing NHS number is kept as it came', () => {
    const { person } = referral(
      transaction({}, { birthDate: '1938-04', identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: '999 123 4567' }] }),
    );
    expect(person).toMatchObject({ birthDate: '1938', nhsNumber: '999 123 4567' });
  });
});

describe('who sent it', () => {
  const requester = (resource: FhirResource, ...more: FhirResource[]) => {
    const { source, referrer, agreement } = referral(
      transaction(
        { requester: { reference: `${resource.resourceType}/r` } },
        { generalPractitioner: [{ reference: 'Organization/gp' }] },
        { ...resource, id: 'r' } as FhirResource,
        ...more,
      ),
    );
    return { source, name: referrer?.name, relationship: referrer?.relationship, agreement: agreement?.basis };
  };
  const practice: FhirResource = {
    resourceType: 'Organization',
    id: 'gp',
    name: 'Quayside Surgery',
    identifier: [{ system: 'https://fhir.nhs.uk/id/ods-organization-code', value: 'a99991' }],
  };
  const daughter: FhirResource = {
    resourceType: 'RelatedPerson',
    patient: { reference: 'Patient/edith' },
    name: [{ family: 'Penn', given: ['Leonie'] }],
    relationship: [{ coding: [{ code: 'DAU', display: 'daughter' }] }],
  };

  it('a relative, whose agreement nobody has asked about', () => {
    expect(requester(daughter)).toEqual({ source: 'family', name: 'Leonie Penn', relationship: 'daughter', agreement: 'not-sure' });
  });
  it('a carer', () => {
    expect(requester({ ...daughter, relationship: [{ coding: [{ code: 'Carer' }] }] })).toMatchObject({
      source: 'carer',
      relationship: 'Carer',
    });
  });
  it('the person', () => {
    expect(referral(transaction({ requester: { reference: 'Patient/edith' }, note: [{ text: 'I want to bath safely' }] }))).toMatchObject({
      source: 'self',
      need: { inOwnWords: 'I want to bath safely' },
    });
    expect(referral(transaction({ requester: { reference: 'Patient/edith' } })).referrer).toBeUndefined();
  });
  it('the practice where the person is registered', () => {
    expect(
      referral(
        transaction({ requester: { reference: 'Organization/gp' } }, { generalPractitioner: [{ reference: 'Organization/gp' }] }, practice),
      ),
    ).toMatchObject({ source: 'gp', referrer: { name: 'Quayside Surgery', organization: { ods: 'A99991' } } });
  });
  it('a general practitioner by role, by number, or by what the reference says', () => {
    const gp: FhirResource = {
      resourceType: 'PractitionerRole',
      code: [{ text: 'General Practitioner' }],
      practitioner: { display: 'Dr Mensah' },
    };
    expect(requester(gp)).toMatchObject({ source: 'gp', name: 'Dr Mensah' });
    expect(
      requester({ resourceType: 'Practitioner', identifier: [{ system: 'https://fhir.hl7.org.uk/Id/gmp-number', value: 'G1' }] }),
    ).toMatchObject({ source: 'gp' });
    expect(referral(transaction({ requester: { display: 'Dr Mensah, GP' } }))).toMatchObject({
      source: 'gp',
      referrer: { name: 'Dr Mensah, GP' },
    });
  });
  it('anybody else', () => {
    expect(requester({ resourceType: 'Practitioner', name: [{ family: 'Stone', given: ['Ann'], prefix: ['Sister'] }] })).toMatchObject({
      source: 'mdt',
      name: 'Sister Ann Stone',
    });
    expect(referral(transaction({ requester: { reference: 'Practitioner/unknown' } }))).toMatchObject({
      source: 'mdt',
      referrer: { name: 'Practitioner/unknown' },
    });
    expect(referral(transaction())).toMatchObject({ source: 'mdt', referrer: { name: 'Not named by the sender' } });
  });
  it('the UK Core source wins over what the requester looks like', () => {
    const extension = (coding: object) => [
      {
        url: 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-SourceOfServiceRequest',
        valueCodeableConcept: { coding: [coding] },
      },
    ];
    const source = (coding: object) =>
      referral(transaction({ requester: { display: 'Dr Mensah, GP' }, extension: extension(coding) })).source;
    expect(source({ system: SCT, code: '185373006' })).toBe('family');
    expect(source({ system: SCT, code: '183691007', display: 'Geriatric self-referral' })).toBe('self');
    expect(source({ system: SCT, code: '185365002' })).toBe('mdt');
    expect(source({ system: SCT, code: '185360007', display: 'Referred by hospital doctor' })).toBe('mdt');
  });
});

describe('what is wanted, and how soon', () => {
  it.each([
    ['routine', 'routine'],
    ['urgent', 'urgent'],
    ['asap', 'urgent'],
    ['stat', 'crisis'],
  ])('%s is %s', (priority, expected) => {
    const body = referral(transaction({ priority: priority as ServiceRequest['priority'] }));
    expect(body.requestedPriority).toBe(expected);
    expect(body.priorityReason === undefined).toBe(priority === 'routine');
  });

  it('a priority nobody knows lowers nothing: a person reads it', () => {
    const item = only(transaction({ priority: 'emergency' as ServiceRequest['priority'] }));
    expect(item).toMatchObject({ kind: 'referral', flags: ['read-now'] });
    expect(item.referral).not.toHaveProperty('requestedPriority');
  });

  it('reasons keep their codes and their words, and a reference that leads nowhere keeps what it says', () => {
    const { need } = referral(
      transaction(
        {
          reasonCode: [{ coding: [{ system: SCT, code: '160737007', display: 'Difficulty bathing' }] }],
          reasonReference: [{ reference: 'Condition/c' }, { reference: 'Condition/elsewhere', display: 'Old fracture' }],
          note: [{ text: 'Lives upstairs.' }],
        },
        {},
        { resourceType: 'Condition', id: 'c', subject: { reference: 'Patient/edith' }, code: { text: 'Falls' } },
      ),
    );
    expect(need).toEqual({
      reason: 'Requested: Referral to occupational therapy service\nReason: Difficulty bathing; Falls; Old fracture\nLives upstairs.',
      conditions: [{ system: SCT, code: '160737007', display: 'Difficulty bathing' }],
    });
  });

  it('a message that says no reason says so', () => {
    expect(referral(transaction({ code: undefined })).need.reason).toBe('The sender gave no reason');
  });

  it('what is too long for a field goes on in the original, and a person reads it', () => {
    const item = only(transaction({ note: [{ text: 'word '.repeat(4000) }] }));
    expect(item.referral?.need.reason?.length).toBeLessThanOrEqual(10_000);
    expect(item.flags).toEqual(['read-now']);
    expect(JSON.stringify(item.original)).toContain('word '.repeat(4000));
  });

  it('the date on which it was written starts nothing', () => {
    expect(JSON.stringify(referral(transaction({ authoredOn: '2026-09-01' })))).not.toContain('2026-09-01');
  });

  it('scores of this person come as facts, the latest of each, never those of others or in error', () => {
    const phq9 = (value: number, effectiveDateTime: string, more: object = {}): FhirResource => ({
      resourceType: 'Observation',
      status: 'final',
      code: { coding: [{ system: SCT, code: '720433000' }] },
      subject: { reference: 'Patient/edith' },
      effectiveDateTime,
      valueInteger: value,
      ...more,
    });
    const facts = (...observed: FhirResource[]) => referral(transaction({}, {}, ...observed)).facts;
    expect(facts(phq9(7, '2026-11-01'), phq9(18, '2026-05-01'))).toEqual({ phq9: { value: 7, on: '2026-11-01', by: 'imported' } });
    expect(facts(phq9(7, '2026-11-01'), phq9(9, '2026-11-01'))).toMatchObject({ phq9: { value: 9 } });
    expect(facts(phq9(7, '2026-06-30T23:30:00Z'))).toMatchObject({ phq9: { on: '2026-07-01' } });
    expect(
      facts(
        phq9(7, '2026-11-01', { status: 'entered-in-error' }),
        phq9(40, '2026-11-01'),
        phq9(8, '2026-11-01', { subject: { reference: 'Patient/x' } }),
      ),
    ).toBeUndefined();
  });
});

describe('one referral across messages', () => {
  const identifierOf = (bundle: unknown, instead: Partial<ReadContext> = {}) => only(bundle, instead).identifier;

  it('is known by its own identifier first', () => {
    expect(identifierOf(transaction({ identifier: [{ value: 'no system' }, { system: 'urn:x', value: '7' }] }))).toEqual({
      system: 'urn:x',
      value: '7',
    });
  });
  it('else by its sender and its id', () => {
    expect(identifierOf(transaction({ meta: { source: 'https://one.example.org' } }))).toEqual({
      system: 'urn:waymark:sender:https://one.example.org',
      value: 'ServiceRequest/ot-1',
    });
    expect(identifierOf(transaction(), { sender: 'ward 4' })).toEqual({
      system: 'urn:waymark:sender:ward 4',
      value: 'ServiceRequest/ot-1',
    });
  });
  it('else by the urn that names it', () => {
    const bundle = transaction({ id: undefined });
    bundle.entry![0]!.fullUrl = 'urn:uuid:00000000-0000-4000-8000-000000000001';
    expect(identifierOf(bundle)).toEqual({ system: 'urn:ietf:rfc:3986', value: 'urn:uuid:00000000-0000-4000-8000-000000000001' });
  });
  it('two senders nobody can tell apart do not share the referrals of two people', () => {
    const other = { identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9990000026' }] };
    expect(identifierOf(transaction())).toEqual(identifierOf(transaction({}, { address: [{ text: 'moved' }] })));
    expect(identifierOf(transaction())).not.toEqual(identifierOf(transaction({}, other)));
    expect(JSON.stringify(identifierOf(transaction()))).not.toContain('9990000018');
  });
});

it('a request that something is not done is no referral', () => {
  expect(outcome(transaction({ doNotPerform: true }))).toBe('refused, not-requested Bundle.entry[0].resource.doNotPerform');
});

it('one resource that is not base R4 refuses every request of its file', () => {
  const bundle = transaction(
    {},
    {},
    { resourceType: 'ServiceRequest', id: 'ot-2', status: 'active', intent: 'order', subject: { reference: 'Patient/edith' } },
    { resourceType: 'Organization', named: 'x' } as unknown as FhirResource,
  );
  const reasons = [{ code: 'invalid-fhir', path: 'Bundle.entry[3].resource.named', message: 'Is not an element of FHIR R4' }];
  expect(readBundle(bundle, context)).toEqual([
    { item: 'ServiceRequest/ot-1', kind: 'refused', reasons, flags: [], entry: 0 },
    { item: 'ServiceRequest/ot-2', kind: 'refused', reasons, flags: [], entry: 2 },
  ]);
});

it('a message larger than the log takes is refused, not cut', () => {
  const attachment = { resourceType: 'Binary', contentType: 'text/plain', data: 'QUFB'.repeat(150_000) } as FhirResource;
  expect(outcome(transaction({}, {}, attachment))).toBe('referral');
  expect(outcome(transaction({ note: [{ text: 'x'.repeat(600_000) }] }))).toBe('refused, too-large Bundle.entry[0].resource');
});
