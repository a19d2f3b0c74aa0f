/** What the server knows of a request beside its body: correlation id, idempotency key, actor, and the revision on the screen. */
import { randomUUID } from 'node:crypto';
import type { Environment, Sender, Viewer } from '@waymark/doors';
import { reject } from '@waymark/kernel';
import type { NextFunction, Request, Response } from 'express';
import { Refused } from './refused';

/** Gives every request a correlation id: the caller's, where it is a plain token, or a new one. The answer repeats it. */
export function correlate(request: Request, response: Response, next: NextFunction): void {
  const given = request.header('x-correlation-id');
  const id = given !== undefined && /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : randomUUID();
  response.locals['correlationId'] = id;
  response.setHeader('X-Correlation-Id', id);
  next();
}

/** Nobody signs in here, so a name that somebody else's page has pointed at this machine (DNS rebinding) gets no answer. */
export function ownNamesOnly({ host }: Pick<Environment, 'host'>) {
  const names = new Set(['127.0.0.1', 'localhost', '[::1]', host]);
  return (request: Request, _response: Response, next: NextFunction): void => {
    if (names.has((request.header('host') ?? '').toLowerCase().replace(/:\d+$/, ''))) return next();
    throw new Refused(reject('wrong-host', 'Use the address that the server printed when it started'));
  };
}

/** Files go in and out under /fhir, with refusals as OperationOutcome. */
export function isFhir({ path }: Pick<Request, 'path'>): boolean {
  return path === '/fhir' || path.startsWith('/fhir/');
}

/** Nobody gets an answer in a form that they did not ask for. */
export function acceptable(request: Request, _response: Response, next: NextFunction): void {
  const types = typesAt(request.path);
  const ranges = (request.header('accept') ?? '*/*').toLowerCase().split(',');
  if (ranges.some((range) => types.some((type) => admits(range, type)))) return next();
  throw new Refused(reject('not-acceptable', `This address answers with ${types[0]}`));
}

/** A range of an Accept header. Its parameters, such as fhirVersion, ask for nothing that there is in two forms. */
function admits(range: string, type: string): boolean {
  const [wanted = '', ...parameters] = range.split(';').map((part) => part.trim());
  if (parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) return false;
  return wanted === '*/*' || wanted === type || (wanted.endsWith('/*') && type.startsWith(wanted.slice(0, -1)));
}

function typesAt(path: string): readonly [string, ...string[]] {
  if (path === '/') return ['text/html'];
  if (path === '/metrics') return ['text/plain'];
  if (path === '/api/v1/stream') return ['text/event-stream'];
  if (isFhir({ path })) return ['application/fhir+json', 'application/json'];
  return ['application/json', 'application/problem+json'];
}

export function correlationIdOf(response: Response): string {
  return String(response.locals['correlationId'] ?? '');
}

/** The sender of a JSON command. Refuses headers that cannot be what they should be. */
export function senderOf(request: Request, response: Response): Sender {
  const key = idempotencyKey(request);
  const seenRevision = ifMatch(request);
  const practitionerId = request.header('waymark-actor');
  return {
    otherwise: 'public',
    channel: 'api',
    correlationId: correlationIdOf(response),
    ...(practitionerId === undefined ? {} : { practitionerId }),
    ...(key === undefined ? {} : { key }),
    ...(seenRevision === undefined ? {} : { seenRevision }),
  };
}

/** Whoever reads, and the template of the address that they read at. */
export function viewerOf(request: Request): Viewer {
  const practitionerId = request.header('waymark-actor');
  const { path } = request.route as { path: string };
  return {
    otherwise: isFhir(request) ? 'machine' : 'public',
    route: `${request.method} ${path}`,
    correlationId: request.res ? correlationIdOf(request.res) : '',
    ...(practitionerId === undefined ? {} : { practitionerId }),
  };
}

/** A repeat says that it is one; its status and body are those of the first answer. */
export function replayed(response: Response, again: boolean): void {
  if (again) response.setHeader('Idempotency-Replayed', 'true');
}

/** The query of a request: only `allowed` names, each at most once. */
export function queryOf(request: Request, allowed: readonly string[]): Record<string, string> {
  const query = givenOnce(request);
  const unknown = Object.keys(query).find((name) => !allowed.includes(name));
  if (unknown === undefined) return query;
  const known = allowed.length > 0 ? `there are ${allowed.join(', ')}` : 'there are none';
  throw new Refused(reject('unknown-parameter', `There is no query parameter of this name here; ${known}`, `?${unknown.slice(0, 40)}`));
}

/** The query of a request whose names the list itself knows, each at most once. */
export function givenOnce(request: Request): Record<string, string> {
  const [, text = ''] = /^[^?]*\?(.*)$/s.exec(request.originalUrl) ?? [];
  const given = [...new URLSearchParams(text)];
  const twice = given.find(([name], at) => given.findIndex(([other]) => other === name) < at);
  if (twice) throw new Refused(reject('invalid-parameter', 'Give each query parameter once', `?${twice[0].slice(0, 40)}`));
  return Object.fromEntries(given);
}

function idempotencyKey(request: Request): string | undefined {
  const key = request.header('idempotency-key');
  if (key === undefined || /^[\x21-\x7e]{1,200}$/.test(key)) return key;
  throw new Refused(reject('invalid-header', 'Idempotency-Key is 1 to 200 visible characters without spaces', 'Idempotency-Key'));
}

function ifMatch(request: Request): number | undefined {
  const tag = request.header('if-match');
  if (tag === undefined) return undefined;
  const found = /^"(0|[1-9]\d{0,8})"$/.exec(tag.trim());
  if (found) return Number(found[1]);
  throw new Refused(reject('invalid-header', 'If-Match is the ETag of the referral as you read it, for example "3"', 'If-Match'));
}
