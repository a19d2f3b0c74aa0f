/** The copy of a log that lies on a server: equal to it event by event, whatever happens on the way, and never mistaken for another's. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordedEvent } from '@waymark/kernel';
import { Records } from '../../../test/support/eventstoredb';
import { UnknownAppendOutcome, type EventStore } from './event-store';
import { copyLog, dropForeignCopy } from './log-copy';
import { logFileIn } from './log-file';
import { LogReader } from './log-reader';
import { openEventStore } from './sqlite-event-store';
import { appendable, testFolders } from './testing';
import { all, appendTo, burst, onServer, STREAM, until } from './testing/on-server';
import { verifyLog } from './verify';

const newFolder = testFolders();
const TYPESCRIPT = join(__dirname, '../../projections/src/testing/typescript.cjs');

function logIdIn(folder: string): string | undefined {
  const reader = new LogReader(folder);
  try {
    return reader.logId;
  } finally {
    reader.close();
  }
}

async function eventsIn(folder: string): Promise<RecordedEvent[]> {
  const copy = openEventStore({ folder, readOnly: true });
  try {
    return await all(copy);
  } finally {
    await copy.close();
  }
}

/** Until it has caught up. */
async function copied(folder: string, log: EventStore): Promise<void> {
  const done = new AbortController();
  await copyLog({ folder, of: log, signal: done.signal, caughtUp: () => done.abort() });
}

async function sameAs(folder: string, log: EventStore): Promise<void> {
  expect(logIdIn(folder)).toBe(log.logId);
  expect(await eventsIn(folder)).toEqual(await all(log));
}

it.concurrent(
  'Equals the log event by event, and verifies as it',
  onServer(async ({ open }) => {
    const [log, folder] = [await open(), newFolder()];
    const data = { text: 'Zoë “quoted” \u0000 日本 👩‍⚕️', numbers: [0.1, 1e21, 5e-324], nothing: null, nested: { '': [[true]] } };
    await log.append(STREAM, 'none', [appendable('A', data, { schemaVersion: 3, meta: { causationId: 'c', fingerprint: 'f' } })]);
    for (let n = 0; n < 20; n++) await appendTo(log, `bell-northbank-${n}`, 'none', 3);
    await copied(folder, log);
    await sameAs(folder, log);
    expect(await verifyLog(folder, [], { sparse: true })).toMatchObject({ events: 61, problems: [] });
  }),
);

it.concurrent(
  'Is read in pages as any log, though positions on a server lie far apart: each mark of a reader is the place of an event',
  onServer(async ({ records, open }) => {
    const [log, folder] = [await open(), newFolder()];
    await appendTo(log, STREAM, 'none');
    await burst(records, ['bell-northbank-1', 'bell-northbank-2'], 500);
    await copied(folder, log);
    const copy = openEventStore({ folder, readOnly: true });
    const events = await all(copy);
    for (const filter of [{}, { types: ['B'] }, { streamPrefixes: ['bell-northbank-2'] }]) {
      let marks = 0;
      for await (const message of copy.subscribe({ filter })) {
        if (message.kind !== 'event') expect(await copy.hashAt(message.position!)).toEqual(expect.any(String));
        if (message.kind === 'checkpoint') marks++;
        if (message.kind === 'caught-up') break;
      }
      // One a page of 500 events, however many positions these are.
      expect(marks).toBeLessThanOrEqual(3);
    }
    expect(events).toHaveLength(1_001);
    await copy.close();
  }),
);

it.concurrent(
  'Follows the log live, through a burst, and stops at the signal with all that it was given',
  onServer(async ({ server, records, open }) => {
    const [log, folder] = [await open(), newFolder()];
    await appendTo(log, STREAM, 'none');
    const stop = new AbortController();
    let caughtUp = false;
    const copying = copyLog({ folder, of: log, signal: stop.signal, caughtUp: () => (caughtUp = true) });
    await until(() => caughtUp);
    await burst(records, ['bell-northbank-1', 'bell-northbank-2', 'bell-northbank-3'], 1_000);
    const [last] = await appendTo(log, STREAM, 0);
    const reader = new LogReader(folder);
    await until(() => reader.head() === last!.position);
    reader.close();
    stop.abort();
    await copying;
    expect(server.counters.calls.subscribe).toBeGreaterThan(1);
    await sameAs(folder, log);
  }),
);

it.concurrent(
  'Takes the id of the log that another process has begun while it waited for the first event',
  onServer(async ({ open }) => {
    const [waiting, folder] = [await open(), newFolder()];
    const stop = new AbortController();
    const copying = new Promise<void>((caughtUp, failed) => {
      copyLog({ folder, of: waiting, signal: stop.signal, caughtUp }).catch(failed);
    });
    await copying;
    const writer = await open();
    await appendTo(writer, STREAM, 'none');
    await until(() => existsSync(logFileIn(folder)) && logIdIn(folder) !== undefined);
    stop.abort();
    expect(logIdIn(folder)).toBe(writer.logId);
    expect(await dropForeignCopy(folder, writer)).toBeUndefined();
  }),
);

it.concurrent(
  'Killed in the middle, it goes on where it was',
  onServer(async ({ server, records, open }) => {
    const [log, folder] = [await open(), newFolder()];
    await appendTo(log, STREAM, 'none');
    await burst(records, ['bell-northbank-1', 'bell-northbank-2', 'bell-northbank-3', 'bell-northbank-4'], 1_000);
    const copier = spawn(process.execPath, ['-r', TYPESCRIPT, join(__dirname, 'testing/copier.ts'), server.url, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(copier.stdout, 'data');
    copier.kill('SIGKILL');
    await once(copier, 'exit');
    expect(await dropForeignCopy(folder, log)).toBeUndefined();
    const before = await eventsIn(folder);
    expect(before.length).toBeGreaterThan(0);
    await copied(folder, log);
    await sameAs(folder, log);
    expect((await eventsIn(folder)).slice(0, before.length)).toEqual(before);
  }),
);

it.concurrent(
  'Of another log, or with another event at its head, or unreadable, it is thrown away, and says why',
  onServer(async ({ server, records, open }) => {
    const first = await open();
    await appendTo(first, STREAM, 'none', 3);
    const [ofAnother, ofOlder, spoilt] = [newFolder(), newFolder(), newFolder()];
    for (const folder of [ofAnother, ofOlder]) await copied(folder, first);
    writeFileSync(logFileIn(spoilt), 'no database, and long enough to be read as one '.repeat(100));

    // A backup from before the last append, which went on in another way: the same log, another event.
    const restored = new Records();
    restored.store('$epoch-information', records.of('$epoch-information'));
    for (const { stream, ...event } of records.all.filter(({ stream }) => !stream.startsWith('$'))) {
      if (restored.of(STREAM).length < 2) restored.store(stream, [event]);
    }
    await server.restart(restored);
    const older = await open();
    await appendTo(older, STREAM, 1, 2);
    expect(older.logId).toBe(first.logId);
    expect(await dropForeignCopy(ofOlder, older)).toMatch(/made again: the log holds another event, or none, at position \d{20}/);
    expect(existsSync(ofOlder)).toBe(false);
    expect(await dropForeignCopy(spoilt, older)).toMatch(/made again: it cannot be read/);

    // The same log in a database that is another one.
    const moved = new Records();
    for (const { stream, ...event } of records.all.filter(({ stream }) => !stream.startsWith('$'))) moved.store(stream, [event]);
    await server.restart(moved);
    expect(await dropForeignCopy(ofAnother, await open())).toMatch(/made again: the log lies in another database/);
    await copied(ofAnother, await open());

    await server.restart(new Records());
    const other = await open();
    await appendTo(other, STREAM, 'none');
    expect(await dropForeignCopy(ofAnother, other)).toMatch(/made again: it is of another log/);
    for (const folder of [ofAnother, ofOlder, spoilt]) {
      expect(await dropForeignCopy(folder, other)).toBeUndefined();
      await copied(folder, other);
      await sameAs(folder, other);
    }
  }),
);

it.concurrent(
  'Is not lost to a server that does not answer',
  onServer(async ({ relay, openBehind }) => {
    const [log, folder] = [await openBehind(), newFolder()];
    await appendTo(log, STREAM, 'none', 5);
    await copied(folder, log);
    relay.refuse();
    relay.cut();
    await expect(dropForeignCopy(folder, log)).rejects.toThrow(UnknownAppendOutcome);
    expect(relay.counters.refused).toBeGreaterThan(0);
    expect(await eventsIn(folder)).toHaveLength(5);
    relay.accept();
    await until(() => relay.counters.cut > 0);
    await sameAs(folder, log);
  }),
);
