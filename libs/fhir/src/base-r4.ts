/** Whether a resource is base FHIR R4: every element known, as often as it may be, of the right type. Codes outside a value set are not its business. */
import { createRequire } from 'node:module';
import type { Mistake } from '@waymark/kernel';
import { isPrimitive, wrongPrimitive } from './primitives';

/** One element as the definitions of the `fhir` package have it. */
interface Definition {
  readonly _name: string;
  readonly _type: string;
  readonly _multiple?: boolean;
  readonly _required?: boolean;
  /** Of `value[x]` and its like: what the alternatives have in common. */
  readonly _choice?: string;
  readonly _properties?: readonly Definition[];
}

interface Structure {
  readonly _kind: string;
  readonly _properties: readonly Definition[];
}

/** The elements of one type or backbone, ready to look up. */
interface Shape {
  readonly elements: ReadonlyMap<string, Definition>;
  readonly required: readonly { readonly name: string; readonly names: readonly string[] }[];
  readonly choices: readonly { readonly name: string; readonly names: readonly string[] }[];
}

/** More says nothing new. */
const MOST_MISTAKES = 20;
/** Deeper than any resource that means something; a deeper one is an attack on the stack. */
const DEEPEST = 60;

/** Every way in which `resource`, and all that it holds, is not base R4; none = it is. */
export function checkBaseR4(resource: unknown): Mistake[] {
  const check = new Check();
  check.resource(resource, '', 0);
  return check.mistakes;
}

class Check {
  readonly mistakes: Mistake[] = [];

  resource(value: unknown, path: string, depth: number): void {
    if (!isObject(value)) return this.add(path, 'Must be a resource: a JSON object with a resourceType');
    const type = value['resourceType'];
    const known = typeof type === 'string' ? definitions().resources.get(type) : undefined;
    if (known === undefined) return this.add(path === '' ? 'resourceType' : `${path}.resourceType`, 'Must name a resource type of FHIR R4');
    this.object(value, known, path === '' ? (type as string) : path, depth, 'resourceType');
  }

  private object(value: Record<string, unknown>, shape: Shape, path: string, depth: number, besides?: string): void {
    if (this.mistakes.length >= MOST_MISTAKES) return;
    if (depth > DEEPEST) return this.add(path, `Must not be nested more than ${DEEPEST} deep`);
    const names = Object.keys(value);
    if (names.length === 0) this.add(path, 'Must not be empty');
    for (const { name, names: any } of shape.required) {
      if (!any.some((one) => Object.hasOwn(value, one) || Object.hasOwn(value, `_${one}`))) this.add(`${path}.${name}`, 'Is required');
    }
    for (const { name, names: alternatives } of shape.choices) {
      if (alternatives.filter((one) => Object.hasOwn(value, one)).length > 1) this.add(`${path}.${name}`, 'Must be given in one type only');
    }
    for (const name of names) {
      if (name === besides) continue;
      const element = shape.elements.get(name);
      if (element) this.element(value[name], element, value[`_${name}`], `${path}.${nameOf(element)}`, depth + 1);
      else this.companion(value, name, shape, path, depth + 1);
    }
  }

  /** `_birthDate` and its like: what hangs on a primitive beside it. */
  private companion(value: Record<string, unknown>, name: string, shape: Shape, path: string, depth: number): void {
    const element = name.startsWith('_') ? shape.elements.get(name.slice(1)) : undefined;
    if (!element || !isPrimitive(element._type) || element._type === 'xhtml')
      return this.add(`${path}.${name}`, 'Is not an element of FHIR R4');
    const at = `${path}.${nameOf(element)}`;
    const given = value[name];
    if (!element._multiple) return this.additions(given, at, depth);
    if (!Array.isArray(given)) return this.add(at, 'Must be a list');
    given.forEach((one, i) => one !== null && this.additions(one, `${at}[${i}]`, depth));
  }

  private additions(given: unknown, path: string, depth: number): void {
    if (isObject(given)) this.object(given, definitions().element, path, depth);
    else this.add(path, 'Must be an object with an id or extensions');
  }

  private element(value: unknown, element: Definition, beside: unknown, path: string, depth: number): void {
    if (!element._multiple) {
      if (Array.isArray(value)) return this.add(path, 'Must be given once, not as a list');
      return this.one(value, element, path, depth);
    }
    if (!Array.isArray(value)) return this.add(path, 'Must be a list');
    if (value.length === 0 && element._required) this.add(path, 'Must hold at least one');
    value.forEach((one, i) => {
      if (one === null && isPrimitive(element._type) && Array.isArray(beside) && isObject(beside[i])) return;
      this.one(one, element, `${path}[${i}]`, depth);
    });
  }

  private one(value: unknown, element: Definition, path: string, depth: number): void {
    if (this.mistakes.length >= MOST_MISTAKES) return;
    if (value === null) return this.add(path, 'Must be left out instead of null');
    if (isPrimitive(element._type)) {
      const wrong = wrongPrimitive(element._type, value);
      return wrong === undefined ? undefined : this.add(path, wrong);
    }
    if (element._type === 'Resource') return this.resource(value, path, depth);
    if (!isObject(value)) return this.add(path, 'Must be an object');
    this.object(value, definitions().shapeOf(element), path, depth);
  }

  private add(path: string, message: string): void {
    if (this.mistakes.length < MOST_MISTAKES) this.mistakes.push({ code: 'invalid-fhir', path, message });
  }
}

interface Definitions {
  readonly resources: ReadonlyMap<string, Shape>;
  /** What any element may hold: an id and extensions. */
  readonly element: Shape;
  shapeOf(element: Definition): Shape;
}

let loaded: Definitions | undefined;

/** The package's definitions, read when the first resource comes: half of a command line's life never needs them. */
function definitions(): Definitions {
  return (loaded ??= prepare(createRequire(__filename)('fhir/profiles/types.json') as Record<string, Structure>));
}

function prepare(types: Readonly<Record<string, Structure>>): Definitions {
  const shapes = new Map<readonly Definition[], Shape>();
  const shape = (properties: readonly Definition[], resource = false): Shape => {
    const ready = shapes.get(properties) ?? shapeFrom(properties, resource);
    shapes.set(properties, ready);
    return ready;
  };
  const resources = new Map<string, Shape>();
  for (const [name, { _kind, _properties }] of Object.entries(types)) {
    if (_kind === 'resource' && name !== 'Resource' && name !== 'DomainResource') resources.set(name, shape(_properties, true));
  }
  const structure = (name: string): Structure => {
    const found = types[name];
    if (!found) throw new Error(`The FHIR definitions have no ${name}`);
    return found;
  };
  return {
    resources,
    element: shape(structure('Element')._properties),
    shapeOf({ _type, _properties }) {
      if (_properties && _properties.length > 0) return shape(_properties);
      if (!_type.startsWith('#')) return shape(structure(_type)._properties);
      const [type = '', ...steps] = _type.slice(1).split('.');
      const target = steps.reduce(
        (within, step) => within.find(({ _name }) => _name === step)?._properties ?? [],
        structure(type)._properties,
      );
      return shape(target);
    },
  };
}

function shapeFrom(properties: readonly Definition[], resource: boolean): Shape {
  const own = properties.filter(({ _name }) => !_name.startsWith('_'));
  // The id of an element is any text; only a resource's id has a form. The package has one type for both.
  const elements = new Map(
    own.map((element) => [element._name, element._name === 'id' && !resource ? { ...element, _type: 'string' } : element]),
  );
  const groups = new Map<string, Definition[]>();
  for (const element of own) groups.set(nameOf(element), [...(groups.get(nameOf(element)) ?? []), element]);
  const grouped = [...groups].map(([name, members]) => ({
    name,
    names: members.map(({ _name }) => _name),
    needed: members.some(({ _required }) => _required),
  }));
  return { elements, required: grouped.filter(({ needed }) => needed), choices: grouped.filter(({ names }) => names.length > 1) };
}

/** The element's name in FHIRPath: `deceased` for `deceasedDateTime`. */
function nameOf({ _name, _choice }: Definition): string {
  return _choice === undefined ? _name : _choice.replace('[x]', '');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
