/** The table of contract section 4, a row a test, through the built program. Each test has people of its own. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder, removeFolder, root, waymark } from '../support/program';
import { eventsIn } from '../support/rebuilt';

// Every command is a process of its own; on a busy machine each takes seconds to start.
jest.setTimeout(300_000);

const fixtures = join(root, 'test/fixtures/intake');
const PHYSIO = { coding: [{ system: 'http://snomed.info/sct', code: '308447003' }] };
const OT = { coding: [{ system: 'http://snomed.info/sct', code: '306166004' }] };
let top: string;
let folder: string;
let people = 0;

beforeAll(() => {
  top = emptyFolder();
  folder = join(top, 'data');
});
afterAll(() => removeFolder(top));

interface Line {
  readonly file: string;
  readonly item: string | null;
  readonly outcome: string;
  readonly reference: string | null;
  readonly linkedTo: string | null;
  readonly replayed: boolean | null;
  readonly reasons: readonly { code: string; path: string; message: string }[] | null;
}

const KEYS = ['file', 'item', 'outcome', 'reference', 'linkedTo', 'replayed', 'reasons'];

async function intake(from: string, input?: string | Buffer): Promise<{ code: number; lines: Line[] }> {
  const { code, out } = await waymark(folder, ['intake', from, '--json'], input);
  const lines = out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
  for (const line of lines) expect(Object.keys(line)).toEqual(KEYS);
  return { code, lines };
}

/** Somebody new, and what is asked for them. */
function bundle(request: object, more: readonly object[] = []): { resourceType: 'Bundle'; type: string; entry: { resource: object }[] } {
  const id = `p${++people}`;
  const patient = { resourceType: 'Patient', id, name: [{ family: `Fictional-${id}`, given: ['Nora'] }], birthDate: '1950-01-02' };
  const asked = {
    resourceType: 'ServiceRequest',
    id: `r-${id}`,
    status: 'active',
    intent: 'order',
    subject: { reference: `Patient/${id}` },
  };
  return {
    resourceType: 'Bundle',
    type: 'collection',
    entry: [patient, { ...asked, ...request }, ...more].map((resource) => ({ resource })),
  };
}

async function one(json: unknown): Promise<Line> {
  const { lines } = await intake('-', JSON.stringify(json));
  expect(lines).toHaveLength(1);
  return lines[0]!;
}

function reasonsOf({ outcome, reasons }: Line): string {
  return [outcome, ...(reasons ?? []).map(({ code, path }) => `${code} ${path}`.trim())].join(' ');
}

describe('what cannot be read is refused whole, the element named, and nothing is stored', () => {
  it('not UTF-8, not JSON, not base R4, STU3, an unknown column', async () => {
    await one(bundle({ code: OT }));
    const before = (await eventsIn(folder)).length;
    const { code, lines } = await intake(join(fixtures, 'malformed'));
    expect(code).toBe(1);
    expect(new Set(lines.map(({ outcome }) => outcome))).toEqual(new Set(['refused']));
    for (const { reasons, reference } of lines) {
      expect(reasons?.length).toBeGreaterThan(0);
      expect(reference).toBeNull();
    }
    const byFile = Object.fromEntries(lines.map((line) => [line.file.slice(join(fixtures, 'malformed/').length), reasonsOf(line)]));
    expect(byFile).toMatchObject({
      'not-utf-8.json': 'refused not-utf-8',
      'not-json.json': 'refused not-json',
      'unknown-element.json': 'refused invalid-fhir Bundle.entry[0].resource.favouriteColour',
      'impossible-date.json': 'refused invalid-fhir Bundle.entry[0].resource.birthDate',
      'stu3-referral-request.json': 'refused fhir-version ReferralRequest',
      'unknown-column.csv': 'refused unknown-field shoe_size',
    });
    expect(await eventsIn(folder)).toHaveLength(before);
  });

  it('a resource that nobody asked about refuses the sound request beside it', async () => {
    const before = (await eventsIn(folder)).length;
    const line = await one(bundle({ code: OT }, [{ resourceType: 'Practitioner', shoeSize: 7 }]));
    expect(reasonsOf(line)).toBe('refused invalid-fhir Bundle.entry[2].resource.shoeSize');
    expect(await eventsIn(folder)).toHaveLength(before);
  });
});

test('who is sent away, who is taken, and who is taken for a person to read', async () => {
  const cases: [object, string][] = [
    [bundle({ code: PHYSIO }), 'not-this-service other-service Bundle.entry[1].resource.code'],
    [bundle({ code: PHYSIO, priority: 'urgent' }), 'not-this-service other-service Bundle.entry[1].resource.code'],
    [bundle({ code: PHYSIO, priority: 'stat' }), 'not-this-service other-service Bundle.entry[1].resource.code'],
    [bundle({ code: OT }), 'accepted'],
    [bundle({ code: { text: 'Occupational therapy please' } }), 'accepted'],
    [bundle({}), 'accepted'],
    [bundle({ code: { coding: [{ system: 'http://snomed.info/sct', code: '410158009' }] } }), 'accepted'],
    [bundle({ code: OT, status: 'draft' }), 'refused status-not-taken Bundle.entry[1].resource.status'],
    [bundle({ code: OT, status: 'on-hold' }), 'accepted'],
    [bundle({ code: OT, status: 'revoked' }), 'refused unknown-referral ServiceRequest.identifier'],
    [bundle({ code: OT, subject: { display: 'Somebody by name only' } }), 'refused subject-not-found Bundle.entry[1].resource.subject'],
    [bundle({ code: OT, subject: { identifier: { system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9990001234' } } }), 'accepted'],
    [{ resourceType: 'Patient', name: [{ family: 'Nobody' }] }, 'not-this-service no-referral'],
  ];
  const ndjson = join(top, 'cases.ndjson');
  writeFileSync(ndjson, cases.map(([json]) => JSON.stringify(json)).join('\n'));
  const { lines } = await intake(ndjson);
  expect(lines.map(({ item }) => item)).toEqual(cases.map((_, i) => `line ${i + 1}`));
  expect(lines.map(reasonsOf)).toEqual(cases.map(([, expected]) => expected));
});

describe('the same item again', () => {
  it('unchanged is the first answer, in a file, in a folder and from standard input; changed it adds information', async () => {
    const json = bundle({ code: OT, identifier: [{ system: 'https://sender.example/referrals', value: 'A-1' }] });
    const first = await one(json);
    expect(first).toMatchObject({ outcome: 'accepted', replayed: false });
    const from = join(top, 'again');
    mkdirSync(from);
    writeFileSync(join(from, 'one.json'), JSON.stringify(json));
    const before = (await eventsIn(folder)).length;
    const { code, lines } = await intake(`${from}/`);
    expect({ code, lines }).toEqual({ code: 0, lines: [{ ...first, file: `${from}/one.json`, replayed: true }] });
    expect(await eventsIn(folder)).toHaveLength(before);

    const changed = structuredClone(json);
    Object.assign(changed.entry[1]!.resource, { reasonCode: [{ text: 'Fell again last night' }] });
    const { reference } = first;
    expect(await one(changed)).toMatchObject({ outcome: 'linked', reference, linkedTo: reference, replayed: false });
    expect(await one(changed)).toMatchObject({ outcome: 'linked', reference, linkedTo: reference, replayed: true });
    expect(await one(json)).toEqual({ ...first, replayed: true });

    const revoked = structuredClone(json);
    Object.assign(revoked.entry[1]!.resource, { status: 'revoked' });
    expect(await one(revoked)).toMatchObject({ outcome: 'linked', reference, linkedTo: reference, replayed: false });
    expect(await one(revoked)).toMatchObject({ outcome: 'linked', reference, linkedTo: reference, replayed: true });
  });

  it('a row of a list is the same row in another file', async () => {
    const csv = 'family_name,given_names,birth_date,reason,agreement\nGrove-Fictional,Ines,03/02/1950,Falls,agreed\n';
    const { lines: first } = await intake('-', csv);
    const { lines: second } = await intake('-', `\ufeff${csv}`);
    expect(second).toEqual(first.map((line) => ({ ...line, replayed: true })));
  });

  it('another for somebody with an open referral is added to it', async () => {
    const json = bundle({ code: OT });
    const { reference } = await one(json);
    const other = structuredClone(json);
    Object.assign(other.entry[1]!.resource, { id: 'another', note: [{ text: 'Seen by the nurse today' }] });
    const linked = await one(other);
    expect(linked).toMatchObject({ outcome: 'linked', linkedTo: reference });
    expect(linked.reference).not.toBe(reference);
  });
});

test('a message that was sent before is the first answer; with other content it is a duplicate', async () => {
  const text = readFileSync(join(fixtures, 'bars-new.json'), 'utf8');
  const first = await one(JSON.parse(text));
  expect(first).toMatchObject({ item: 'ServiceRequest/b-77', outcome: 'accepted', replayed: false });
  expect(await one(JSON.parse(text))).toEqual({ ...first, replayed: true });
  const message = JSON.parse(text) as { entry: { resource: { resourceType: string; reasonCode?: object[] } }[] };
  const request = message.entry.find(({ resource }) => resource.resourceType === 'ServiceRequest');
  request!.resource.reasonCode = [{ text: 'Something else' }];
  const before = (await eventsIn(folder)).length;
  expect(reasonsOf(await one(message))).toMatch(/^refused duplicate /);
  expect(await eventsIn(folder)).toHaveLength(before);
});

test('folders are walked in name order, other files left alone, and what cannot be opened is said of that file', async () => {
  const from = join(top, 'walk');
  mkdirSync(join(from, 'b'), { recursive: true });
  cpSync(join(fixtures, 'plain-referral.json'), join(from, 'b/one.json'));
  cpSync(join(fixtures, 'no-referral.json'), join(from, 'a.JSON'));
  for (const name of ['letter.txt', 'b/notes.md']) writeFileSync(join(from, name), 'not ours');
  const { lines } = await intake(from);
  expect(lines.map(({ file }) => file)).toEqual([`${from}/a.JSON`, `${from}/b/one.json`]);
});

test('keyed in late, the clock starts when it was received', async () => {
  const json = bundle({ code: OT });
  const { out } = await waymark(folder, ['intake', '-', '--json', '--received-at', '2026-06-01T09:00:00+01:00'], JSON.stringify(json));
  const { reference } = JSON.parse(out) as Line;
  const shown = await waymark(folder, ['referral', 'show', String(reference), '--json']);
  expect(JSON.parse(shown.out)).toMatchObject({
    referral: { receivedAt: '2026-06-01T08:00:00.000Z', clock: { start: '2026-06-01' }, channel: 'fhir' },
  });
});

test('after all this the log verifies', async () => {
  expect(await waymark(folder, ['events', 'verify', '--json'])).toMatchObject({
    code: 0,
    out: expect.stringContaining('"ok":true') as string,
  });
});
