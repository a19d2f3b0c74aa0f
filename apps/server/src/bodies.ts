/** Reads bodies: strict UTF-8 JSON for the API, the bytes themselves for files under /fhir. A body over its limit is 413. */
import { reject } from '@waymark/kernel';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { Refused } from './refused';

export interface Limits {
  /** Bytes of a JSON body. */
  readonly body: number;
  /** Bytes of a FHIR body. */
  readonly file: number;
}

export function bodies(limits: Limits): RequestHandler[] {
  const json = express.raw({ type: () => true, limit: limits.body });
  const file = express.raw({ type: () => true, limit: limits.file });
  return [
    (request, response, next) => (isFhir(request) ? file : json)(request, response, next),
    (request: Request, _response: Response, next: NextFunction) => {
      const bytes: unknown = request.body;
      if (!Buffer.isBuffer(bytes) || isFhir(request)) return next();
      if (bytes.length > 0 && !request.is(['application/json', 'application/*+json'])) {
        throw new Refused(reject('unsupported-media-type', 'Send the body as application/json'));
      }
      request.body = bytes.length === 0 ? {} : parse(bytes);
      next();
    },
  ];
}

function isFhir(request: Request): boolean {
  return request.path === '/fhir' || request.path.startsWith('/fhir/');
}

function parse(bytes: Buffer): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Refused(reject('not-utf-8', 'Send the body as UTF-8'));
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new Refused(reject('not-json', 'The body is not JSON: look for a missing quote, comma or bracket'));
  }
}
