/** The codes these maps know, each with where it was found. One list, so that it can be reviewed; a code is never invented. */
import type { Coding } from 'fhir/r4';

export const SNOMED = 'http://snomed.info/sct';
export const LOINC = 'http://loinc.org';
export const NHS_NUMBER = 'https://fhir.nhs.uk/Id/nhs-number';
export const ODS = 'https://fhir.nhs.uk/Id/ods-organization-code';
export const GMP_NUMBER = 'https://fhir.hl7.org.uk/Id/gmp-number';
export const REFERRAL_CATEGORY = 'https://fhir.nhs.uk/CodeSystem/message-category-servicerequest';

const UK_CORE = 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-';
export const EXTENSIONS = {
  sourceOfServiceRequest: `${UK_CORE}SourceOfServiceRequest`,
  priorityReason: `${UK_CORE}PriorityReason`,
  ethnicCategory: `${UK_CORE}EthnicCategory`,
  contactPreference: `${UK_CORE}ContactPreference`,
  nhsCommunication: `${UK_CORE}NHSCommunication`,
  interpreterRequired: 'http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired',
} as const;

/** Roles and specialties that make a requester a GP or a GP practice: UK Core SDS job roles and practice settings. */
export const GP_ROLES: ReadonlySet<string> = new Set([
  'https://fhir.hl7.org.uk/CodeSystem/UKCore-SDSJobRoleName|R0260',
  `${SNOMED}|408443003`,
]);

/** Scores that arrive as Observations: SNOMED CT from domain.md E.4, LOINC from published FHIR value sets. */
export const SCORES: ReadonlyMap<string, string> = new Map([
  [`${SNOMED}|720433000`, 'phq9'],
  [`${LOINC}|44261-6`, 'phq9'],
  [`${SNOMED}|445455005`, 'gad7'],
  [`${LOINC}|70274-6`, 'gad7'],
  [`${SNOMED}|763264000`, 'cfs'],
  [`${LOINC}|44260-8`, 'phq9-item9'],
]);

/** LOINC answers to the items of the PHQ-9, as the number each one counts. */
export const PHQ_ANSWERS: ReadonlyMap<string, number> = new Map([
  ['LA6568-5', 0],
  ['LA6569-3', 1],
  ['LA6570-1', 2],
  ['LA6571-9', 3],
]);

/** UK Core PreferredWrittenCommunicationFormat and PreferredContactMethod, as formats of contract section 3. */
export const FORMATS: ReadonlyMap<string, string> = new Map([
  ['11', 'large-print'],
  ['12', 'braille'],
  ['13', 'audio'],
  ['5', 'text-relay'],
  ['7', 'bsl'],
]);

export function keyOf({ system, code }: Pick<Coding, 'system' | 'code'>): string {
  return `${system ?? ''}|${code ?? ''}`;
}
