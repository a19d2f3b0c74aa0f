/** What every answer tells a browser: keep no copy of it, show it nowhere else, and run nothing in it. */
import helmet from 'helmet';
import type { NextFunction, Request, Response } from 'express';

const safe = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      styleSrc: ["'unsafe-inline'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  // The server listens on loopback without TLS.
  strictTransportSecurity: false,
  frameguard: { action: 'deny' },
});

export function safeHeaders(request: Request, response: Response, next: NextFunction): void {
  response.setHeader('Cache-Control', 'no-store');
  safe(request, response, next);
}
