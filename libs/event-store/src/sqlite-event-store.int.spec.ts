import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { LogUnusable, UnknownAppendOutcome } from './event-store';
import { openForWriting } from './log-file';
import { openEventStore, type SqliteEventStore } from './sqlite-event-store';
import { appendable, eventStoreContract, testFolders } from './testing';

const newFolder = testFolders();

eventStoreContract('the SQLite store', (options) => openEventStore({ folder: newFolder(), synchronous: 'off', ...options }));

describe('the SQLite log', () => {
  const opened: SqliteEventStore[] = [];
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });
  const open = (folder: string, options: { readOnly?: boolean; clock?: () => Date } = {}): SqliteEventStore => {
    const store = openEventStore({ folder, synchronous: 'off', ...options });
    opened.push(store);
    return store;
  };
  const raw = (folder: string): Database.Database => new Database(join(folder, 'log.db'));

  it('leaves others their turn while a reader catches up, whatever it does with an event', async () => {
    const store = open(newFolder());
    await store.append(
      'referral-northbank-1',
      'none',
      Array.from({ length: 200 }, () => appendable('A')),
    );
    let turns = 0;
    let reading = true;
    const others = (async () => {
      while (reading) {
        await new Promise((resolve) => setImmediate(resolve));
        turns++;
      }
    })();
    for await (const { revision } of store.readAll()) {
      const until = performance.now() + 1;
      while (performance.now() < until) expect(revision).toBeLessThan(200);
    }
    reading = false;
    await others;
    // A fifth of a second of work on one page.
    expect(turns).toBeGreaterThan(10);
  });

  it('a refusal uses up no position, and a log read as a whole is dense and in the order of its appends', async () => {
    const store = open(newFolder());
    await store.append('referral-northbank-1', 'none', [appendable('A')]);
    await store.append('referral-northbank-1', 'none', [appendable('B'), appendable('C')]);
    await store.append('referral-northbank-1', 7, [appendable('D')]);
    await Promise.all(['E', 'F', 'G'].map((type) => store.append(`referral-northbank-${type}`, 'none', [appendable(type)])));
    const events = [];
    for await (const { type, position } of store.readAll()) events.push([type, Number(position)]);
    expect(events).toEqual([
      ['A', 1],
      ['E', 2],
      ['F', 3],
      ['G', 4],
    ]);
  });

  it('makes folder and file on the first write, readable by their owner alone', async () => {
    const folder = join(newFolder(), 'data', 'of', 'northbank');
    const store = open(folder);
    expect(await store.read('referral-northbank-1')).toEqual([]);
    expect(await store.head()).toBeUndefined();
    expect(existsSync(folder)).toBe(false);
    const id = store.logId;
    await store.append('referral-northbank-1', 'none', [appendable('A')]);
    expect(store.logId).toBe(id);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(folder)) expect([file, statSync(join(folder, file)).mode & 0o777]).toEqual([file, 0o600]);
  });

  it('keeps its id and its events when it is opened again', async () => {
    const folder = newFolder();
    const first = open(folder);
    await first.append('referral-northbank-1', 'none', [appendable('A')]);
    await first.close();
    const second = open(folder);
    expect(second.logId).toBe(first.logId);
    expect(await second.read('referral-northbank-1')).toHaveLength(1);
  });

  it('refuses to change or delete an event, or to say that it is another log', async () => {
    const folder = newFolder();
    await open(folder).append('referral-northbank-1', 'none', [appendable('A')]);
    const db = raw(folder);
    for (const sql of ["UPDATE events SET type = 'B'", 'DELETE FROM events', "UPDATE log SET id = 'x'", 'DELETE FROM log']) {
      expect(() => db.exec(sql)).toThrow('append-only');
    }
    expect(() =>
      db.exec(
        "INSERT OR REPLACE INTO events SELECT position, id, stream, revision, service, 'B', schema_version, occurred_at, recorded_at, data, meta, previous_hash, hash FROM events",
      ),
    ).toThrow('append-only');
    db.close();
  });

  it('writes through to the disk unless a test says otherwise', () => {
    const db = openForWriting(newFolder(), 'log', new Date(), 'full');
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('busy_timeout', { simple: true })).toBe(0);
    db.close();
  });

  it('never gives a position a second time, even after its event was cut off behind its back', async () => {
    const folder = newFolder();
    const store = open(folder);
    await store.append('referral-northbank-1', 'none', [appendable('A'), appendable('B')]);
    await store.close();
    const db = raw(folder);
    db.exec('DROP TRIGGER events_never_go; DELETE FROM events WHERE position = 2');
    db.close();
    const result = await open(folder).append('referral-northbank-1', 0, [appendable('C')]);
    expect(result).toMatchObject({ outcome: 'appended', events: [{ revision: 1, position: '00000000000000000003' }] });
  });

  it('a fault in the middle of one append leaves nothing of it, and its neighbours of that moment stand', async () => {
    const store = open(newFolder());
    const faulty = { ...appendable('D'), id: null as never };
    const results = await Promise.allSettled([
      store.append('referral-northbank-1', 'none', [appendable('A'), appendable('B')]),
      store.append('referral-northbank-2', 'none', [appendable('C'), faulty]),
      store.append('referral-northbank-3', 'none', [faulty]),
      store.append('referral-northbank-4', 'none', [appendable('E')]),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    const stored = [];
    for await (const event of store.readAll()) stored.push([event.type, Number(event.position)]);
    expect(stored).toEqual([
      ['A', 1],
      ['B', 2],
      ['E', 3],
    ]);
  });

  describe('a folder that cannot be served', () => {
    it('was written by a newer program', async () => {
      const folder = newFolder();
      const store = open(folder);
      await store.append('referral-northbank-1', 'none', [appendable('A')]);
      await store.close();
      const db = raw(folder);
      db.exec('DROP TRIGGER log_never_changes; UPDATE log SET format = 2');
      db.close();
      expect(() => open(folder)).toThrow(LogUnusable);
      expect(() => open(folder, { readOnly: true })).toThrow('newer Waymark (format 2');
    });

    it('holds something else under that name', () => {
      const folder = newFolder();
      writeFileSync(join(folder, 'log.db'), 'not a database, though long enough to look like one'.repeat(100));
      expect(() => open(folder)).toThrow(LogUnusable);
    });

    it('has a folder where the log should be', () => {
      const folder = newFolder();
      mkdirSync(join(folder, 'log.db'));
      expect(() => open(folder)).toThrow(LogUnusable);
      chmodSync(folder, 0o700);
    });
  });

  describe('several at one folder', () => {
    it('two stores that append to the same streams lose nothing and agree on one order', async () => {
      const folder = newFolder();
      const stores = [open(folder), open(folder)];
      const counts = await Promise.all(
        stores.map(async (store) => {
          let appended = 0;
          for (let n = 0; n < 60; n++) {
            const head = (await store.read('referral-northbank-1')).at(-1)?.revision ?? 'none';
            const { outcome } = await store.append('referral-northbank-1', head, [appendable('A')]);
            if (outcome === 'appended') appended++;
          }
          return appended;
        }),
      );
      expect(stores[0]!.logId).toBe(stores[1]!.logId);
      const history = await stores[0]!.read('referral-northbank-1');
      expect(history.map(({ revision }) => revision)).toEqual(Array.from({ length: counts[0]! + counts[1]! }, (_, n) => n));
      expect(await stores[1]!.read('referral-northbank-1')).toEqual(history);
    });

    it('one that has written itself reads at once what another has appended since', async () => {
      const folder = newFolder();
      const stores = [open(folder), open(folder)];
      for (const [n, event] of [appendable('A'), appendable('B'), appendable('C'), appendable('D')].entries()) {
        await stores[n % 2]!.append('referral-northbank-1', n === 0 ? 'none' : n - 1, [event]);
        for (const store of stores) expect((await store.read('referral-northbank-1')).at(-1)).toMatchObject({ id: event.id, revision: n });
      }
    });

    it('one that only reads sees a log that another makes after it, and never writes', async () => {
      const folder = newFolder();
      const reader = open(folder, { readOnly: true });
      await expect(reader.append('referral-northbank-1', 'none', [appendable('A')])).rejects.toThrow('read only');
      const writer = open(folder);
      await writer.append('referral-northbank-1', 'none', [appendable('A')]);
      expect(await reader.read('referral-northbank-1')).toEqual(await writer.read('referral-northbank-1'));
      expect(reader.logId).toBe(writer.logId);
    });

    it('a live reader sees what another process appends', async () => {
      const folder = newFolder();
      const store = open(folder);
      await store.append('referral-northbank-1', 'none', [appendable('A')]);
      // What another process does, reduced to what SQLite sees of it.
      const other = `
        const db = require('better-sqlite3')(${JSON.stringify(join(folder, 'log.db'))});
        db.exec("INSERT INTO events (id, stream, revision, service, type, schema_version, occurred_at, recorded_at, data, meta, previous_hash, hash)"
          + " SELECT 'other', stream, 1, service, 'FromAnotherProcess', 1, occurred_at, recorded_at, data, meta, hash, 'h' FROM events")`;
      const seen: string[] = [];
      for await (const message of store.subscribe()) {
        if (message.kind === 'caught-up') spawn(process.execPath, ['-e', other], { stdio: 'inherit' });
        if (message.kind === 'event') seen.push(message.event.type);
        if (seen.length === 2) break;
      }
      expect(seen).toEqual(['A', 'FromAnotherProcess']);
    });

    it('waits for the lock of another without holding up its own process, then stores', async () => {
      const folder = newFolder();
      const store = open(folder);
      await store.append('referral-northbank-1', 'none', [appendable('A')]);
      const other = raw(folder);
      other.exec('BEGIN IMMEDIATE');
      const appended = store.append('referral-northbank-1', 0, [appendable('B')]);
      let turns = 0;
      for (; turns < 10; turns++) await new Promise((resolve) => setTimeout(resolve, 5));
      other.exec('COMMIT');
      other.close();
      expect(await appended).toMatchObject({ outcome: 'appended' });
      expect(turns).toBe(10);
    });

    it('a lock that is never let go makes the outcome unknown, and closing still comes to an end', async () => {
      const folder = newFolder();
      const store = open(folder);
      await store.append('referral-northbank-1', 'none', [appendable('A')]);
      const other = raw(folder);
      other.exec('BEGIN IMMEDIATE');
      await expect(store.append('referral-northbank-1', 0, [appendable('B')])).rejects.toThrow(UnknownAppendOutcome);
      await store.close();
      other.close();
    }, 20_000);
  });

  it('closes every file it opened, answering first what was appended before', async () => {
    const folder = newFolder();
    const store = open(folder);
    const last = store.append('referral-northbank-1', 'none', [appendable('A')]);
    await store.close();
    expect(await last).toMatchObject({ outcome: 'appended' });
    expect(readdirSync(folder)).toEqual(['log.db']);
    if (existsSync('/proc/self/fd')) {
      const { readlinkSync } = await import('node:fs');
      const files = readdirSync('/proc/self/fd').flatMap((descriptor) => {
        try {
          return [readlinkSync(`/proc/self/fd/${descriptor}`)];
        } catch {
          return [];
        }
      });
      expect(files.filter((file) => file.startsWith(folder))).toEqual([]);
    }
  });
});
