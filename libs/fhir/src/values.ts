/** Small readings of FHIR values that every map needs. */
import type { CodeableConcept, Extension } from 'fhir/r4';

/** What a concept says in words. */
export function conceptText(concept: CodeableConcept | undefined): string | undefined {
  return concept?.text ?? concept?.coding?.find(({ display }) => display)?.display;
}

export function extensionOf(extensions: readonly Extension[] | undefined, url: string): Extension | undefined {
  return extensions?.find((one) => one.url === url);
}

/** Senders write one system in several ways: http and https, upper and lower case, a slash at the end. */
export function sameSystem(given: string | undefined, system: string): boolean {
  const plain = (url: string) =>
    url
      .toLowerCase()
      .replace(/^https?:\/\//, '')
      .replace(/\/$/, '');
  return given !== undefined && plain(given) === plain(system);
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The same object without the members that are undefined. */
export function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<T>;
}
