/** The OpenAPI description of the JSON API, made from the controllers and command classes. */
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { OpenClinicSession } from '@waymark/clinics';
import { ReceiveReferral, referralCommands, type ReferralCommand } from '@waymark/referral';
import { RegisterPractitioner } from '@waymark/workforce';
import { getMetadataStorage } from 'class-validator';

export const OPENAPI_PATH = 'api/openapi.json';

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;
type Operation = NonNullable<OpenAPIObject['paths'][string]['post']>;

const commands = [ReceiveReferral, RegisterPractitioner, OpenClinicSession, ...referralCommands.map(({ command }) => command)];

export function publishOpenApi(app: NestExpressApplication): void {
  SwaggerModule.setup('api', app, () => describe(app), { ui: false, raw: ['json'], jsonDocumentUrl: OPENAPI_PATH });
}

function describe(app: NestExpressApplication): OpenAPIObject {
  const about = new DocumentBuilder()
    .setTitle('Waymark')
    .setDescription('Referral and triage for occupational therapy in primary care. Errors are application/problem+json.')
    .setVersion('1')
    .build();
  const document = SwaggerModule.createDocument(app, about, { extraModels: commands, operationIdFactory: (_, method) => method });
  for (const command of referralCommands) {
    const item = document.paths[`/api/v1/referrals/{reference}/${command.name}`];
    if (!item?.post) throw new Error(`The route of ${command.name} is gone from the description`);
    item.post = operationOf(command, item.post);
  }
  const schemas = ((document.components ??= {}).schemas ??= {});
  for (const command of commands) onlyTheBody(schemas, command);
  for (const schema of Object.values(schemas)) if ('properties' in schema) schema.additionalProperties = false;
  describeBirthDate(schemas);
  schemas['Problem'] = problem;
  for (const [path, item] of Object.entries(document.paths)) {
    if (!path.startsWith('/api')) continue;
    for (const operation of [item.get, item.post]) if (operation) operation.responses['default'] = refused;
  }
  return document;
}

/** The routes of all commands are one method; each has its own body, and its own need of an actor and a revision. */
function operationOf({ name, command, decision, anybody }: ReferralCommand, route: Operation): Operation {
  const needed = new Set([...(decision ? ['If-Match'] : []), ...(anybody ? [] : ['Waymark-Actor'])]);
  return {
    ...route,
    operationId: name,
    parameters: (route.parameters ?? []).map((each) => ('name' in each && needed.has(each.name) ? { ...each, required: true } : each)),
    requestBody: { content: { 'application/json': { schema: { $ref: `#/components/schemas/${command.name}` } } } },
  };
}

/** What the caller adds to a command is not in its body: only fields that validation lets through are. */
function onlyTheBody(schemas: Schemas, command: new () => object): void {
  const schema = schemas[command.name];
  if (!schema || !('properties' in schema) || !schema.properties) return;
  const fields = new Set(
    getMetadataStorage()
      .getTargetValidationMetadatas(command, '', false, false)
      .map(({ propertyName }) => propertyName),
  );
  schema.properties = Object.fromEntries(Object.entries(schema.properties).filter(([name]) => fields.has(name)));
  const required = schema.required?.filter((name) => fields.has(name)) ?? [];
  if (required.length > 0) schema.required = required;
  else delete schema.required;
}

/** A type that no reflection tells. */
function describeBirthDate({ Person: person }: Schemas): void {
  if (!person || !('properties' in person) || !person.properties) return;
  person.properties['birthDate'] = {
    description: 'A full date, a year, or an age that somebody gave.',
    oneOf: [
      { type: 'string', pattern: '^\\d{4}(-\\d{2}-\\d{2})?$' },
      {
        type: 'object',
        required: ['about'],
        properties: { about: { type: 'integer', minimum: 0, maximum: 130 } },
        additionalProperties: false,
      },
    ],
  };
}

const mistake = { type: 'object', required: ['path', 'message'], properties: { path: { type: 'string' }, message: { type: 'string' } } };
const text = { type: 'string' };
const problem: Schemas[string] = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code', 'correlationId'],
  properties: {
    ...{ type: text, title: text, status: { type: 'integer' }, detail: text, code: text, correlationId: text },
    errors: { type: 'array', items: mistake },
    since: {
      type: 'array',
      items: { type: 'object', properties: { type: text, recordedAt: { type: 'string', format: 'date-time' }, words: text } },
    },
  },
};
const refused = {
  description: 'Refused: what is wrong, and what to do',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};
