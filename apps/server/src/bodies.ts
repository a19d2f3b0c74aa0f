/** Reads bodies: strict UTF-8 JSON for the API, the bytes themselves for files under /fhir. A body over its limit is 413. */
import { reject } from '@waymark/kernel';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { isFhir } from './request';
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
      if (!Buffer.isBuffer(bytes) || bytes.length === 0) {
        request.body = isFhir(request) ? Buffer.alloc(0) : {};
        return next();
      }
      const types = isFhir(request) ? ['application/fhir+json', 'application/json'] : ['application/json'];
      if (!request.is(types) || !isUtf8(request))
        throw new Refused(reject('unsupported-media-type', `Send the body as ${types[0]}, in UTF-8`));
      if (!isFhir(request)) request.body = parse(bytes);
      next();
    },
  ];
}

function isUtf8(request: Request): boolean {
  const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(request.headers['content-type'] ?? '') ?? [];
  return /^(utf-?8|us-ascii)$/i.test(charset);
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
