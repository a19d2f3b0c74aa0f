/** Every collection of the real material, and our own fixtures, through the built program: each item comes to what the stored tables say. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyFolder, removeFolder, root, waymark } from '../support/program';
import { describeOver, MATERIAL, tableOf } from './material';

// Every command is a process of its own; on a busy machine each takes seconds to start.
jest.setTimeout(300_000);

let folder: string;
beforeAll(() => (folder = emptyFolder()));
afterAll(() => removeFolder(folder));

interface Line {
  readonly file: string;
  readonly item: string | null;
  readonly outcome: string;
  readonly reference: string | null;
  readonly reasons: readonly { code: string; path: string }[] | null;
}

async function takenIn(from: string): Promise<Line[]> {
  const { code, out, err } = await waymark(folder, ['intake', from, '--json']);
  const lines = out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
  expect(err).not.toContain('waymark itself');
  expect(code).toBe(lines.some(({ outcome }) => outcome === 'refused') ? 1 : 0);
  return lines;
}

/** What the whole program may answer where the table says what the file asks for. */
function outcomesFor(kind: string): RegExp {
  if (kind === 'referral' || kind === 'information') return /^(accepted|linked)$/;
  // Whether there is anything to take back depends on what came before.
  if (kind === 'withdraw' || kind === 'enter-in-error') return /^(linked|refused,? unknown-referral ServiceRequest\.identifier)$/;
  return new RegExp(`^${kind.replaceAll(/[.[\]]/g, '\\$&')}$`);
}

function verdictOf({ outcome, reasons }: Line, all: boolean): string {
  const said = (all ? (reasons ?? []) : (reasons ?? []).slice(0, 1)).map(({ code, path }) => `${code} ${path}`.trim());
  return [outcome, ...said].join(all ? ', ' : ' ');
}

function byFile(lines: readonly Line[], from: string): Map<string, Line[]> {
  const files = new Map<string, Line[]>();
  for (const line of lines) {
    const name = line.file.slice(from.length + 1);
    files.set(name, [...(files.get(name) ?? []), line]);
  }
  return files;
}

for (const collection of ['bars-api', 'ers-api', 'fhir-validity', 'intl-referral-fhir', 'pds-api', 'ukcore-examples']) {
  describeOver(collection, () => {
    it('comes to what its table says', async () => {
      const from = join(MATERIAL, collection);
      const files = byFile(await takenIn(from), from);
      const table = tableOf(collection);
      for (const [name, expected] of Object.entries(table)) {
        const verdicts = (files.get(name) ?? []).map((line) => verdictOf(line, false));
        const wanted = [expected].flat().map((one) => one.replace(/ read-now$/, ''));
        expect({ name, verdicts }).toEqual({ name, verdicts: wanted.map((one) => expect.stringMatching(outcomesFor(one)) as string) });
      }
    });
  });
}

const fixtures = join(root, 'test/fixtures/intake');
/** Question 9 of the PHQ-9 is read, and none of the rules that are published now looks at it: a stricter rule takes it in. */
const BY_RULES_TO_COME = new Map([['other-service-with-safety.json', 'not-this-service, other-service Bundle.entry[1].resource.code']]);

test('our own fixtures come to what their table says', async () => {
  const files = byFile(await takenIn(fixtures), fixtures);
  const table = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8')) as Record<string, Record<string, string>>;
  for (const [name, items] of Object.entries(table)) {
    const got = Object.fromEntries((files.get(name) ?? []).map((line) => [line.item ?? 'the file', verdictOf(line, true)]));
    const wanted = Object.entries(items).map(([item, kind]) => {
      const ours = BY_RULES_TO_COME.get(name) ?? kind.replace(/, read-now$/, '');
      return [item, expect.stringMatching(outcomesFor(ours)) as string];
    });
    expect({ name, got }).toEqual({ name, got: Object.fromEntries(wanted) as object });
  }
});

(existsSync(MATERIAL) ? test : test.skip)(
  'everything that is there, whatever it is, has an answer, and the log is sound after it',
  async () => {
    const lines = await takenIn(MATERIAL);
    expect(lines.length).toBeGreaterThan(0);
    for (const { outcome, reference, reasons } of lines) {
      if (outcome === 'accepted' || outcome === 'linked') expect(reference).toMatch(/^\w{4}-\w{4}-\w{4}$/);
      else expect(reasons?.length).toBeGreaterThan(0);
    }
    const verified = await waymark(folder, ['events', 'verify', '--json']);
    expect(verified).toMatchObject({ code: 0, out: expect.stringContaining('"ok":true') as string });
  },
);
