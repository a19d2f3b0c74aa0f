/** A known address with the wrong method is 405 with the methods it takes, not 404. */
import { reject } from '@waymark/kernel';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import type { ProblemFilter } from './problem.filter';
import { Refused } from './refused';

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): boolean;
}

/** Call after `init`: the routes are read from the router; what is left unanswered comes here last. */
export function methodNotAllowed(app: NestExpressApplication, filter: ProblemFilter): void {
  const { router } = app.getHttpAdapter().getInstance() as unknown as { router: { stack: Layer[] } };
  const routed = router.stack.filter((layer) => layer.route !== undefined && layer.route.path !== '*');
  const last = (request: Request, response: Response, next: NextFunction): void => {
    const methods = routed
      .filter((layer) => layer.match(request.path))
      .flatMap((layer) => Object.keys(layer.route?.methods ?? {}).map((method) => method.toUpperCase()));
    if (methods.length === 0 || methods.includes(request.method)) return next();
    response.setHeader('Allow', [...new Set(methods)].join(', '));
    filter.answer(new Refused(reject('method-not-allowed', `This address takes ${[...new Set(methods)].join(', ')}`)), request, response);
  };
  app.use(last);
  // Nest's own "not found" answers first unless ours stands before it.
  const mine = router.stack.pop();
  if (mine) router.stack.splice(firstNotFound(router.stack), 0, mine);
}

function firstNotFound(stack: readonly Layer[]): number {
  const lastRoute = stack.findLastIndex((layer) => layer.route !== undefined);
  return lastRoute + 1;
}
