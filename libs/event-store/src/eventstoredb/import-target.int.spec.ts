/** A log of which an import has left only a part on the server: whoever is there already, and whoever comes. */
import { LogUnusable } from '../event-store';
import { importEvents } from '../import';
import { exportLine } from '../export';
import { memoryEventStore } from '../memory-event-store';
import { appendable } from '../testing/appendable';
import { all, appendTo, onServer, STREAM } from '../testing/on-server';
import { importIntoServer, importVerified } from './import-target';

const OTHER = 'referral-northbank-2';

/** The lines of a log of so many events. */
async function exported(events: number): Promise<string[]> {
  const store = memoryEventStore();
  for (let n = 0; n < events; n++) await store.append(STREAM, n === 0 ? 'none' : n - 1, [appendable('ReferralReceived')]);
  return (await all(store)).map((event) => JSON.stringify(exportLine(event)));
}

async function* these(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

test(
  'nobody opens a part of a log, and who has opened it when it was empty appends nothing to it, until the import is verified',
  onServer(async ({ server, records, open }) => {
    const early = await open();
    const lines = await exported(3);
    await importEvents({ target: await importIntoServer(server.url), lines: these(lines.slice(0, 2)) });

    await expect(open()).rejects.toThrow(/only a part/);
    const known = records.all.length;
    await expect(early.append(OTHER, 'none', [appendable('ReferralReceived')])).rejects.toThrow(LogUnusable);
    expect(records.all).toHaveLength(known);

    await importEvents({ target: await importIntoServer(server.url), lines: these(lines) });
    await expect(open()).rejects.toThrow(/only a part/);
    await importVerified(server.url);
    await importVerified(server.url);
    expect(records.of('waymark-log').map(({ type }) => type)).toEqual(['LogCreated', 'ImportBegun', 'ImportEnded']);
    expect(await appendTo(early, OTHER, 'none')).toHaveLength(1);
    expect(await all(await open())).toHaveLength(4);
  }),
);

test(
  'a log that nobody has imported is said to be nothing else',
  onServer(async ({ server, records, open }) => {
    await appendTo(await open(), STREAM, 'none');
    await importVerified(server.url);
    expect(records.of('waymark-log')).toHaveLength(1);
  }),
);
