/** From what was sent to a command: nothing unknown, nothing null, and every mistake named by its place. */
import 'reflect-metadata';
import { rejectAll, type Mistake, type Rejection } from '@waymark/kernel';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';

export type BodyClass<C extends object = object> = new () => C;

/** Deeper than any body that means something; a deeper one is an attack on the stack. */
const DEEPEST = 32;

/** The command, or a refusal that lists every mistake. `body` is parsed JSON. */
export function readBody<C extends object>(Body: BodyClass<C>, body: unknown): C | Rejection {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return rejectAll([{ code: 'unreadable', path: '', message: 'Send a JSON object' }]);
  }
  const early = impossible(body, '', 0);
  if (early.length > 0) return rejectAll(early as [Mistake, ...Mistake[]]);
  const command = plainToInstance(Body, body, { enableImplicitConversion: false });
  const mistakes = validateSync(command, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    stopAtFirstError: true,
    validationError: { target: false, value: false },
  }).flatMap((error) => mistakesOf(error, ''));
  return mistakes.length > 0 ? rejectAll(mistakes as [Mistake, ...Mistake[]]) : command;
}

function impossible(value: unknown, path: string, depth: number): Mistake[] {
  if (value === null) return [{ code: 'null-not-allowed', path, message: 'Leave the field out instead of sending null' }];
  if (typeof value !== 'object') return [];
  if (depth > DEEPEST) return [{ code: 'invalid', path: '', message: `Nested more than ${DEEPEST} deep` }];
  return Object.entries(value).flatMap(([name, inner]) => {
    if (name === '__proto__' || name === 'constructor' || name === 'prototype') {
      return [{ code: 'unknown-field', path: `${path}/${pointer(name)}`, message: 'There is no such field' }];
    }
    return impossible(inner, `${path}/${pointer(name)}`, depth + 1);
  });
}

function mistakesOf(error: ValidationError, parent: string): Mistake[] {
  const path = `${parent}/${pointer(error.property)}`;
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) =>
    rule === 'whitelistValidation'
      ? { code: 'unknown-field', path, message: 'There is no such field' }
      : { code: rule === 'isDefined' || rule === 'isNotEmpty' ? 'required' : 'invalid', path, message: plain(message) },
  );
  return [...own, ...(error.children ?? []).flatMap((child) => mistakesOf(child, path))];
}

/** class-validator starts its sentences with the property's name; people read sentences that start with a capital. */
function plain(message: string): string {
  return message.charAt(0).toUpperCase() + message.slice(1);
}

function pointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
