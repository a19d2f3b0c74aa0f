/** One file of FHIR resources: which there are, and what a reference in one of them points at. */
import type { Bundle, BundleEntry, FhirResource, MessageHeader, Reference, ServiceRequest } from 'fhir/r4';

export interface Placed<R extends FhirResource = FhirResource> {
  readonly resource: R;
  readonly fullUrl?: string;
  /** Place among the entries of the Bundle. */
  readonly entry?: number;
  /** Where it stands in the file, as FHIRPath. */
  readonly path: string;
}

export class FhirDocument {
  readonly placed: readonly Placed[];
  readonly bundle: Bundle | undefined;
  private readonly byUrl = new Map<string, FhirResource>();
  private readonly byIdentifier = new Map<string, FhirResource>();
  private readonly places = new Map<FhirResource, Placed>();
  private readonly found = new Map<object, Map<string, unknown>>();
  private pointers: ReadonlyMap<FhirResource, readonly FhirResource[]> | undefined;

  /** `resource` is base R4. */
  constructor(resource: FhirResource) {
    this.bundle = resource.resourceType === 'Bundle' ? resource : undefined;
    this.placed = this.bundle ? entriesOf(this.bundle) : [{ resource, path: resource.resourceType }];
    for (const one of this.placed) this.remember(one);
  }

  get requests(): Placed<ServiceRequest>[] {
    return this.placed.filter((one): one is Placed<ServiceRequest> => one.resource.resourceType === 'ServiceRequest');
  }

  /** The first resource of a message. */
  get header(): Placed<MessageHeader> | undefined {
    const first = this.placed[0];
    return this.bundle?.type === 'message' && first?.resource.resourceType === 'MessageHeader'
      ? (first as Placed<MessageHeader>)
      : undefined;
  }

  /** Where a resource stands; `undefined` for one that another contains. */
  placeOf(resource: FhirResource | undefined): Placed | undefined {
    return resource && this.places.get(resource);
  }

  /** By fullUrl, `Type/id`, contained in `within`, or identifier. */
  resolve(reference: Reference | undefined, within: FhirResource): FhirResource | undefined {
    if (!reference) return undefined;
    return this.byReference(reference.reference, within) ?? this.byLogical(reference);
  }

  /** The resources of the file with a reference to this one, in the order of the file. */
  pointingAt(resource: FhirResource): readonly FhirResource[] {
    this.pointers ??= this.findPointers();
    return this.pointers.get(resource) ?? [];
  }

  /** What `find` finds about a resource, found once however many requests ask. */
  once<T>(about: object, what: string, find: () => T): T {
    const known = this.found.get(about) ?? new Map<string, unknown>();
    this.found.set(about, known);
    if (!known.has(what)) known.set(what, find());
    return known.get(what) as T;
  }

  private remember(one: Placed): void {
    const { resource, fullUrl } = one;
    this.places.set(resource, one);
    for (const url of [fullUrl, resource.id && `${resource.resourceType}/${resource.id}`]) if (url) setFirst(this.byUrl, url, resource);
    if (!('identifier' in resource)) return;
    for (const { system, value } of [resource.identifier ?? []].flat()) {
      if (!system || !value) continue;
      for (const type of [resource.resourceType, '']) setFirst(this.byIdentifier, `${type}|${system}|${value}`, resource);
    }
  }

  private byReference(given: string | undefined, within: FhirResource): FhirResource | undefined {
    if (!given) return undefined;
    if (given.startsWith('#')) return containedIn(within).find(({ id }) => id === given.slice(1));
    const url = given.split('/_history/')[0]!;
    const exact = this.byUrl.get(url);
    if (exact || !/^https?:/.test(url)) return exact;
    // An absolute address is the resource of that type and id, where none in the file claims another address.
    const local = this.byUrl.get(url.split('/').slice(-2).join('/'));
    return local && this.places.get(local)?.fullUrl === undefined ? local : undefined;
  }

  private byLogical({ identifier, type, reference }: Reference): FhirResource | undefined {
    if (!identifier?.system || !identifier.value) return undefined;
    return this.byIdentifier.get(`${type ?? typeOf(reference) ?? ''}|${identifier.system}|${identifier.value}`);
  }

  private findPointers(): ReadonlyMap<FhirResource, readonly FhirResource[]> {
    const found = new Map<FhirResource, FhirResource[]>();
    for (const { resource } of this.placed) {
      const targets = new Set(referencesIn(resource).map((reference) => this.resolve(reference, resource)));
      for (const target of targets) {
        if (!target || target === resource) continue;
        const pointing = found.get(target);
        if (pointing) pointing.push(resource);
        else found.set(target, [resource]);
      }
    }
    return found;
  }
}

function setFirst<V>(map: Map<string, V>, key: string, value: V): void {
  if (!map.has(key)) map.set(key, value);
}

function entriesOf(bundle: Bundle): Placed[] {
  return (bundle.entry ?? []).flatMap(({ resource, fullUrl, request }: BundleEntry, entry) =>
    resource === undefined || request?.method === 'DELETE'
      ? []
      : [
          {
            resource: resource as FhirResource,
            entry,
            path: `Bundle.entry[${entry}].resource`,
            ...(fullUrl === undefined ? {} : { fullUrl }),
          },
        ],
  );
}

export function containedIn(resource: FhirResource): readonly FhirResource[] {
  return (('contained' in resource && resource.contained) || []) as FhirResource[];
}

/** The type that a reference says it points at: `Patient` of `Patient/1`, of an absolute address, or of its `type`. */
export function typeOf(reference: string | undefined): string | undefined {
  const found = /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9.-]+(?:\/_history\/[^/]+)?$/.exec(reference ?? '');
  return found?.[1];
}

/** Every reference inside a resource, however deep. */
export function referencesIn(value: unknown): Reference[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  const own = ('reference' in value && typeof value.reference === 'string') || isLogical(value) ? [value as Reference] : [];
  return [...own, ...Object.values(value).flatMap(referencesIn)];
}

/** A reference by identifier alone; what has an identifier of its own and a type in words only looks like one. */
function isLogical(value: object): boolean {
  if ('resourceType' in value || !('identifier' in value)) return false;
  const { identifier } = value;
  return typeof identifier === 'object' && identifier !== null && !Array.isArray(identifier);
}
