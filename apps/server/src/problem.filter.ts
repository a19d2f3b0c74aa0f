/** The only place where a refusal or a fault becomes HTTP. */
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { UnknownAppendOutcome } from '@waymark/event-store';
import { toOperationOutcome } from '@waymark/fhir';
import { reject, sqliteCode, type Rejection } from '@waymark/kernel';
import { BeingPrepared } from '@waymark/projections';
import { problemOf, reasonsOf, toProblemJson } from '@waymark/problems';
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import type { AllowedMethods } from './allowed-methods';
import { faultOf } from './log-lines';
import { Refused } from './refused';
import { correlationIdOf, isFhir } from './request';

@Catch()
export class ProblemFilter implements ExceptionFilter {
  /** Set once the routes are there. */
  allowed: AllowedMethods = () => [];

  constructor(private readonly logger: Logger) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const rejection = this.rejectionOf(thrown, request, response);
    if (response.headersSent) {
      response.end();
      return;
    }
    const { status, issue } = problemOf(rejection.code);
    response.status(status);
    if (status === 503) response.setHeader('Retry-After', thrown instanceof BeingPrepared ? thrown.retryAfterSeconds : 2);
    if (isFhir(request)) {
      response.type('application/fhir+json').send(JSON.stringify(toOperationOutcome(reasonsOf(rejection), issue)));
    } else {
      response.type('application/problem+json').send(JSON.stringify(toProblemJson(rejection, correlationIdOf(response))));
    }
  }

  private rejectionOf(thrown: unknown, request: Request, response: Response): Rejection {
    if (thrown instanceof Refused) return thrown.rejection;
    if (thrown instanceof BeingPrepared) return reject('unavailable', thrown.message);
    const status = thrown instanceof HttpException ? thrown.getStatus() : statusOf(thrown);
    if (status === 404) return this.notHere(request, response);
    if (status === 413) return reject('too-large', 'Send less at once; the limit is set by WAYMARK_BODY_LIMIT');
    if (status === 415) return reject('unsupported-media-type', 'Send the body as it is, or compressed with gzip, deflate or br');
    if (status !== undefined && status >= 400 && status < 500)
      return reject('unreadable', 'The request cannot be read; look at its address, its headers and whether all of its body came');
    this.logger.error({ correlationId: correlationIdOf(response), fault: faultOf(thrown) }, 'a request ended in a fault');
    if (isOfTheStore(thrown))
      return reject('unavailable', 'Nothing can be stored just now. Send the same again: what was stored is not stored twice');
    return reject('fault', 'Nothing is known to be stored. Try again; if it goes on, tell the help desk the correlation id');
  }

  /** A known address with the wrong method says which methods it takes. */
  private notHere(request: Request, response: Response): Rejection {
    const methods = this.allowed(request.path).join(', ');
    if (methods === '') return reject('not-found', 'There is nothing at this address; /api/openapi.json lists what there is');
    response.setHeader('Allow', methods);
    return reject('method-not-allowed', `This address takes ${methods}`);
  }
}

/** The disk is full, broken or read-only, or another process does not let go of a file: nobody who asks can mend that by asking otherwise. */
function isOfTheStore(thrown: unknown): boolean {
  return thrown instanceof UnknownAppendOutcome || sqliteCode(thrown) !== undefined;
}

function statusOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const { status } = thrown as { status?: unknown };
  return typeof status === 'number' ? status : undefined;
}
