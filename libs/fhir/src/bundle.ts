/** From a FHIR resource or Bundle to its items, one for every ServiceRequest: contract section 4, row by row. */
import type { FhirResource, Patient, ServiceRequest } from 'fhir/r4';
import type { Mistake } from '@waymark/kernel';
import { checkBaseR4 } from './base-r4';
import { FhirDocument, type Placed } from './document';
import { messageIdOf, referralIdentifier } from './identity';
import { refused, type Item, type PersonBody, type ReadContext, type ReferralBody } from './item';
import { isCut, needOf, priorityOf, priorityUnclear, scoresOf } from './need';
import { originalOf } from './original';
import { ethnicityOf, isDead, nameOf, nhsNumberOf, personOf } from './person';
import { sentBy } from './referrer';
import { addressedTo, areForOthers, isValidation, messageNotTaken, wantedBy } from './routing';
import { defined } from './values';

/** `json` is what was parsed, of whatever shape. Never throws for what it holds. */
export function readBundle(json: unknown, context: ReadContext): Item[] {
  const mistakes = older(json) ?? checkBaseR4(json);
  if (mistakes.length > 0) return everyRequestRefused(json, mistakes);
  const document = new FhirDocument(json as FhirResource);
  const messageId = messageIdOf(document);
  const named = (item: Item): Item => (messageId === undefined ? item : { ...item, messageId });
  if (document.requests.length === 0) return [named(notThisService(null, noReferral()))];
  if (document.bundle?.type === 'message' && !document.header) {
    const headless = { code: 'invalid-fhir', path: 'Bundle.entry[0].resource', message: 'A message must begin with its MessageHeader' };
    return document.requests.map((request) => named(refused(nameFor(request), [headless], placeOf(request))));
  }
  // Sent away unless something in the file speaks for this service, or something in the request for safety.
  const allForOthers = areForOthers(
    document.requests.map(({ resource }) => resource),
    document,
    context,
  );
  return document.requests.map((request) => named({ ...itemOf(request, allForOthers, document, context), ...placeOf(request) }));
}

function itemOf(placed: Placed<ServiceRequest>, allForOthers: boolean, document: FhirDocument, context: ReadContext): Item {
  const { resource: request, path } = placed;
  const name = nameFor(placed);
  const event = messageNotTaken(document);
  if (event) return notThisService(name, event);
  if (isValidation(request)) {
    return notThisService(name, {
      code: 'not-a-referral',
      path: `${path}.category`,
      message: 'A request for validation is not a referral',
    });
  }
  const subject = subjectOf(placed, document);
  const identifier = referralIdentifier(placed, subject?.patient, document, context);
  const wanted = wantedBy(request);
  if (wanted === 'withdraw' || wanted === 'enter-in-error') {
    if (identifier) return { item: name, kind: wanted, reasons: [], flags: [], identifier };
    return refused(name, [{ code: 'unknown-referral', path: `${path}.identifier`, message: 'Must say which referral is meant' }]);
  }
  const addressed = addressedTo(request, allForOthers, document, context);
  const taken = wanted === 'take' && subject !== undefined ? takenItem(placed, subject, document, context, identifier) : undefined;
  if (addressed === 'other-service' && !(taken?.referral && context.anySafetyRuleFires(taken.referral))) {
    const other = { code: 'other-service', path: `${path}.code`, message: 'This is a request for another service; send it there' };
    return {
      ...notThisService(name, other),
      ...(identifier ? { identifier } : {}),
      ...(taken?.referral ? { referral: taken.referral } : {}),
    };
  }
  if (wanted === 'refuse') return refused(name, [notTaken(path)]);
  if (request.doNotPerform === true) {
    return refused(name, [
      { code: 'not-requested', path: `${path}.doNotPerform`, message: 'Asks that this is not done, so there is nothing to take in' },
    ]);
  }
  if (!subject || !taken) return refused(name, [subjectNotFound(path)]);
  const mustBeRead = addressed === 'read' || addressed === 'other-service' || taken.flags.length > 0;
  return { ...taken, flags: mustBeRead ? ['read-now'] : [] };
}

function takenItem(
  placed: Placed<ServiceRequest>,
  { patient, person }: Subject,
  document: FhirDocument,
  context: ReadContext,
  identifier: Item['identifier'],
): Item {
  const { resource: request, path } = placed;
  const referral = referralOf(request, patient, person, document, context, identifier);
  const wrong = outOfLimits(person, patientPath(patient, document, path), context);
  if (wrong.length > 0) return refused(nameFor(placed), wrong);
  const original = originalOf(request, patient, document);
  if (!original)
    return refused(nameFor(placed), [
      { code: 'too-large', path, message: 'Must be under 500,000 bytes with what belongs to it; leave attachments out' },
    ]);
  const personEntry = document.placeOf(patient)?.entry;
  const unclear =
    priorityUnclear(request) ||
    isCut(referral) ||
    !person.name ||
    (request.modifierExtension ?? []).length > 0 ||
    (patient !== undefined && isDead(patient));
  return {
    item: nameFor(placed),
    kind: document.header && reasonOf(document) === 'update' ? 'information' : 'referral',
    reasons: [],
    flags: unclear ? ['read-now'] : [],
    referral,
    original,
    ...(identifier ? { identifier } : {}),
    ...(personEntry === undefined ? {} : { personEntry }),
  };
}

function referralOf(
  request: ServiceRequest,
  patient: Patient | undefined,
  person: PersonBody,
  document: FhirDocument,
  context: ReadContext,
  identifier: Item['identifier'],
): ReferralBody {
  const sent = sentBy(request, patient, document, context);
  const facts = scoresOf(request, patient, document, context);
  const ethnicity = patient && ethnicityOf(patient);
  const agreement =
    sent.source === 'family' || sent.source === 'carer'
      ? { basis: 'not-sure', note: 'The message does not say whether the person agrees' }
      : undefined;
  return defined({
    source: sent.source,
    identifier: identifier ? [identifier] : undefined,
    person,
    referrer: sent.referrer,
    agreement,
    need: needOf(request, document, sent.source),
    facts: Object.keys(facts).length > 0 ? facts : undefined,
    ...priorityOf(request),
    equality: ethnicity === undefined ? undefined : { ethnicity },
  });
}

interface Subject {
  /** Absent when the request names the person by an identifier alone. */
  readonly patient?: Patient;
  readonly person: PersonBody;
}

/** Only the subject must resolve: to a Patient with a name or an identifier, or to an identifier. */
function subjectOf({ resource: request }: Placed<ServiceRequest>, document: FhirDocument): Subject | undefined {
  const found = document.resolve(request.subject, request);
  if (found?.resourceType === 'Patient') {
    const known = nameOf(found.name) !== undefined || (found.identifier ?? []).some(({ value }) => value);
    return known ? { patient: found, person: personOf(found, document) } : undefined;
  }
  const { identifier, display } = request.subject;
  if (found || !identifier?.value) return undefined;
  return {
    person: defined({ name: nameOf(display === undefined ? undefined : [{ text: display }]), nhsNumber: nhsNumberOf([identifier]) }),
  };
}

function reasonOf(document: FhirDocument): string | undefined {
  return document.header?.resource.reason?.coding?.find(({ code }) => code)?.code;
}

function outOfLimits({ birthDate, name }: PersonBody, path: string, { today }: ReadContext): Mistake[] {
  const mistakes: Mistake[] = [];
  if (typeof birthDate === 'string' && (birthDate < '1900' || birthDate > today)) {
    mistakes.push({ code: 'invalid', path: `${path}.birthDate`, message: 'Must be from 1900 to today' });
  }
  if ([name?.family, name?.preferred, ...(name?.given ?? [])].some((one) => one !== undefined && one.length > 200)) {
    mistakes.push({ code: 'invalid', path: `${path}.name`, message: 'Must be at most 200 characters in each part' });
  }
  return mistakes;
}

function patientPath(patient: Patient | undefined, document: FhirDocument, requestPath: string): string {
  return document.placeOf(patient)?.path ?? `${requestPath}.contained`;
}

/** FHIR before R4 had no ServiceRequest: its referrals are another resource, and nothing here can read them. */
function older(json: unknown): Mistake[] | undefined {
  const path = pathTo(json, 'ReferralRequest', '', 0);
  return path === undefined
    ? undefined
    : [{ code: 'fhir-version', path, message: 'Must be FHIR R4: send a ServiceRequest instead of a ReferralRequest' }];
}

function pathTo(value: unknown, type: string, path: string, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null || depth > 12) return undefined;
  const own = 'resourceType' in value && typeof value.resourceType === 'string' ? value.resourceType : undefined;
  const here = path === '' ? (own ?? '') : path;
  if (own === type) return here;
  for (const [name, inner] of Object.entries(value)) {
    const found = pathTo(inner, type, Array.isArray(value) ? `${here}[${name}]` : `${here}.${name}`, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Any resource of the file that is not base R4 refuses them all: nobody knows what else in it is wrong. */
function everyRequestRefused(json: unknown, reasons: readonly Mistake[]): Item[] {
  const entries =
    typeof json === 'object' && json !== null && 'entry' in json && Array.isArray(json.entry)
      ? (json.entry as unknown[])
      : [{ resource: json }];
  const items = entries.flatMap((entry, i): Item[] => {
    const { resource, fullUrl } = (entry ?? {}) as { resource?: unknown; fullUrl?: unknown };
    const { resourceType, id } = (resource ?? {}) as { resourceType?: unknown; id?: unknown };
    if (resourceType !== 'ServiceRequest') return [];
    const inBundle = resource !== json;
    const named =
      typeof id === 'string' ? `ServiceRequest/${id}` : typeof fullUrl === 'string' ? fullUrl : inBundle ? `Bundle.entry[${i}]` : null;
    return [refused(named, reasons, inBundle ? { entry: i } : {})];
  });
  return items.length > 0 ? items : [refused(null, reasons)];
}

function nameFor({ resource, fullUrl, entry }: Placed<ServiceRequest>): string | null {
  if (resource.id !== undefined) return `ServiceRequest/${resource.id}`;
  return fullUrl ?? (entry === undefined ? null : `Bundle.entry[${entry}]`);
}

function placeOf({ entry }: Placed): Partial<Item> {
  return entry === undefined ? {} : { entry };
}

function notThisService(item: string | null, reason: Mistake): Item {
  return { item, kind: 'not-this-service', reasons: [reason], flags: [] };
}

function noReferral(): Mistake {
  return { code: 'no-referral', path: '', message: 'There is no ServiceRequest in it, so no referral' };
}

function notTaken(path: string): Mistake {
  return {
    code: 'status-not-taken',
    path: `${path}.status`,
    message: 'Must be active, on-hold or unknown to be taken in; revoked or entered-in-error to take one back',
  };
}

function subjectNotFound(path: string): Mistake {
  return {
    code: 'subject-not-found',
    path: `${path}.subject`,
    message: 'Must lead to a Patient in the same file with a name or an identifier, or hold an identifier',
  };
}
