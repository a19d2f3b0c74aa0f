/** What a sender calls a message and a referral, so that the same one again is known to be the same. */
import { createHash } from 'node:crypto';
import type { FhirResource, Identifier, Patient, ServiceRequest } from 'fhir/r4';
import type { FhirDocument, Placed } from './document';
import type { ReadContext } from './item';
import { nameOf, nhsNumberOf } from './person';

/** The message id: of its header, else of the Bundle. A Bundle that is not a message has one only by its identifier. */
export function messageIdOf(document: FhirDocument): string | undefined {
  const { header, bundle } = document;
  const ofBundle = bundle?.identifier?.value === undefined ? undefined : `${bundle.identifier.system ?? ''}|${bundle.identifier.value}`;
  if (!header) return ofBundle;
  return header.resource.id ?? urn(header.fullUrl) ?? ofBundle ?? bundle?.id;
}

/** Of every message about this referral: its own identifier, else what the sender calls the resource. */
export function referralIdentifier(
  { resource: request, fullUrl }: Placed<ServiceRequest>,
  patient: Patient | undefined,
  document: FhirDocument,
  context: ReadContext,
): { system: string; value: string } | undefined {
  const own = request.identifier?.find(({ system, value }) => system && value);
  if (own?.system && own.value) return { system: own.system, value: own.value };
  const sender = senderOf(request, document) ?? baseOf(fullUrl) ?? context.sender;
  const bare = request.identifier?.find(({ value }) => value)?.value;
  const local = bare ?? (request.id === undefined ? undefined : `ServiceRequest/${request.id}`);
  if (local !== undefined) {
    // Two senders nobody can tell apart may both have a "1": then it is the same referral only for the same person.
    return sender === undefined
      ? { system: 'urn:waymark:sender-unknown', value: `${local}#${personKey(request, patient)}` }
      : { system: `urn:waymark:sender:${sender}`, value: local };
  }
  const url = urn(fullUrl);
  return url === undefined ? undefined : { system: 'urn:ietf:rfc:3986', value: url };
}

function senderOf(request: ServiceRequest, document: FhirDocument): string | undefined {
  const header = document.header?.resource;
  if (header) {
    const sender = document.resolve(header.sender, header);
    return identifierIn(sender) ?? asText(header.sender?.identifier) ?? header.source.endpoint;
  }
  return request.meta?.source ?? document.bundle?.meta?.source;
}

function identifierIn(resource: FhirResource | undefined): string | undefined {
  return resource && 'identifier' in resource ? asText([resource.identifier ?? []].flat()[0]) : undefined;
}

function asText(identifier: Identifier | undefined): string | undefined {
  return identifier?.value === undefined ? undefined : `${identifier.system ?? ''}|${identifier.value}`;
}

/** A digest: the number itself is nobody's business here. */
function personKey(request: ServiceRequest, patient: Patient | undefined): string {
  const name = nameOf(patient?.name);
  const known = name && JSON.stringify([name.family, name.given, patient?.birthDate]);
  const key =
    nhsNumberOf(patient?.identifier) ??
    asText(request.subject.identifier) ??
    asText(patient?.identifier?.[0]) ??
    known ??
    request.subject.reference ??
    '';
  return createHash('sha256').update(key).digest('hex').slice(0, 16);
}

/** The server that an absolute address belongs to. */
function baseOf(url: string | undefined): string | undefined {
  return /^(https?:\/\/.+)\/ServiceRequest\/[^/]+$/.exec(url ?? '')?.[1];
}

function urn(url: string | undefined): string | undefined {
  return url?.startsWith('urn:uuid:') ? url : undefined;
}
