/** What is wanted and why: priority, reasons, conditions and scores of a request, in the words and codes that came. */
import type { CodeableConcept, FhirResource, Observation, ObservationComponent, Patient, ServiceRequest } from 'fhir/r4';
import { isRejection, londonDate } from '@waymark/kernel';
import { EXTENSIONS, keyOf, PHQ_ANSWERS, SCORES } from './codes';
import type { FhirDocument } from './document';
import { LIMITS, type FactBody, type ReadContext, type ReferralBody } from './item';
import { textOf } from './referrer';
import { requestWords } from './routing';
import { conceptText, defined, extensionOf } from './values';

const PRIORITIES: ReadonlyMap<string, NonNullable<ReferralBody['requestedPriority']>> = new Map([
  ['routine', 'routine'],
  ['urgent', 'urgent'],
  ['asap', 'urgent'],
  ['stat', 'crisis'],
]);

export function priorityOf(request: ServiceRequest): Pick<ReferralBody, 'requestedPriority' | 'priorityReason'> {
  const requestedPriority = PRIORITIES.get(request.priority ?? '');
  if (requestedPriority === undefined) return {};
  const reasons = [...(request._priority?.extension ?? []), ...(request.extension ?? [])];
  const reason = conceptText(extensionOf(reasons, EXTENSIONS.priorityReason)?.valueCodeableConcept);
  if (reason !== undefined) return { requestedPriority, priorityReason: cut(reason) };
  return requestedPriority === 'routine'
    ? { requestedPriority }
    : { requestedPriority, priorityReason: `The sender marked it ${request.priority} and gave no reason` };
}

/** A priority was given that means nothing here: a person must see it. */
export function priorityUnclear({ priority }: ServiceRequest): boolean {
  return priority !== undefined && !PRIORITIES.has(priority);
}

export function needOf(request: ServiceRequest, document: FhirDocument, source: ReferralBody['source']): ReferralBody['need'] {
  const referred = (request.reasonReference ?? []).map((reference) => ({ reference, found: document.resolve(reference, request) }));
  const reasons = [
    ...(request.reasonCode ?? []).map(conceptText),
    ...referred.map(({ reference, found }) => describe(found) ?? textOf(reference)),
    ...(request.supportingInfo ?? []).map(({ display }) => display),
  ].filter((one): one is string => Boolean(one));
  const notes = (request.note ?? []).map(({ text }) => text);
  const asked = requestWords(request);
  const lines = [
    ...(asked ? [`Requested: ${asked}`] : []),
    ...(reasons.length > 0 ? [`Reason: ${[...new Set(reasons)].join('; ')}`] : []),
    ...(source === 'self' ? [] : notes),
    ...(request.patientInstruction ? [`Told to the person: ${request.patientInstruction}`] : []),
  ];
  const conditions = [
    ...(request.reasonCode ?? []),
    ...referred.flatMap(({ found }) => (found?.resourceType === 'Condition' && found.code ? [found.code] : [])),
  ];
  const coded = conditions.flatMap(codedCondition).slice(0, LIMITS.list);
  return defined({
    inOwnWords: source === 'self' && notes.length > 0 ? cut(notes.join('\n')) : undefined,
    reason: lines.length > 0 ? cut(lines.join('\n')) : 'The sender gave no reason',
    conditions: coded.length > 0 ? coded : undefined,
  });
}

function describe(resource: FhirResource | undefined): string | undefined {
  if (resource?.resourceType === 'Condition') return conceptText(resource.code);
  if (resource?.resourceType === 'DiagnosticReport') return resource.conclusion ?? conceptText(resource.code);
  if (resource?.resourceType !== 'Observation') return undefined;
  const value =
    resource.valueQuantity?.value ?? resource.valueInteger ?? resource.valueString ?? conceptText(resource.valueCodeableConcept);
  return [conceptText(resource.code), value].filter((one) => one !== undefined).join(': ') || undefined;
}

function codedCondition(concept: CodeableConcept): NonNullable<ReferralBody['need']['conditions']>[number][] {
  return (concept.coding ?? [])
    .filter(({ code }) => code !== undefined && code.length <= LIMITS.name)
    .map(({ system, code, display }) => defined({ system, code, display: display ?? concept.text }));
}

/** The scores that came as observations of this person. Of several, the latest counts; of several of one day, the highest. */
export function scoresOf(
  request: ServiceRequest,
  patient: Patient | undefined,
  document: FhirDocument,
  context: ReadContext,
): Record<string, FactBody> {
  return document.once(patient ?? request, 'scores', () => findScores(request, patient, document, context));
}

function findScores(
  request: ServiceRequest,
  patient: Patient | undefined,
  document: FhirDocument,
  context: ReadContext,
): Record<string, FactBody> {
  const found = new Map<string, { value: number; on?: string }>();
  for (const resource of patient ? document.pointingAt(patient) : document.placed.map((one) => one.resource)) {
    if (resource.resourceType !== 'Observation' || resource.status === 'entered-in-error' || resource.status === 'cancelled') continue;
    if (!isAbout(resource, request, patient, document)) continue;
    const on = dayOf(resource.effectiveDateTime ?? resource.effectiveInstant ?? resource.effectivePeriod?.end);
    for (const one of [resource, ...(resource.component ?? [])]) {
      const score = scoreIn(one, context);
      if (!score) continue;
      const before = found.get(score.fact);
      if (before && (before.on ?? '') > (on ?? '')) continue;
      const value = before && before.on === on ? Math.max(before.value, score.value) : score.value;
      found.set(score.fact, { value, ...(on === undefined ? {} : { on }) });
    }
  }
  return Object.fromEntries(
    [...found].map(([fact, { value, on }]) => [fact, { value, by: 'imported', ...(on === undefined ? {} : { on }) }]),
  );
}

function isAbout(observation: Observation, request: ServiceRequest, patient: Patient | undefined, document: FhirDocument): boolean {
  const { subject } = observation;
  if (!subject) return false;
  if (patient) return document.resolve(subject, observation) === patient;
  const { value } = request.subject.identifier ?? {};
  return value !== undefined && subject.identifier?.value === value && subject.identifier.system === request.subject.identifier?.system;
}

function scoreIn(observed: Observation | ObservationComponent, { facts }: ReadContext): { fact: string; value: number } | undefined {
  const fact = observed.code.coding?.map((coding) => SCORES.get(keyOf(coding))).find((one) => one !== undefined);
  if (fact === undefined) return undefined;
  const answer = observed.valueCodeableConcept?.coding?.map(({ code }) => PHQ_ANSWERS.get(code ?? '')).find((one) => one !== undefined);
  const value = observed.valueQuantity?.value ?? observed.valueInteger ?? answer;
  return value === undefined || isRejection(facts.read(fact, value)) ? undefined : { fact, value };
}

function dayOf(moment: string | undefined): string | undefined {
  if (moment === undefined || moment.length < 10) return undefined;
  return moment.length === 10 ? moment : londonDate(moment);
}

const GOES_ON = ' … (goes on in the original message)';

/** As much as a field may hold. The whole stays in the message that is kept. */
function cut(text: string): string {
  return text.length <= LIMITS.text ? text : text.slice(0, LIMITS.text - GOES_ON.length) + GOES_ON;
}

export function isCut({ need, priorityReason }: Pick<ReferralBody, 'need' | 'priorityReason'>): boolean {
  return [need.reason, need.inOwnWords, priorityReason].some((text) => text?.endsWith(GOES_ON));
}
