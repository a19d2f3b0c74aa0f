/** Which methods an address takes, read from the router once every route is there. */
import type { NestExpressApplication } from '@nestjs/platform-express';

export type AllowedMethods = (path: string) => readonly string[];

interface Layer {
  readonly route?: { readonly path: unknown; readonly methods: Readonly<Record<string, boolean>> };
  match(path: string): boolean;
}

/** Call after `init`. A path that no route has takes nothing. */
export function allowedMethods(app: NestExpressApplication): AllowedMethods {
  const { router } = app.getHttpAdapter().getInstance() as { router: { stack: readonly Layer[] } };
  const routes = router.stack.filter(({ route }) => route !== undefined);
  return (path) => {
    const methods = routes.filter((layer) => matches(layer, path)).flatMap(({ route }) => Object.keys(route?.methods ?? {}));
    const named = new Set(methods.map((method) => method.toUpperCase()));
    if (named.has('GET')) named.add('HEAD');
    return [...named];
  };
}

/** A path whose percent-encoding is wrong is no route's. */
function matches(layer: Layer, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    return false;
  }
}
