/** The examples of docs/bench.md are run as they stand: what others copy must work. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const project = join(__dirname, '../..');
const page = readFileSync(join(project, 'docs/bench.md'), 'utf8');
const examples = [...page.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code!);

it('shows how to open the store and how to run a projection, each in the ten lines that others can copy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'waymark-examples-'));
  const said = examples.map((code) =>
    execFileSync(process.execPath, ['-e', code], { cwd: project, env: { ...process.env, FOLDER: folder }, encoding: 'utf8' }),
  );
  rmSync(folder, { recursive: true });

  const second = '00000000000000000002';
  expect(said).toEqual([
    `appended 2\n00000000000000000001 Noted\n${second} Noted\n`,
    expect.stringMatching(new RegExp(`^2 ${second} \\[.*visit-northbank-1.*notes: 2`)),
  ]);
});
