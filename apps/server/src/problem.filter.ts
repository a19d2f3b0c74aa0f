/** The only place where a refusal or a fault becomes HTTP. */
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { toOperationOutcome } from '@waymark/fhir';
import { reject, type Rejection } from '@waymark/kernel';
import { problemOf, reasonsOf, toProblemJson } from '@waymark/problems';
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { Refused } from './refused';
import { correlationIdOf } from './request';

@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    if (response.headersSent) {
      response.end();
      return;
    }
    this.answer(thrown, request, response);
  }

  /** Also called for what goes wrong before a controller is reached: body too large, not JSON. */
  answer(thrown: unknown, request: Request, response: Response): void {
    const rejection = this.rejectionOf(thrown, response);
    const { status, issue } = problemOf(rejection.code);
    response.status(status);
    if (status === 503) response.setHeader('Retry-After', '2');
    if (request.path === '/fhir' || request.path.startsWith('/fhir/')) {
      response.type('application/fhir+json').send(JSON.stringify(toOperationOutcome(reasonsOf(rejection), issue)));
    } else {
      response.type('application/problem+json').send(JSON.stringify(toProblemJson(rejection, correlationIdOf(response))));
    }
  }

  private rejectionOf(thrown: unknown, response: Response): Rejection {
    if (thrown instanceof Refused) return thrown.rejection;
    const status = thrown instanceof HttpException ? thrown.getStatus() : statusOf(thrown);
    if (status === 404) return reject('not-found', 'There is nothing at this address; /api/openapi.json lists what there is');
    if (status === 405) return reject('method-not-allowed', 'Use one of the methods that the Allow header names');
    if (status === 413) return reject('too-large', 'Send less at once; the limit is set by WAYMARK_BODY_LIMIT');
    if (status === 415) return reject('unsupported-media-type', 'Send application/json, or application/fhir+json under /fhir');
    if (status !== undefined && status >= 400 && status < 500) return reject('unreadable', 'The request cannot be read; send UTF-8 JSON');
    // The stack of a fault names code, not people: messages of our own faults never hold a value that somebody sent.
    this.logger.error({ correlationId: correlationIdOf(response), err: thrown }, 'a request ended in a fault');
    return reject('fault', 'Nothing is known to be stored. Try again; if it goes on, tell the help desk the correlation id');
  }
}

function statusOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const { status } = thrown as { status?: unknown };
  return typeof status === 'number' ? status : undefined;
}
