/** From what was sent to a command: nothing unknown, nothing null, and every mistake named by its place. */
import 'reflect-metadata';
import { rejectAll, type Mistake, type Rejection } from '@waymark/kernel';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';

export type BodyClass<C extends object = object> = new () => C;

/** Deeper than any body that means something; a deeper one is an attack on the stack. */
const DEEPEST = 32;
/** Nobody reads more than this many mistakes at once. */
const MOST_MISTAKES = 100;

/** The command, or a refusal that lists every mistake. `body` is parsed JSON. */
export function readBody<C extends object>(Body: BodyClass<C>, body: unknown): C | Rejection {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return rejectAll([{ code: 'unreadable', path: '', message: 'Send a JSON object' }]);
  }
  const early: Mistake[] = [];
  findImpossible(body, '', 0, early);
  const [first, ...others] = early;
  if (first) return rejectAll([first, ...others]);
  const command = plainToInstance(Body, body, { enableImplicitConversion: false });
  const [mistake, ...more] = validateSync(command, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    stopAtFirstError: true,
    validationError: { target: false, value: false },
  }).flatMap((error) => mistakesOf(error, ''));
  return mistake ? rejectAll([mistake, ...more.slice(0, MOST_MISTAKES - 1)]) : command;
}

/** What no command takes, whatever its fields: null, half a character, depth, and names that mean something to the engine. */
function findImpossible(value: unknown, path: string, depth: number, found: Mistake[]): void {
  if (found.length === MOST_MISTAKES) return;
  const mistaken = (code: string, message: string) => void found.push({ code, path, message });
  if (value === null) return mistaken('null-not-allowed', 'Leave the field out instead of sending null');
  if (typeof value === 'string' && !isWhole(value))
    return mistaken('invalid', 'The text holds half a character (a lone surrogate); send whole Unicode text');
  if (typeof value !== 'object') return;
  if (depth > DEEPEST) return mistaken('invalid', `Nested more than ${DEEPEST} deep`);
  for (const [name, inner] of Object.entries(value)) {
    const at = `${path}/${pointer(name)}`;
    if (FORBIDDEN.has(name) || !isWhole(name)) found.push({ code: 'unknown-field', path: at, message: 'There is no such field' });
    else findImpossible(inner, at, depth + 1, found);
  }
}

const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

function isWhole(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function mistakesOf(error: ValidationError, parent: string): Mistake[] {
  const path = `${parent}/${pointer(error.property)}`;
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({ path, ...mistakeOf(rule, message, error.property) }));
  return [...own, ...(error.children ?? []).flatMap((child) => mistakesOf(child, path))];
}

function mistakeOf(rule: string, message: string, property: string): Omit<Mistake, 'path'> {
  switch (rule) {
    case 'whitelistValidation':
      return { code: 'unknown-field', message: 'There is no such field' };
    case 'isDefined':
      return { code: 'required', message: plain(`${property} is needed`) };
    default:
      return { code: 'invalid', message: plain(message) };
  }
}

/** class-validator starts its sentences with the property's name; people read sentences that start with a capital. */
function plain(message: string): string {
  return message.charAt(0).toUpperCase() + message.slice(1);
}

/** As in a JSON pointer. Nobody needs the whole of a name that is not ours. */
function pointer(name: string): string {
  return name.slice(0, 200).replaceAll('~', '~0').replaceAll('/', '~1');
}
