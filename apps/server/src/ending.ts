/** How the server ends: it takes no new connection, answers what has come, and keeps nobody's connection open. */
import type { Server } from 'node:http';
import type { NextFunction, Request, Response } from 'express';

/** Whoever has not taken their answer by then has gone. */
const LONGEST_MS = 5_000;
/** A connection whose last answer was on its way when the end began is idle soon after. */
const LOOK_EVERY_MS = 50;

export interface Ending {
  whileEnding(request: Request, response: Response, next: NextFunction): void;
  begin(): void;
}

export function ending(server: Server): Ending {
  let begun = false;
  return {
    whileEnding(_request, response, next) {
      if (begun) response.setHeader('Connection', 'close');
      next();
    },
    begin() {
      begun = true;
      setInterval(() => server.closeIdleConnections(), LOOK_EVERY_MS).unref();
      setTimeout(() => server.closeAllConnections(), LONGEST_MS).unref();
    },
  };
}
