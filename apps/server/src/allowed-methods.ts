/** Which methods an address takes, read from the router once every route is there. */
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Express } from 'express';
import type { ILayer } from 'express-serve-static-core';

export type AllowedMethods = (path: string) => readonly string[];

/** What the router has and its types do not tell. */
interface Matching {
  match(path: string): boolean;
}

/** Call after `init`. A path that no route has takes nothing. */
export function allowedMethods(app: NestExpressApplication): AllowedMethods {
  const { router }: Express = app.getHttpAdapter().getInstance();
  const layers = router.stack.filter(canMatch);
  return (path) => {
    const methods = layers
      .filter((layer) => layer.route !== undefined && matches(layer, path))
      .flatMap(({ route }) => (route?.stack ?? []).map((handler) => handler.method));
    const named = new Set(methods.map((method) => method.toUpperCase()));
    if (named.has('GET')) named.add('HEAD');
    return [...named];
  };
}

function canMatch(layer: ILayer): layer is ILayer & Matching {
  return 'match' in layer;
}

/** A path whose percent-encoding is wrong is no route's. */
function matches(layer: Matching, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    return false;
  }
}
