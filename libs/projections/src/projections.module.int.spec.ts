/** The read side as a server and a command have it from Nest. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Global, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EVENT_STORE, openEventStore, type EventStore } from '@waymark/event-store';
import { FolderHasRunner, takeRunnerLock } from './lock';
import { ProjectionsModule, type ProjectionsOptions } from './projections.module';
import { ReadSide } from './read-side';
import { eventDefinitions, newEvent, planned, readModels } from './testing/visits';

// Each test starts a thread or a process of its own, which a busy machine does slowly.
jest.setTimeout(60_000);

let folder: string;
let store: EventStore;
let running: INestApplicationContext[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-module-'));
  store = openEventStore({ folder, synchronous: 'off' });
  running = [];
});
afterEach(async () => {
  for (const application of running) await application.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(role: ProjectionsOptions['role'], address: string): Promise<ReadSide> {
  @Global()
  @Module({ providers: [{ provide: EVENT_STORE, useValue: store }], exports: [EVENT_STORE] })
  class StoreModule {}

  const projections = ProjectionsModule.register({
    folder,
    projections: readModels,
    definitions: eventDefinitions,
    modelsModule: join(__dirname, 'testing/visits.ts'),
    role,
    address,
    execArgv: ['-r', join(__dirname, 'testing/typescript.cjs')],
  });
  @Module({ imports: [StoreModule, projections] })
  class ApplicationModule {}

  const application = await NestFactory.createApplicationContext(ApplicationModule, { logger: false, abortOnError: false });
  running.push(application);
  return application.get(ReadSide);
}

let made = 0;
async function append(): Promise<string> {
  const happening = planned(`v${++made}`);
  const result = await store.append(happening.stream, 'none', [newEvent(happening, made)]);
  return result.outcome === 'appended' ? result.events.at(-1)!.position : '';
}

async function count(readSide: ReadSide): Promise<number> {
  return (await readSide.db.selectFrom(readSide.tableOf('visits')).selectAll().execute()).length;
}

it('a server shows what was appended, and tells subscribers when it does', async () => {
  await append();
  const readSide = await start('server', 'http://127.0.0.1:3000');
  expect(await readSide.waitFor((await store.head())!, 10_000)).toBe(true);

  const changes: string[] = [];
  readSide.changes.subscribe(({ position }) => changes.push(position));
  const position = await append();

  expect(await readSide.waitFor(position, 10_000)).toBe(true);
  expect(changes.at(-1)).toBe(position);
  expect(await count(readSide)).toBe(2);
});

it('a second server on the same folder is refused with the address of the first', async () => {
  await start('server', 'http://127.0.0.1:3000');

  const refused = await start('server', 'http://127.0.0.1:3001').catch((fault: unknown) => fault);

  expect(refused).toBeInstanceOf(FolderHasRunner);
  expect((refused as FolderHasRunner).address).toBe('http://127.0.0.1:3000');
});

it('a command beside a server reads what the server has made', async () => {
  const server = await start('server', 'http://127.0.0.1:3000');
  const command = await start('cli', 'waymark show');
  const position = await append();

  expect(await command.waitFor(position, 10_000)).toBe(true);
  expect(await count(command)).toBe(1);
  expect(command.position('visits')).toBe(server.position('visits'));
});

it('a command without a server catches up before it answers, and a server that starts meanwhile waits for it', async () => {
  await append();
  const command = await start('cli', 'waymark show');
  expect(await count(command)).toBe(1);

  const starting = start('server', 'http://127.0.0.1:3000');
  await running.pop()!.close();
  const server = await starting;

  await append();
  expect(await server.waitFor((await store.head())!, 10_000)).toBe(true);
});

it('leaves the folder to others when it is closed', async () => {
  await start('server', 'http://127.0.0.1:3000');
  await running.pop()!.close();

  takeRunnerLock(folder, { address: 'the next one' }).release();
});
