/** The OpenAPI description of the JSON API, made from the controllers and command classes. */
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { referralCommands } from '@waymark/referral';

export const OPENAPI_PATH = 'api/openapi.json';

export function publishOpenApi(app: NestExpressApplication): void {
  SwaggerModule.setup('api', app, () => describe(app), { ui: false, raw: ['json'], jsonDocumentUrl: OPENAPI_PATH });
}

/** The generic command route is described once for each command, so that every body has its schema. */
function describe(app: NestExpressApplication) {
  const about = new DocumentBuilder()
    .setTitle('Waymark')
    .setDescription('Referral and triage for occupational therapy in primary care. Errors are application/problem+json.')
    .setVersion('1')
    .build();
  const document = SwaggerModule.createDocument(app, about, { extraModels: referralCommands.map((each) => each.command) });
  const generic = '/api/v1/referrals/{reference}/{command}';
  const route = document.paths[generic]?.post;
  if (!route) throw new Error('The command route is gone from the description');
  delete document.paths[generic];
  for (const { name, command } of referralCommands) {
    document.paths[`/api/v1/referrals/{reference}/${name}`] = {
      post: {
        ...route,
        operationId: name,
        parameters: (route.parameters ?? []).filter((each) => !('name' in each) || each.name !== 'command'),
        requestBody: { required: true, content: { 'application/json': { schema: { $ref: `#/components/schemas/${command.name}` } } } },
      },
    };
  }
  return document;
}
