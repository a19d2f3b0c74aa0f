/** Whether the test server is like the node: the probes that recorded a real one are run against it, and every difference would be printed. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEventStoreServer } from '../support/eventstoredb';
import { describeOver, MATERIAL } from './material';

const PROBES = '../eventstoredb-probe';
const root = join(__dirname, '../..');

/** What the probes run and do not compare: what varied on the node itself, or depends on what else is in a log. */
const NOT_COMPARED: readonly (readonly [scenario: string, howMany: number, why: string])[] = [
  ['3q same event sent 50 times at once', 1, 'a node answers at once, or by a time-out after 2 to 3 s: here the fault resend-times-out'],
  ['4.2 every event of $all', 1, 'varied on the node'],
  ['4.4 an acknowledged append read at once', 1, 'varied on the node'],
  ['7.1 from a position', 7, 'depends on what else is in the log'],
  ['7.5 nothing matches: from START', 1, 'depends on what else is in the log'],
  ['7.11 resume from a checkpoint whose commit differs', 1, 'varied on the node'],
  ['7.12 checkpoint positions', 6, 'varied on the node'],
  ['12.1 stream name " "', 1, 'a fixed name, which holds something from the second run on'],
  ['12.1 stream name "$all"', 1, 'a fixed name, which holds something from the second run on'],
];

interface Outcome {
  readonly scenario: string;
}

describeOver(PROBES, () => {
  let said = '';
  let code: number | null = null;
  let outcomes: readonly Outcome[] = [];

  beforeAll(async () => {
    const server = await startEventStoreServer();
    const folder = mkdtempSync(join(tmpdir(), 'waymark-probes-'));
    const json = join(folder, 'outcomes.json');
    const program = join(MATERIAL, PROBES, 'compare.mjs');
    const child = spawn(process.execPath, [program, '--path', 'unary', '--json', json], {
      cwd: root,
      env: { ...process.env, EVENTSTOREDB_URL: server.url },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const output of [child.stdout, child.stderr]) output.setEncoding('utf8').on('data', (text: string) => (said += text));
    code = await new Promise((resolve) => child.once('close', resolve));
    if (code === 0) outcomes = JSON.parse(readFileSync(json, 'utf8')) as Outcome[];
    rmSync(folder, { recursive: true, force: true });
    await server.stop();
  }, 600_000);

  it('gives the answers of a real node, all 198 of them', () => {
    expect(said).toContain('198 same, 0 different, 20 not compared because the node varies, 0 not recorded');
    expect(code).toBe(0);
  });

  it.each(NOT_COMPARED)('runs and does not compare %s (%i): %s', (scenario, howMany) => {
    expect(outcomes.filter((outcome) => outcome.scenario.startsWith(scenario))).toHaveLength(howMany);
  });

  it('leaves out nothing else', () => {
    expect(NOT_COMPARED.reduce((sum, [, howMany]) => sum + howMany, 0)).toBe(20);
    expect(outcomes).toHaveLength(218);
  });
});
