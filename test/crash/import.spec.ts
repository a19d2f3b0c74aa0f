/** `kill -9` in the middle of `waymark events import`: the folder is refused until the same command has ended, and then holds the log as it was. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportLine, LogReader, openEventStore } from '@waymark/event-store';
import { derivedId, type NewEvent } from '@waymark/kernel';
import { cliProgram, emptyFolder, environmentOf, removeFolder, waymark } from '../support/program';

// A busy machine starts programs slowly.
jest.setTimeout(120_000);

/** Each is a start of the command line. */
const KILLS = 2;
/** So many commits of the import that a kill falls between two of them. */
const STREAMS = 400;
const EVENTS = 100;

let root: string;
let folder: string;
let file: string;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'waymark-crash-import-'));
  folder = emptyFolder();
  file = join(root, 'log.ndjson');
  await exportedLog();
});
afterEach(() => {
  removeFolder(folder);
  rmSync(root, { recursive: true, force: true });
});

async function exportedLog(): Promise<void> {
  const store = openEventStore({ folder: join(root, 'from'), synchronous: 'off' });
  for (let n = 0; n < STREAMS; n++) {
    const commandId = derivedId('import', String(n));
    const meta = { service: 'northbank', actor: 'machine', role: 'machine', commandId, correlationId: commandId };
    const events = Array.from({ length: EVENTS }, (_, i): NewEvent => ({
      ...{ id: derivedId(commandId, String(i)), type: 'RoomPainted', schemaVersion: 1, occurredAt: '2026-11-24T10:00:00.000Z' },
      data: { colour: i },
      meta,
    }));
    await store.append(`room-northbank-${n}`, 'none', events);
  }
  await store.close();
  writeFileSync(file, await linesOf(join(root, 'from')));
}

/** As `events export` writes them. */
async function linesOf(folder: string): Promise<string> {
  const store = openEventStore({ folder, readOnly: true });
  const lines: string[] = [];
  for await (const event of store.readAll()) lines.push(`${JSON.stringify(exportLine(event))}\n`);
  await store.close();
  return lines.join('');
}

function eventsThere(): number {
  const log = new LogReader(folder, { hashes: false });
  try {
    return Number(log.head() ?? 0);
  } finally {
    log.close();
  }
}

/** Kills the import once it has written something more than there was; how many events it leaves. */
async function killed(before: number): Promise<number> {
  const child = spawn(process.execPath, [cliProgram, 'events', 'import', file], { env: await environmentOf(folder), stdio: 'ignore' });
  const ended = new Promise<string>((resolve) => child.once('close', (code, signal) => resolve(signal ?? `ended with ${code}`)));
  while (child.exitCode === null && (!existsSync(join(folder, 'log.db')) || eventsThere() <= before))
    await new Promise((resolve) => setTimeout(resolve, 2));
  child.kill('SIGKILL');
  expect(await ended).toBe('SIGKILL');
  return eventsThere();
}

test(`${KILLS} kills in the middle of an import leave nothing that looks whole, and the same command goes on`, async () => {
  let there = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const left = await killed(there);
    // Inside: something was written, and something is missing.
    expect(left).toBeGreaterThan(there);
    expect(left).toBeLessThan(STREAMS * EVENTS);
    expect(existsSync(join(folder, 'half-filled'))).toBe(true);
    there = left;
  }
  const halfFilled = expect.stringMatching(/^The data folder is only half filled: waymark events import/) as string;
  expect(await waymark(folder, ['events', 'export'])).toEqual({ code: 3, out: '', err: halfFilled });
  expect(await waymark(folder, ['events', 'verify', '--json'])).toEqual({
    code: 1,
    out: expect.stringContaining(`"ok":true,"events":${there}`) as string,
    err: halfFilled,
  });

  expect(await waymark(folder, ['events', 'import', file, '--json'])).toMatchObject({
    code: 0,
    out: `${JSON.stringify({ events: STREAMS * EVENTS, verified: true })}\n`,
  });
  expect(existsSync(join(folder, 'half-filled'))).toBe(false);
  expect((await linesOf(folder)) === readFileSync(file, 'utf8')).toBe(true);
});
