/** One runner a folder, for as long as it lives. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderHasRunner, takeRunnerLock } from './lock';

// Each test starts a thread or a process of its own, which a busy machine does slowly.
jest.setTimeout(60_000);

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'waymark-lock-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function refusal(): FolderHasRunner {
  try {
    takeRunnerLock(folder, { address: 'the second' });
  } catch (fault) {
    if (fault instanceof FolderHasRunner) return fault;
    throw fault;
  }
  throw new Error('The second was let in');
}

it('refuses a second runner, with the address of the first', () => {
  const lock = takeRunnerLock(folder, { address: 'http://127.0.0.1:3000' });

  expect(refusal().address).toBe('http://127.0.0.1:3000');
  expect(refusal().message).toContain('http://127.0.0.1:3000');
  expect(refusal().holder).toEqual({ address: 'http://127.0.0.1:3000', role: 'server', pid: process.pid });
  lock.release();
});

it('tells the second where the first listens as soon as that is known', () => {
  const lock = takeRunnerLock(folder, { address: 'a server that is just starting' });

  lock.tell('http://127.0.0.1:43210');

  expect(refusal().holder).toEqual({ address: 'http://127.0.0.1:43210', role: 'server', pid: process.pid });
  lock.release();
});

it('lets the next one in when the first has let go', () => {
  takeRunnerLock(folder, { address: 'the first' }).release();

  const lock = takeRunnerLock(folder, { address: 'the second' });
  expect(refusal().address).toBe('the second');
  lock.release();
});

it('holds against another process, and ends with the process that held it, however that ended', async () => {
  const child = spawn(
    process.execPath,
    ['-r', join(__dirname, 'testing/typescript.cjs'), join(__dirname, 'testing/lock-holder.ts'), folder],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  expect(refusal().holder).toEqual({ address: 'the child', role: 'server', pid: child.pid });

  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;

  takeRunnerLock(folder, { address: 'the parent' }).release();
});
