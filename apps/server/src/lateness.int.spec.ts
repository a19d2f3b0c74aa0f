/** A runner that really stands still while the log goes on: the alarm, health, and the end of both. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import { LogReader, openEventStore, type EventStore } from '@waymark/event-store';
import { derivedId } from '@waymark/kernel';
import { Automation, ReadSide, Runner } from '@waymark/projections';
import { eventDefinitions, readModels, timers } from '@waymark/read-models';
import pino from 'pino';
import { HealthController } from './health.controller';
import { KeysBesideLog } from './keys-beside-log';
import { watchLateness } from './lateness';

let folder: string;
let store: EventStore;
let now: number;
const clock = () => new Date(now);
beforeEach(() => {
  now = Date.parse('2026-11-24T10:00:00.000Z');
  folder = mkdtempSync(join(tmpdir(), 'waymark-lateness-'));
  store = openEventStore({ folder, synchronous: 'off', clock });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function happens(revision: number): Promise<void> {
  const id = derivedId('lateness', String(revision));
  const meta = { service: 'northbank', actor: 'machine', role: 'machine', commandId: id, correlationId: id };
  const event = { id, type: 'RoomPainted', schemaVersion: 1, occurredAt: clock().toISOString(), data: {}, meta };
  expect(await store.append('room-northbank-1', revision === 0 ? 'none' : revision - 1, [event])).toMatchObject({ outcome: 'appended' });
}

test('a runner that does not move for more than a minute is told of in the log and in health, until it has caught up', async () => {
  const log = new LogReader(folder, { hashes: false });
  await happens(0);
  const runner = new Runner({ folder, log, projections: readModels });
  runner.catchUp();
  const readSide = new ReadSide({ folder, log, projections: readModels, clock });
  const carryOut = async () => undefined;
  const automation = new Automation({ folder, store, readSide, carryOut, clock, timers, reactions: [], definitions: eventDefinitions });
  const module = await Test.createTestingModule({
    controllers: [HealthController],
    providers: [{ provide: ReadSide, useValue: readSide }, { provide: Automation, useValue: automation }, KeysBesideLog],
  }).compile();
  const app = module.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  const health = async () => {
    const answer = await fetch(`${await app.getUrl()}/health/ready`);
    const { status, checks } = (await answer.json()) as {
      status: string;
      checks: Record<string, { lagEvents: number; lagSeconds: number }>;
    };
    return { code: answer.status, status, waitlist: checks['waitlist'] };
  };
  const lines: { level: number; msg: string; behind?: { name: string }[] }[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) });
  const lateness = watchLateness(() => readSide.status(), logger);

  expect(lateness.look()).toBe(false);
  await happens(1);
  now += 60_000;
  expect([lateness.look(), await health()]).toMatchObject([false, { code: 200, status: 'up', waitlist: { lagEvents: 1, lagSeconds: 60 } }]);
  now += 1_000;
  expect([lateness.look(), await health()]).toMatchObject([
    true,
    { code: 503, status: 'down', waitlist: { lagEvents: 1, lagSeconds: 61 } },
  ]);
  expect(lines).toMatchObject([{ level: 50, msg: expect.stringContaining('more than 60 s behind') }]);
  expect(lines[0]!.behind!.map(({ name }) => name)).toEqual(readModels.map(({ name }) => name));

  runner.catchUp();
  expect([lateness.look(), await health()]).toMatchObject([false, { code: 200, status: 'up', waitlist: { lagEvents: 0, lagSeconds: 0 } }]);
  expect(lines.slice(1)).toMatchObject([{ level: 30, msg: expect.stringContaining('caught up') }]);

  lateness.stop();
  await app.close();
  runner.close();
  readSide.close();
});
