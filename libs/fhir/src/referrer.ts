/** Who sent a referral, and in which capacity: the source that opens no door and closes none. */
import type {
  CodeableConcept,
  FhirResource,
  Patient,
  Practitioner,
  PractitionerRole,
  Reference,
  RelatedPerson,
  ServiceRequest,
} from 'fhir/r4';
import { EXTENSIONS, GMP_NUMBER, GP_ROLES, keyOf } from './codes';
import { typeOf, type FhirDocument } from './document';
import { LIMITS, type ReadContext, type ReferralBody, type ReferrerBody } from './item';
import { organisationOf, practiceOf, telecomOf, wholeName } from './person';
import { conceptText, defined, extensionOf, sameSystem } from './values';

export interface Sent {
  readonly source: ReferralBody['source'];
  readonly referrer?: ReferrerBody;
}

const GP_WORDS = /\bgeneral practi(ce|tioner)\b|\bGP\b/i;
const SOURCES = ['self', 'family', 'carer', 'gp', 'mdt'] as const;
const NOT_NAMED = 'Not named by the sender';

export function sentBy(request: ServiceRequest, patient: Patient | undefined, document: FhirDocument, context: ReadContext): Sent {
  const requester = document.resolve(request.requester, request);
  const source = statedSource(request, context) ?? sourceOf(request, requester, patient, document);
  if (source === 'self') return { source };
  const referrer = referrerOf(request, requester, document);
  const relationship = relationshipOf(requester) ?? (source === 'carer' ? 'carer' : 'relative');
  return { source, referrer: source === 'family' || source === 'carer' ? { ...referrer, relationship } : referrer };
}

/** The UK Core extension says it outright and wins over what the requester looks like. */
function statedSource({ extension }: ServiceRequest, { referralCodes }: ReadContext): ReferralBody['source'] | undefined {
  const stated = extensionOf(extension, EXTENSIONS.sourceOfServiceRequest)?.valueCodeableConcept;
  if (!stated) return undefined;
  const coded = referralCodes.sourceOfReferral.find(({ system, code }) =>
    stated.coding?.some((one) => one.system === system && one.code === code),
  );
  const known = SOURCES.find((source) => source === coded?.is);
  if (known) return known;
  const words = [stated.text, ...(stated.coding ?? []).map(({ display }) => display)].join(' ');
  if (/\bself[- ]referral\b|\bself\b/i.test(words)) return 'self';
  if (/\bcarer\b/i.test(words)) return 'carer';
  if (/\bfamily\b|\brelative\b/i.test(words)) return 'family';
  return GP_WORDS.test(words) ? 'gp' : 'mdt';
}

function sourceOf(
  request: ServiceRequest,
  requester: FhirResource | undefined,
  patient: Patient | undefined,
  document: FhirDocument,
): ReferralBody['source'] {
  const type = requester?.resourceType ?? request.requester?.type ?? typeOf(request.requester?.reference);
  if (type === 'RelatedPerson') return isCarer(requester) ? 'carer' : 'family';
  if (type === 'Patient') return 'self';
  return isGp(request, requester, patient, document) ? 'gp' : 'mdt';
}

function isCarer(requester: FhirResource | undefined): boolean {
  if (requester?.resourceType !== 'RelatedPerson') return false;
  return (requester.relationship ?? []).some(
    (one) => /\bcarer\b|\bcaregiver\b/i.test(conceptText(one) ?? '') || one.coding?.some(({ code }) => code?.toLowerCase() === 'carer'),
  );
}

function isGp(request: ServiceRequest, requester: FhirResource | undefined, patient: Patient | undefined, document: FhirDocument): boolean {
  const practice = patient && practiceOf(patient, document);
  const organisation = organisationOf(request.requester, document, request);
  if (practice?.ods !== undefined && organisation?.ods === practice.ods) return true;
  if (!requester) return GP_WORDS.test(request.requester?.display ?? '');
  if (requester.resourceType === 'Organization') return (requester.type ?? []).some(saysGp);
  if (requester.resourceType === 'PractitionerRole') return isGpRole(requester, practice?.ods, document);
  if (requester.resourceType !== 'Practitioner') return false;
  const hasNumber = (requester.identifier ?? []).some(({ system }) => sameSystem(system, GMP_NUMBER));
  return hasNumber || rolesOf(request, document).some((role) => isGpRole(role, practice?.ods, document));
}

/** The roles in the file that the requesting practitioner holds. */
function rolesOf(request: ServiceRequest, document: FhirDocument): PractitionerRole[] {
  const requester = document.resolve(request.requester, request);
  return document.placed.flatMap(({ resource }) =>
    resource.resourceType === 'PractitionerRole' && requester && document.resolve(resource.practitioner, resource) === requester
      ? [resource]
      : [],
  );
}

function isGpRole(role: PractitionerRole, practiceOds: string | undefined, document: FhirDocument): boolean {
  if ([...(role.code ?? []), ...(role.specialty ?? [])].some(saysGp)) return true;
  return practiceOds !== undefined && organisationOf(role.organization, document, role)?.ods === practiceOds;
}

function saysGp(concept: CodeableConcept): boolean {
  return (concept.coding ?? []).some((coding) => GP_ROLES.has(keyOf(coding))) || GP_WORDS.test(conceptText(concept) ?? '');
}

function referrerOf(request: ServiceRequest, requester: FhirResource | undefined, document: FhirDocument): ReferrerBody {
  const role =
    requester?.resourceType === 'PractitionerRole'
      ? requester
      : requester?.resourceType === 'Practitioner'
        ? rolesOf(request, document)[0]
        : undefined;
  const person = requester?.resourceType === 'PractitionerRole' ? document.resolve(requester.practitioner, requester) : requester;
  const organization = role ? organisationOf(role.organization, document, role) : organisationOf(request.requester, document, request);
  const identifiers = person && 'identifier' in person ? [person.identifier ?? []].flat() : [];
  const identifier = identifiers.find(({ system, value }) => system && value);
  return defined({
    name: nameOfReferrer(person) ?? textOf(role?.practitioner) ?? textOf(request.requester) ?? senderName(document) ?? NOT_NAMED,
    role: roleWords(role)?.slice(0, LIMITS.name),
    telecom: telecomOf(telecomIn(person)) ?? telecomOf(role?.telecom),
    identifier: identifier?.system && identifier.value ? { system: identifier.system, value: identifier.value } : undefined,
    organization: person?.resourceType === 'Organization' || role ? organization : undefined,
  });
}

function nameOfReferrer(person: FhirResource | undefined): string | undefined {
  if (person?.resourceType === 'Organization') return person.name?.slice(0, LIMITS.name);
  return isHuman(person) ? wholeName(person.name) : undefined;
}

function telecomIn(person: FhirResource | undefined): Parameters<typeof telecomOf>[0] {
  return person?.resourceType === 'Organization' || isHuman(person) ? person.telecom : undefined;
}

function isHuman(resource: FhirResource | undefined): resource is Practitioner | RelatedPerson | Patient {
  const type = resource?.resourceType;
  return type === 'Practitioner' || type === 'RelatedPerson' || type === 'Patient';
}

function roleWords(role: PractitionerRole | undefined): string | undefined {
  return conceptText(role?.code?.[0]) ?? conceptText(role?.specialty?.[0]);
}

function relationshipOf(requester: FhirResource | undefined): string | undefined {
  if (requester?.resourceType !== 'RelatedPerson') return undefined;
  const [relationship] = requester.relationship ?? [];
  return (conceptText(relationship) ?? relationship?.coding?.[0]?.code)?.slice(0, LIMITS.name);
}

/** A reference that resolves to nothing is kept as what it says. */
export function textOf(reference: Reference | undefined): string | undefined {
  return (reference?.display ?? reference?.identifier?.value ?? reference?.reference)?.slice(0, LIMITS.name);
}

function senderName(document: FhirDocument): string | undefined {
  const header = document.header?.resource;
  if (!header) return undefined;
  const sender = document.resolve(header.sender, header);
  return (
    (sender?.resourceType === 'Organization' ? sender.name : undefined) ??
    textOf(header.sender) ??
    header.source.name?.slice(0, LIMITS.name)
  );
}
