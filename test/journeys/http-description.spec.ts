/** What the server says of itself: the OpenAPI description, its health, its first page, and what every answer tells a browser. */
import { referralCommands } from '@waymark/referral';
import { emptyFolder, removeFolder, request, startServer, type Program } from '../support/program';

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
}
interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, unknown>>;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}
interface Description {
  readonly openapi: string;
  readonly info: object;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

// A busy machine starts programs slowly.
jest.setTimeout(60_000);

let folder: string;
let program: Program;
let description: Description;

beforeAll(async () => {
  folder = emptyFolder();
  program = await startServer(folder);
  description = (await request<Description>(program.address, 'GET', '/api/openapi.json')).body;
});

afterAll(async () => {
  await program.stop();
  removeFolder(folder);
});

const operations = () =>
  Object.entries(description.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );

describe('the description', () => {
  test('is OpenAPI 3 with every route of the contract', () => {
    expect(description.openapi).toMatch(/^3\./);
    expect(description.info).toMatchObject({ title: 'Waymark', version: '1' });
    const routes = operations().map(({ path, method }) => `${method.toUpperCase()} ${path}`);
    expect(routes).toEqual(
      expect.arrayContaining([
        ...['GET /', 'GET /health/live', 'GET /health/ready', 'GET /fhir/metadata', 'POST /fhir', 'POST /fhir/$process-message'],
        ...['POST /api/v1/referrals', 'GET /api/v1/referrals/{reference}', 'GET /api/v1/referrals/{reference}/events'],
        ...['GET /api/v1/referrals/{reference}/explanation', 'GET /api/v1/waitlist', 'GET /api/v1/caseload', 'GET /api/v1/outcomes'],
        ...['GET /api/v1/journal', 'GET /api/v1/stream', 'POST /api/v1/practitioners', 'GET /api/v1/practitioners', 'GET /api/v1/codes'],
        ...['POST /api/v1/clinics/{clinic}/sessions', 'GET /api/v1/slots', 'GET /fhir/ServiceRequest', 'GET /fhir/ServiceRequest/{id}'],
        ...['GET /fhir/Patient/{id}', ...referralCommands.map(({ name }) => `POST /api/v1/referrals/{reference}/${name}`)],
      ]),
    );
  });

  test('names each operation once, says what each answers, and declares what stands in its path', () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations()) {
      expect(Object.values(operation.responses)).not.toHaveLength(0);
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect((operation.parameters ?? []).filter((each) => each.in === 'path').map(({ name }) => name)).toEqual(inPath);
    }
  });

  test('refers to nothing that is not there', () => {
    const references = [...JSON.stringify(description).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
    expect(references.length).toBeGreaterThan(20);
    expect(references.filter((name) => name === undefined || !description.components.schemas[name])).toEqual([]);
  });

  test.each(referralCommands.map((command) => [command.name, command] as const))(
    'says what %s takes, and who must send which headers',
    (name, command) => {
      const operation = description.paths[`/api/v1/referrals/{reference}/${name}`]?.['post'];
      const schema = description.components.schemas[command.command.name];
      expect(operation?.requestBody?.content['application/json']?.schema.$ref).toBe(`#/components/schemas/${command.command.name}`);
      expect(schema?.additionalProperties).toBe(false);
      expect(Object.keys(schema?.properties ?? {})).toEqual(expect.arrayContaining(['occurredAt', 'note']));
      const needed = (operation?.parameters ?? []).filter((each) => each.in === 'header' && each.required).map((each) => each.name);
      expect(needed.sort()).toEqual([...(command.decision ? ['If-Match'] : []), ...(command.anybody ? [] : ['Waymark-Actor'])].sort());
    },
  );

  test('has no field that the server would refuse', async () => {
    const inside = ['referralId', 'original', 'doorFlags', 'clinic'];
    for (const { properties, required } of Object.values(description.components.schemas)) {
      expect(Object.keys(properties ?? {}).filter((field) => inside.includes(field))).toEqual([]);
      expect((required ?? []).filter((field) => !properties?.[field])).toEqual([]);
    }
    const fields = Object.keys(description.components.schemas['ReceiveReferral']?.properties ?? {});
    const { body } = await request<{ errors: { path: string }[] }>(program.address, 'POST', '/api/v1/referrals', {
      body: Object.fromEntries(fields.map((field) => [field, 1])),
    });
    expect(body.errors.map(({ path }) => path)).toEqual(expect.arrayContaining(fields.map((field) => `/${field}`)));
    expect(JSON.stringify(body)).not.toContain('There is no such field');
  });
});

test('health says that the process lives, and that every read model is live', async () => {
  expect(await request(program.address, 'GET', '/health/live')).toMatchObject({ status: 200, body: { status: 'up', checks: {} } });
  const { status, body } = await request<{ checks: object }>(program.address, 'GET', '/health/ready');
  expect(status).toBe(200);
  expect(Object.keys(body.checks)).toEqual(expect.arrayContaining(['waitlist', 'caseload', 'outcomes', 'journal']));
});

test('the first page tells each reader where to go, and every link on it opens', async () => {
  const { status, headers, body: page } = await request<string>(program.address, 'GET', '/');
  expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  for (const reader of ['a referrer', 'a person', 'clinician', 'manager', 'operator']) expect(page.toLowerCase()).toContain(reader);
  const links = [...page.matchAll(/href="([^"#]+)"/g)].map(([, path]) => path ?? '');
  expect(links.length).toBeGreaterThan(5);
  for (const path of links) expect([path, (await request(program.address, 'GET', path)).status]).toEqual([path, 200]);
});

test('every answer, refusals too, is kept by nobody and framed nowhere', async () => {
  for (const path of ['/', '/api/v1/waitlist', '/nowhere', '/fhir/metadata']) {
    const { headers } = await request(program.address, 'GET', path);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('access-control-allow-origin')).toBeNull();
  }
});
