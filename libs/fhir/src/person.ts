/** From a FHIR Patient (UK Core, or of any country) to the person of a referral. What is not given stays away; nothing is guessed. */
import type { Address, ContactPoint, FhirResource, HumanName, Identifier, Organization, Patient, Reference } from 'fhir/r4';
import { EXTENSIONS, FORMATS, NHS_NUMBER, ODS } from './codes';
import type { FhirDocument } from './document';
import { LIMITS, type PersonBody, type Telecom } from './item';
import { conceptText, defined, extensionOf, sameSystem } from './values';

export function personOf(patient: Patient, document: FhirDocument): PersonBody {
  const restricted = isRestricted(patient);
  const name = nameOf(patient.name);
  const contact =
    patient.extension?.filter(({ url }) => url === EXTENSIONS.contactPreference).flatMap(({ extension }) => extension ?? []) ?? [];
  const preferences = contact.flatMap(({ valueCodeableConcept }) => valueCodeableConcept?.coding ?? []).map(({ code }) => code ?? '');
  const formats = preferences.flatMap((code) => FORMATS.get(code) ?? []);
  return defined({
    name,
    birthDate: birthDateOf(patient.birthDate),
    nhsNumber: nhsNumberOf(patient.identifier),
    gender: genderOf(patient.gender),
    address: restricted ? undefined : addressOf(patient.address),
    telecom: restricted ? undefined : telecomOf(patient.telecom),
    gpPractice: restricted ? undefined : practiceOf(patient, document),
    language: languageOf(patient),
    interpreter: interpreterOf(patient),
    formats: formats.length > 0 ? [...new Set(formats)] : undefined,
    adjustments: preferences.includes('8') ? ['No telephone contact'] : undefined,
    restricted: restricted || undefined,
  });
}

/** v3-Confidentiality: R restricted, V very restricted. */
export function isRestricted({ meta }: Patient): boolean {
  return (meta?.security ?? []).some(({ code }) => code === 'R' || code === 'V');
}

export function isDead({ deceasedBoolean, deceasedDateTime }: Patient): boolean {
  return deceasedBoolean === true || deceasedDateTime !== undefined;
}

/** England's code of UK Core's EthnicCategory extension. */
export function ethnicityOf({ extension }: Patient): string | undefined {
  const codes = extensionOf(extension, EXTENSIONS.ethnicCategory)?.valueCodeableConcept?.coding ?? [];
  return codes.map(({ code }) => code ?? '').find((code) => /^([A-S]|Z|99)$/.test(code));
}

export function nhsNumberOf(identifiers: readonly Identifier[] | undefined): string | undefined {
  const numbers = (identifiers ?? []).filter(({ system, value }) => value && sameSystem(system, NHS_NUMBER));
  return (numbers.find(({ use }) => use !== 'old') ?? numbers[0])?.value?.trim().slice(0, LIMITS.name);
}

/** The official name, else the usual one; the usual given name beside an official one is what they like to be called. */
export function nameOf(names: readonly HumanName[] | undefined): PersonBody['name'] {
  const current = (names ?? []).filter(({ use }) => use !== 'old' && use !== 'maiden');
  const byUse = (use: HumanName['use']) => current.find((name) => name.use === use && (name.family || name.given || name.text));
  const chosen = byUse('official') ?? byUse('usual') ?? current.find(({ family, given, text }) => family || given || text) ?? names?.[0];
  if (!chosen) return undefined;
  const parts = chosen.family || chosen.given ? chosen : fromText(chosen.text);
  const given = (parts.given ?? []).filter(Boolean).slice(0, LIMITS.list);
  const liked = (byUse('nickname') ?? (chosen.use === 'official' ? byUse('usual') : undefined))?.given?.[0];
  const name = defined({
    family: parts.family,
    given: given.length > 0 ? given : undefined,
    preferred: liked !== undefined && liked !== given[0] ? liked : undefined,
  });
  return Object.keys(name).length > 0 ? name : undefined;
}

/** A name given as one text: the last word is read as the family name. */
function fromText(text: string | undefined): Pick<HumanName, 'family' | 'given'> {
  const words = (text ?? '').trim().split(/\s+/).filter(Boolean);
  return words.length > 1 ? { family: words.at(-1)!, given: words.slice(0, -1) } : { ...(words[0] ? { family: words[0] } : {}) };
}

export function wholeName(names: readonly HumanName[] | undefined): string | undefined {
  const name = nameOf(names);
  const prefix = names?.find(({ family }) => family !== undefined && family === name?.family)?.prefix ?? [];
  return name ? [...prefix, ...(name.given ?? []), name.family].filter(Boolean).join(' ').slice(0, LIMITS.name) : undefined;
}

/** A year and month tell the year; the month alone is not a date anybody can use. */
function birthDateOf(date: string | undefined): string | undefined {
  return date?.length === 7 ? date.slice(0, 4) : date;
}

function genderOf(gender: string | undefined): PersonBody['gender'] {
  return gender === 'female' || gender === 'male' || gender === 'other' || gender === 'unknown' ? gender : undefined;
}

function addressOf(addresses: readonly Address[] | undefined): PersonBody['address'] {
  const current = (addresses ?? []).filter(({ use, period }) => use !== 'old' && period?.end === undefined);
  const address = current.find(({ use }) => use === 'home') ?? current.find(({ use }) => use === undefined) ?? current[0] ?? addresses?.[0];
  if (!address) return undefined;
  const written = (address.line ?? []).filter(Boolean);
  const line = [...(written.length > 0 ? written : (address.text ?? '').split(/[\n,]+/)), address.district, address.city, address.state]
    .map((one) => one?.trim().slice(0, LIMITS.name))
    .filter((one): one is string => Boolean(one));
  const found = defined({ line: line.length > 0 ? [...new Set(line)] : undefined, postalCode: address.postalCode });
  return Object.keys(found).length > 0 ? found : undefined;
}

export function telecomOf(points: readonly ContactPoint[] | undefined): Telecom[] | undefined {
  const usable = (points ?? []).flatMap(({ system, value, use }): Telecom[] => {
    if (!value || use === 'old' || value.length > LIMITS.name) return [];
    return system === 'phone' || system === 'sms' || system === 'email' ? [{ system, value }] : [];
  });
  return usable.length > 0 ? usable.slice(0, LIMITS.list) : undefined;
}

/** The general practitioner that is, or belongs to, an organisation; else the managing organisation. */
export function practiceOf(patient: Patient, document: FhirDocument): PersonBody['gpPractice'] {
  for (const reference of [...(patient.generalPractitioner ?? []), patient.managingOrganization]) {
    const practice = organisationOf(reference, document, patient);
    if (practice) return practice;
  }
  return undefined;
}

/** What is known of an organisation: its own resource, that of a role in it, or what the reference itself says. */
export function organisationOf(
  reference: Reference | undefined,
  document: FhirDocument,
  within: FhirResource,
): { ods?: string; name?: string } | undefined {
  if (!reference) return undefined;
  const found = document.resolve(reference, within);
  if (found?.resourceType === 'PractitionerRole') return organisationOf(found.organization, document, found);
  if (found && found.resourceType !== 'Organization') return undefined;
  const organisation = defined({
    ods: odsOf(found?.identifier) ?? odsOf(reference.identifier && [reference.identifier]),
    name: (found?.name ?? reference.display)?.slice(0, LIMITS.name),
  });
  return Object.keys(organisation).length > 0 ? organisation : undefined;
}

export function odsOf(identifiers: Organization['identifier']): string | undefined {
  const value = identifiers
    ?.find(({ system }) => sameSystem(system, ODS))
    ?.value?.trim()
    .toUpperCase();
  return value && /^[A-Z0-9-]{3,12}$/.test(value) ? value : undefined;
}

function languageOf(patient: Patient): string | undefined {
  const spoken = patient.communication?.find(({ preferred }) => preferred) ?? patient.communication?.[0];
  const nhs = extensionOf(extensionOf(patient.extension, EXTENSIONS.nhsCommunication)?.extension, 'language')?.valueCodeableConcept;
  const language = spoken?.language ?? nhs;
  return (language?.coding?.find(({ code }) => code)?.code ?? conceptText(language))?.slice(0, LIMITS.name);
}

function interpreterOf(patient: Patient): boolean | undefined {
  const nhs = extensionOf(patient.extension, EXTENSIONS.nhsCommunication)?.extension;
  return (
    extensionOf(patient.extension, EXTENSIONS.interpreterRequired)?.valueBoolean ?? extensionOf(nhs, 'interpreterRequired')?.valueBoolean
  );
}
