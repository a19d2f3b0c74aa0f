/** What the server writes to its log: one line a request with its route and correlation id, never a path, query, header or body. */
import type { LoggerService } from '@nestjs/common';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { correlationIdOf } from './request';

export function logRequests(logger: Logger): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    const started = process.hrtime.bigint();
    response.once('close', () => {
      logger.info(
        {
          correlationId: correlationIdOf(response),
          method: request.method,
          route: routeOf(request),
          status: response.statusCode,
          ms: Number(process.hrtime.bigint() - started) / 1e6,
          ...(response.writableFinished ? {} : { leftEarly: true }),
        },
        'request',
      );
    });
    next();
  };
}

/** The template of the route that answered, never the path. */
export function routeOf(request: Request): string {
  const route: unknown = (request.route as { path?: unknown } | undefined)?.path;
  return typeof route === 'string' ? route : 'none';
}

/**
 * A fault without what somebody sent: where it was thrown, and its message only where that is our own. The engine's
 * messages quote what it could not read.
 */
export function faultOf(thrown: unknown) {
  if (!(thrown instanceof Error)) return { type: typeof thrown };
  const ours = Object.getPrototypeOf(thrown) === Error.prototype || Object.hasOwn(thrown, 'name');
  const { name: type, message, code } = thrown as NodeJS.ErrnoException;
  const frames = (thrown.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { type, ...(code === undefined ? {} : { code }), ...(ours ? { message } : {}), frames };
}

/** Nest's own lines, in the same log. */
export class NestLines implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown): void {
    this.logger.debug(String(message));
  }

  warn(message: unknown): void {
    this.logger.warn(String(message));
  }

  error(message: unknown): void {
    this.logger.error(String(message));
  }
}
