/** Whether a request is one for this service: contract section 4. Only the reviewed list sends anybody away; whatever is unclear is taken, for a person to read. */
import type { CodeableConcept, Coding, FhirResource, ServiceRequest } from 'fhir/r4';
import type { Mistake } from '@waymark/kernel';
import { odsOf } from './person';
import { REFERRAL_CATEGORY } from './codes';
import type { FhirDocument } from './document';
import type { CodeRef, ReadContext } from './item';
import { conceptText, sameSystem } from './values';

/** What the codes and words of one request say. `read` = a person must see what they mean. */
export type Addressed = 'occupational-therapy' | 'nobody-else' | 'other-service' | 'read';

/** What the status of a request asks for. */
export type Wanted = 'take' | 'withdraw' | 'enter-in-error' | 'refuse';

const NAMES_OT = /\boccupational[\s-]+therap/i;

/** The message as a whole is not one this service takes. */
export function messageNotTaken(document: FhirDocument): Mistake | undefined {
  const event = document.header?.resource;
  if (!event || event.eventCoding?.code === 'servicerequest-request') return undefined;
  return {
    code: 'event-not-supported',
    path: 'MessageHeader.event',
    message: 'This service takes messages of the event servicerequest-request only',
  };
}

export function isValidation({ category }: ServiceRequest): boolean {
  return (category ?? []).some(({ coding }) =>
    coding?.some(({ system, code }) => code === 'validation' && sameSystem(system, REFERRAL_CATEGORY)),
  );
}

export function wantedBy({ status }: ServiceRequest): Wanted {
  switch (status) {
    case 'active':
    case 'on-hold':
    case 'unknown':
      return 'take';
    case 'revoked':
      return 'withdraw';
    case 'entered-in-error':
      return 'enter-in-error';
    case 'draft':
    case 'completed':
      return 'refuse';
  }
  // Base R4 binds the status; a code outside of it means nothing that could be carried out.
  return 'refuse';
}

/** `allForOthers`: every coded request in the file is in the reviewed list of what is not ours. */
export function addressedTo(request: ServiceRequest, allForOthers: boolean, document: FhirDocument, context: ReadContext): Addressed {
  const codings = codedIn(request.code);
  if (namesOccupationalTherapy(request, document, context)) return isAmongOthers(codings, context) ? 'read' : 'occupational-therapy';
  if (codings.length > 0 && allForOthers) return 'other-service';
  const saysNothing =
    codings.every((coding) => listed(coding, context.referralCodes.generic)) && (codings.length > 0 || !request.code?.text);
  return saysNothing && !somebodyElse(request, document, context) ? 'nobody-else' : 'read';
}

/** Whether every coded one of these requests is for another service. */
export function areForOthers(requests: readonly ServiceRequest[], document: FhirDocument, context: ReadContext): boolean {
  return requests.filter(({ code }) => codedIn(code).length > 0).every((request) => isOther(request, document, context));
}

/** One code for occupational therapy beside one that is not: somebody must see which was meant. */
function isAmongOthers(codings: readonly Coding[], { referralCodes }: ReadContext): boolean {
  if (codings.some((coding) => listed(coding, referralCodes.notOccupationalTherapy))) return true;
  const clear = (coding: Coding) =>
    listed(coding, [...referralCodes.occupationalTherapy, ...referralCodes.generic]) || NAMES_OT.test(coding.display ?? '');
  return codings.some((coding) => listed(coding, referralCodes.occupationalTherapy)) && !codings.every(clear);
}

function isOther(request: ServiceRequest, document: FhirDocument, context: ReadContext): boolean {
  if (namesOccupationalTherapy(request, document, context)) return false;
  return codedIn(request.code).every((coding) => listed(coding, context.referralCodes.notOccupationalTherapy));
}

function namesOccupationalTherapy(request: ServiceRequest, document: FhirDocument, context: ReadContext): boolean {
  const concepts = [request.code, ...(request.orderDetail ?? []), ...(request.category ?? []), request.performerType].filter(
    (one) => one !== undefined,
  );
  const performers = performersOf(request, document);
  return (
    concepts.some((concept) => saysOt(concept, context)) ||
    performers.some(
      ({ words, concepts: own }) => words.some((one) => NAMES_OT.test(one)) || own.some((concept) => saysOt(concept, context)),
    )
  );
}

function saysOt(concept: CodeableConcept, context: ReadContext): boolean {
  const words = [concept.text, ...(concept.coding ?? []).map(({ display }) => display)];
  return (
    words.some((one) => one !== undefined && NAMES_OT.test(one)) ||
    codedIn(concept).some((coding) => listed(coding, context.referralCodes.occupationalTherapy))
  );
}

/** Somebody is named to do it who is neither this service nor an occupational therapist. */
function somebodyElse(request: ServiceRequest, document: FhirDocument, { service }: ReadContext): boolean {
  if (request.performerType !== undefined) return true;
  return performersOf(request, document).some(({ ods, words }) => {
    const ours = (ods !== undefined && ods === service?.ods) || (service?.name !== undefined && words.includes(service.name));
    return !ours;
  });
}

interface Performer {
  readonly ods?: string;
  readonly words: readonly string[];
  readonly concepts: readonly CodeableConcept[];
}

function performersOf(request: ServiceRequest, document: FhirDocument): Performer[] {
  return (request.performer ?? []).map((reference) => {
    const found = document.resolve(reference, request);
    const ods =
      odsOf(reference.identifier && [reference.identifier]) ??
      (found && 'identifier' in found ? odsOf([found.identifier ?? []].flat()) : undefined);
    return {
      words: [reference.display, nameIn(found)].filter((one) => one !== undefined),
      concepts: conceptsIn(found),
      ...(ods === undefined ? {} : { ods }),
    };
  });
}

function nameIn(resource: FhirResource | undefined): string | undefined {
  return resource?.resourceType === 'Organization' || resource?.resourceType === 'HealthcareService' ? resource.name : undefined;
}

function conceptsIn(resource: FhirResource | undefined): readonly CodeableConcept[] {
  if (resource?.resourceType === 'PractitionerRole') return [...(resource.code ?? []), ...(resource.specialty ?? [])];
  if (resource?.resourceType === 'HealthcareService') return [...(resource.type ?? []), ...(resource.specialty ?? [])];
  return resource?.resourceType === 'Organization' ? (resource.type ?? []) : [];
}

/** What was asked for, in words. */
export function requestWords({ code, orderDetail }: ServiceRequest): string | undefined {
  const words = [code, ...(orderDetail ?? [])].map((concept) => conceptText(concept)).filter((one) => one !== undefined);
  return words.length > 0 ? words.join('; ') : undefined;
}

function codedIn(concept: CodeableConcept | undefined): Coding[] {
  return (concept?.coding ?? []).filter(({ code }) => code !== undefined);
}

function listed({ system, code }: Coding, list: readonly CodeRef[]): boolean {
  return list.some((one) => one.code === code && sameSystem(system, one.system));
}
