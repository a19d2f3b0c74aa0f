/** The resources of a message as they came: what is kept of them, what a restriction removes, and how they are given back. */
import type { FhirResource, Patient, ServiceRequest } from 'fhir/r4';
import { containedIn, referencesIn, type FhirDocument } from './document';
import type { Original } from './item';
import { isRestricted } from './person';

type Json = Record<string, unknown>;

/** One append takes 1,000,000 bytes; the message may have half of it. */
const MOST_BYTES = 500_000;

/** Everything in the file that speaks of this request or its person; `undefined` when it is more than the log takes. */
export function originalOf(request: ServiceRequest, patient: Patient | undefined, document: FhirDocument): Original | undefined {
  const restricted = patient !== undefined && isRestricted(patient);
  const others = restricted ? [] : relatedTo(request, patient, document);
  if (
    bytesOf([request, ...(patient ? [patient] : [])], document) + document.once(others, 'bytes', () => bytesOf(others, document)) >
    MOST_BYTES
  )
    return undefined;
  const removed: string[] = [];
  const keep = (resource: FhirResource, path: string): Json =>
    (restricted ? withoutWhereabouts(resource, path, removed) : resource) as unknown as Json;
  const inside = patient && containedIn(request).includes(patient);
  return {
    serviceRequest: keep(request, 'ServiceRequest'),
    ...(patient && !inside ? { patient: keep(patient, 'Patient') } : {}),
    ...(others.length > 0 ? { others: others as unknown as readonly Json[] } : {}),
    ...(removed.length > 0 ? { removed } : {}),
  };
}

function bytesOf(resources: readonly FhirResource[], document: FhirDocument): number {
  const bytes = (resource: FhirResource) => document.once(resource, 'bytes', () => Buffer.byteLength(JSON.stringify(resource)));
  return resources.reduce((sum, resource) => sum + bytes(resource), 0);
}

/** Reached by references from the request or its person, and whatever in the file points at either. */
function relatedTo(request: ServiceRequest, patient: Patient | undefined, document: FhirDocument): readonly FhirResource[] {
  const ofPatient = patient ? document.once(patient, 'related', () => around(patient, document)) : [];
  const known = document.once(ofPatient, 'set', () => new Set(ofPatient));
  const own = around(request, document).filter((resource) => !known.has(resource));
  return own.length === 0 ? ofPatient : [...ofPatient, ...own];
}

/** Requests and other people of the same file are no part of this story. */
function around(centre: FhirResource, document: FhirDocument): FhirResource[] {
  const isPart = ({ resourceType }: FhirResource) => resourceType !== 'ServiceRequest' && resourceType !== 'Patient';
  const related = new Set<FhirResource>();
  const follow = (from: FhirResource): void => {
    for (const reference of referencesIn(from)) {
      const found = document.resolve(reference, from);
      if (!found || related.has(found) || !isPart(found) || !document.placeOf(found)) continue;
      related.add(found);
      follow(found);
    }
  };
  follow(centre);
  for (const resource of document.pointingAt(centre)) if (isPart(resource)) related.add(resource);
  return [...related];
}

/** Where somebody lives, is registered or can be rung up. Narrative repeats all of it. */
const WHEREABOUTS: ReadonlySet<string> = new Set([
  'address',
  'telecom',
  'contact',
  'generalPractitioner',
  'managingOrganization',
  'text',
  'photo',
  'link',
]);
const PLACES: ReadonlySet<string> = new Set(['Organization', 'Location', 'HealthcareService']);

/** The request of a restricted person keeps what was asked; what says where they are goes. */
function withoutWhereabouts(resource: FhirResource, path: string, removed: string[]): Json {
  const isRequest = resource.resourceType === 'ServiceRequest';
  const gone = isRequest ? new Set(['text', 'locationReference', 'locationCode']) : WHEREABOUTS;
  const kept: Json = {};
  for (const [name, value] of Object.entries(resource)) {
    if (gone.has(name)) removed.push(`${path}.${name}`);
    else if (name === 'contained')
      kept[name] = (value as FhirResource[]).flatMap((one, i) => withoutPlace(one, `${path}.contained[${i}]`, removed));
    else if (name === 'extension')
      kept[name] = (value as Json[]).filter((one, i) => staysExtension(one, `${path}.extension[${i}]`, removed));
    else kept[name] = value;
  }
  for (const name of ['contained', 'extension']) if (Array.isArray(kept[name]) && kept[name].length === 0) delete kept[name];
  return kept;
}

function withoutPlace(resource: FhirResource, path: string, removed: string[]): Json[] {
  if (!PLACES.has(resource.resourceType)) return [withoutWhereabouts(resource, path, removed)];
  removed.push(path);
  return [];
}

function staysExtension(extension: Json, path: string, removed: string[]): boolean {
  const tells = ['"valueAddress"', '"valueContactPoint"', '"valueReference"'].some((name) => JSON.stringify(extension).includes(name));
  if (tells) removed.push(path);
  return !tells;
}

/** The ServiceRequest as it came, under the ids this server gave it. */
export function restoreServiceRequest(original: Original, ids: { readonly serviceRequest: string; readonly patient: string }): Json {
  const { serviceRequest } = original;
  const { reference, ...subject } = serviceRequest['subject'] as Json;
  const inside = typeof reference === 'string' && reference.startsWith('#');
  return { ...serviceRequest, id: ids.serviceRequest, subject: { ...subject, reference: inside ? reference : `Patient/${ids.patient}` } };
}

/** The Patient as it came; one that came inside the request is taken out of it. */
export function restorePatient(original: Original, id: string): Json | undefined {
  const reference = (original.serviceRequest['subject'] as { reference?: string } | undefined)?.reference;
  const contained = (original.serviceRequest['contained'] ?? []) as readonly Json[];
  const patient = original.patient ?? contained.find((one) => one['resourceType'] === 'Patient' && `#${String(one['id'])}` === reference);
  return patient && { ...patient, id };
}
