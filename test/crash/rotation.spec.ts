/** `kill -9` while keys are put under a new master key: whatever moment it was, the folder opens and nothing is lost. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineEvents, derivedId, personal, type NewEvent, type RecordedEvent } from '@waymark/kernel';
import { People } from '@waymark/people';
import { z } from 'zod';

const KILLS = Number(process.env['WAYMARK_CRASH_KILLS'] ?? 10);
const ROTATOR = join(__dirname, 'support', 'rotator.js');
const MAKES_NEXT_KEY = join(__dirname, 'support', 'makes-next-key.js');
const PEOPLE = 2_000;

const { Told } = defineEvents({
  Told: z.strictObject({ personId: z.uuid(), words: personal(z.string(), { subjectField: 'personId', kind: 'clinical' }) }),
});
const folder = mkdtempSync(join(tmpdir(), 'waymark-rotation-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function fill(): Promise<RecordedEvent[]> {
  const people = People.open({ folder });
  const sealed = await Promise.all(
    Array.from({ length: PEOPLE }, async (_, n): Promise<RecordedEvent> => {
      const id = derivedId('person', String(n));
      const meta = { service: 'northbank', actor: 'system', role: 'system', commandId: id, correlationId: id };
      const event: NewEvent = {
        id,
        type: 'Told',
        schemaVersion: 1,
        occurredAt: '2026-11-24T09:00:00.000Z',
        data: { personId: id, words: `${n}` },
        meta,
      };
      return (await people.seal(`referral-northbank-${n}`, [event], { Told }))[0] as unknown as RecordedEvent;
    }),
  );
  people.close();
  return sealed;
}

it(`after ${KILLS} kills every key opens what it sealed`, async () => {
  const sealed = await fill();
  let rotations = 0;
  for (let run = 0; run < KILLS; run++) {
    const child = spawn(process.execPath, [ROTATOR, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (rotations += text.split('rotated').length - 1));
    const died = once(child, 'exit');
    await once(child.stdout, 'data');
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 200));
    child.kill('SIGKILL');
    expect((await died)[1]).toBe('SIGKILL');

    const people = People.open({ folder });
    expect(sealed.map((event) => people.open(event).data['words'])).toEqual(sealed.map((_, n) => `${n}`));
    people.close();
  }
  expect(rotations).toBeGreaterThanOrEqual(KILLS);
});

it('a next key that could not be written whole is not there', () => {
  rmSync(join(folder, 'master.key.next'), { force: true });
  // No file may grow: whoever writes has opened its file, and dies or is refused at the first byte.
  const { status } = spawnSync('sh', ['-c', 'ulimit -f 0; exec "$0" "$@"', process.execPath, MAKES_NEXT_KEY, folder], { stdio: 'ignore' });
  expect(status).not.toBe(0);
  expect(existsSync(join(folder, 'master.key.next'))).toBe(false);
  People.open({ folder }).close();
});
