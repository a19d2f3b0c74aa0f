/** A refusal as each door says it: problem+json for the API, OperationOutcome for FHIR, one line for the command line. */
import type { Mistake, Rejection } from '@waymark/kernel';
import { problems, type Problem } from './catalogue';

export interface ProblemJson {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly correlationId: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  readonly since?: Rejection['since'];
}

/** The row of a code. A code without one is a fault of ours; a test looks for it. */
export function problemOf(code: string): Problem {
  return Object.hasOwn(problems, code) ? problems[code as keyof typeof problems] : problems.fault;
}

export function toProblemJson(rejection: Rejection, correlationId: string): ProblemJson {
  const { status, title } = problemOf(rejection.code);
  const errors = mistakesOf(rejection).map(({ path, message }) => ({ path, message }));
  return {
    type: `/problems/${rejection.code}`,
    title,
    status,
    detail: rejection.detail,
    code: rejection.code,
    correlationId,
    ...(errors.length > 0 ? { errors } : {}),
    ...(rejection.since ? { since: rejection.since } : {}),
  };
}

/** One line that says what to do. */
export function toLine(rejection: Rejection): string {
  const where = mistakesOf(rejection).map(({ path, message }) => `${path || 'the whole'}: ${message}`);
  return where.length > 0 ? where.join('; ') : rejection.detail;
}

/** The reasons of an intake line or a submission's answer. */
export function reasonsOf(rejection: Rejection): Mistake[] {
  const mistakes = mistakesOf(rejection);
  return mistakes.length > 0 ? mistakes : [{ code: rejection.code, path: '', message: rejection.detail }];
}

function mistakesOf(rejection: Rejection): Mistake[] {
  if (rejection.errors) return [...rejection.errors];
  return rejection.path === undefined ? [] : [{ code: rejection.code, path: rejection.path, message: rejection.detail }];
}
