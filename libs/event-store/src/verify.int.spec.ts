import { closeSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { hashOf } from './chain';
import { LogUnusable } from './event-store';
import { exportLine } from './export';
import { openEventStore } from './sqlite-event-store';
import { appendable, testFolders } from './testing';
import { verifyLog, type LogProblem } from './verify';

const newFolder = testFolders();
const file = (folder: string): string => join(folder, 'log.db');

/** 3 streams of 4 events, appended in turns: positions 1 to 12, revision r of stream s at 3r + s + 1. */
async function filled(folder = newFolder(), long = 0): Promise<string> {
  const store = openEventStore({ folder, synchronous: 'off' });
  for (let revision = 0; revision < 4; revision++) {
    for (let s = 0; s < 3; s++) {
      await store.append(`referral-northbank-${s}`, revision === 0 ? 'none' : revision - 1, [
        appendable('A', { revision, text: 'x'.repeat(long) }),
      ]);
    }
  }
  await store.close();
  return folder;
}

function tamper(folder: string, sql: string): void {
  const db = new Database(file(folder));
  db.exec(`DROP TRIGGER events_never_change; DROP TRIGGER events_never_go; DROP TRIGGER events_are_never_replaced; ${sql}`);
  db.close();
}

function at(problem: LogProblem): [LogProblem['kind'], number | null, string | null, number | null] {
  return [problem.kind, problem.position === null ? null : Number(problem.position), problem.stream, problem.revision];
}

describe('verifying a log', () => {
  it('a log as it was written is in order, and the check says what it cannot tell', async () => {
    const folder = await filled();
    const store = openEventStore({ folder, readOnly: true });
    const head = (await store.read('referral-northbank-2')).at(-1)!;
    await store.close();
    expect(await verifyLog(folder)).toEqual({
      ok: true,
      events: 12,
      streams: 3,
      head: { position: head.position, hash: head.hash },
      witness: 'none',
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      problems: [],
      note: expect.stringContaining('cannot be excluded'),
    });
  });

  it('a folder without a log is not a log in order', async () => {
    await expect(verifyLog(newFolder())).rejects.toThrow(LogUnusable);
  });

  it.each([
    ['its data', `UPDATE events SET data = replace(data, '"revision":1', '"revision":7') WHERE position = 5`],
    ['one space in its data', `UPDATE events SET data = replace(data, ':1', ': 1') WHERE position = 5`],
    ['who did it', `UPDATE events SET meta = replace(meta, 'system', 'sYstem') WHERE position = 5`],
    ['whose it is', `UPDATE events SET service = 'southbank' WHERE position = 5`],
    ['its type', `UPDATE events SET type = 'B' WHERE position = 5`],
    ['its id', `UPDATE events SET id = 'other' WHERE position = 5`],
    ['when it was recorded', `UPDATE events SET recorded_at = '2020-01-01T00:00:00.000Z' WHERE position = 5`],
    ['when it happened', `UPDATE events SET occurred_at = '2020-01-01T00:00:00.000Z' WHERE position = 5`],
    ['its version', `UPDATE events SET schema_version = 2 WHERE position = 5`],
  ])('an event of which somebody changed %s is named', async (_, sql) => {
    const folder = await filled();
    tamper(folder, sql);
    const { ok, problems } = await verifyLog(folder);
    expect(ok).toBe(false);
    expect(problems.map(at)).toEqual([['hash', 5, 'referral-northbank-1', 1]]);
  });

  it('an event that was changed and hashed anew is found by the one after it', async () => {
    const folder = await filled();
    const store = openEventStore({ folder, readOnly: true });
    const event = (await store.read('referral-northbank-1'))[1]!;
    await store.close();
    tamper(folder, `UPDATE events SET type = 'B', hash = '${hashOf({ ...event, type: 'B' })}' WHERE position = 5`);
    expect((await verifyLog(folder)).problems.map(at)).toEqual([['hash', 8, 'referral-northbank-1', 2]]);
  });

  it('an event that was taken out leaves a gap in the log and one in its stream', async () => {
    const folder = await filled();
    tamper(folder, 'DELETE FROM events WHERE position = 5');
    const { problems, events } = await verifyLog(folder);
    expect(problems.map(at)).toEqual([
      ['gap', 5, null, null],
      ['missing', 8, 'referral-northbank-1', 2],
    ]);
    expect(events).toBe(11);
  });

  it('a stream that lost its beginning is named, with what is missing', async () => {
    const folder = await filled();
    tamper(folder, "DELETE FROM events WHERE stream = 'referral-northbank-0' AND revision < 2");
    const { problems } = await verifyLog(folder);
    expect(problems.map(at)).toEqual([
      ['gap', 1, null, null],
      ['gap', 4, null, null],
      ['missing', 7, 'referral-northbank-0', 2],
    ]);
    expect(problems[2]!.message).toBe('Revisions 0 to 1 of the stream are missing');
  });

  it('a tail that was cut off is noticed as long as the counter of positions was left alone', async () => {
    const folder = await filled();
    tamper(folder, 'DELETE FROM events WHERE position > 10');
    expect((await verifyLog(folder)).problems.map(at)).toEqual([['gap', 11, null, null]]);
    const clever = await filled();
    tamper(clever, "DELETE FROM events WHERE position > 10; UPDATE sqlite_sequence SET seq = 10 WHERE name = 'events'");
    expect(await verifyLog(clever)).toMatchObject({ ok: true, note: expect.stringContaining('cut from the end') });
  });

  it('an event that comes before the one it follows is out of order', async () => {
    const folder = await filled();
    tamper(
      folder,
      'UPDATE events SET position = -1 WHERE position = 2; UPDATE events SET position = 2 WHERE position = 5; UPDATE events SET position = 5 WHERE position = -1',
    );
    expect((await verifyLog(folder)).problems.map(at)).toContainEqual(['revision', 2, 'referral-northbank-1', 1]);
  });

  it('an event slipped in before the first position is found', async () => {
    const folder = await filled();
    tamper(folder, 'UPDATE events SET position = -3 WHERE position = 12');
    expect((await verifyLog(folder)).problems.map(at)).toEqual([
      ['revision', null, null, null],
      ['gap', 12, null, null],
    ]);
  });

  it('one revision twice is found where the table no longer forbids it', async () => {
    const folder = await filled();
    const db = new Database(file(folder));
    db.exec(`CREATE TABLE copy AS SELECT * FROM events; DROP TABLE events;
      CREATE TABLE events (position INTEGER PRIMARY KEY AUTOINCREMENT, id, stream, revision, service, type, schema_version, occurred_at, recorded_at, data, meta, previous_hash, hash);
      INSERT INTO events SELECT * FROM copy; INSERT INTO events SELECT 13, id, stream, revision, service, type, schema_version, occurred_at, recorded_at, data, meta, previous_hash, hash FROM copy WHERE position = 5`);
    db.close();
    expect((await verifyLog(folder)).problems.map(at)).toEqual([
      ['revision', 5, 'referral-northbank-1', 1],
      ['revision', 13, 'referral-northbank-1', 1],
    ]);
  });

  it('data that is no JSON at all is unreadable, and the rest is still checked', async () => {
    const folder = await filled();
    tamper(folder, `UPDATE events SET data = 'gone' WHERE position = 5; UPDATE events SET type = 'B' WHERE position = 6`);
    expect((await verifyLog(folder)).problems.map(at)).toEqual([
      ['unreadable', 5, 'referral-northbank-1', 1],
      ['hash', 6, 'referral-northbank-2', 1],
    ]);
  });

  describe('of which the file itself is damaged', () => {
    it.each<[string, (folder: string) => void]>([
      ['overwritten with something else', (folder) => writeFileSync(file(folder), 'Tea was spilt on this. '.repeat(500))],
      ['emptied', (folder) => truncateSync(file(folder))],
      ['cut in the middle', (folder) => truncateSync(file(folder), readFileSync(file(folder)).length >> 1)],
      ['cut to a stump', (folder) => truncateSync(file(folder), 50)],
    ])('%s: it is said, not thrown', async (_, damage) => {
      const folder = await filled(newFolder(), 3_000);
      damage(folder);
      const verdict = await verifyLog(folder);
      expect(verdict.ok).toBe(false);
      expect(verdict.problems[0]).toMatchObject({ kind: 'unreadable' });
    });

    it('one page is lost: the events outside it are still checked', async () => {
      const folder = await filled(newFolder(), 3_000);
      const size = readFileSync(file(folder)).length;
      const page = openSync(file(folder), 'r+');
      writeSync(page, Buffer.alloc(4_096, 0xee), 0, 4_096, Math.floor(size / 2 / 4_096) * 4_096);
      closeSync(page);
      const verdict = await verifyLog(folder);
      expect(verdict.ok).toBe(false);
      expect(verdict.events).toBeGreaterThan(0);
    });

    it('whatever bits are flipped, the check answers', async () => {
      const folder = await filled(newFolder(), 300);
      const sound = readFileSync(file(folder));
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(7)), { minLength: 1, maxLength: 20 }), async (flips) => {
          const damaged = Buffer.from(sound);
          for (const [byte, bit] of flips) damaged[byte] = damaged[byte]! ^ (1 << bit);
          writeFileSync(file(folder), damaged);
          expect(await verifyLog(folder)).toMatchObject({ witness: 'none' });
        }),
        { numRuns: 60 },
      );
    });

    it('no bit of an event can change without being found, wherever it is', async () => {
      const folder = await filled(newFolder(), 300);
      const sound = readFileSync(file(folder));
      const places = eventBytes(sound);
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...places), fc.nat(7), async (place, bit) => {
          const damaged = Buffer.from(sound);
          damaged[place] = damaged[place]! ^ (1 << bit);
          writeFileSync(file(folder), damaged);
          const { ok, problems } = await verifyLog(folder);
          expect({ ok, found: problems.length > 0 }).toEqual({ ok: false, found: true });
        }),
        { numRuns: 300 },
      );
    });

    it('any page that is zeroed or comes from elsewhere is found, or held no event, and the check never fails', async () => {
      const folder = await filled(newFolder(), 3_000);
      const sound = readFileSync(file(folder));
      const before = await verifyLog(folder);
      for (let page = 0; page * PAGE < sound.length; page++) {
        for (const filling of [Buffer.alloc(PAGE), sound.subarray(sound.length - PAGE)]) {
          const damaged = Buffer.from(sound);
          filling.copy(damaged, page * PAGE);
          if (damaged.equals(sound)) continue;
          writeFileSync(file(folder), damaged);
          const { ok, digest } = await verifyLog(folder);
          expect(ok ? digest : before.digest).toBe(before.digest);
        }
      }
    });

    it('whatever length it is cut to, a log that lost an event is not in order', async () => {
      const folder = await filled(newFolder(), 3_000);
      const sound = readFileSync(file(folder));
      for (let length = 0; length < sound.length; length += 1_777) {
        writeFileSync(file(folder), sound.subarray(0, length));
        const { ok, events } = await verifyLog(folder);
        expect({ length, ok }).toEqual({ length, ok: false });
        expect(events).toBeLessThanOrEqual(12);
      }
    });
  });
});

const PAGE = 4_096;

/** Where the bytes of the events lie: from id to hash, whatever stands between. */
function eventBytes(bytes: Buffer): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf('"revision":'); at >= 0; at = bytes.indexOf('"revision":', at + 1)) {
    const from = bytes.lastIndexOf('referral-northbank-', at);
    const to = bytes.indexOf('"service":', at) + '"service":"northbank"}'.length + 128;
    for (let place = from; place < to; place++) places.push(place);
  }
  return places;
}

describe('an exported event', () => {
  it('has the members of the contract in their order, and its hash follows from them', async () => {
    const folder = await filled();
    const store = openEventStore({ folder, readOnly: true });
    const line = exportLine((await store.read('referral-northbank-1'))[1]!);
    await store.close();
    expect(Object.keys(line)).toEqual(
      'id stream revision position type schemaVersion occurredAt recordedAt data meta previousHash hash'.split(' '),
    );
    expect(hashOf(JSON.parse(JSON.stringify(line)))).toBe(line.hash);
  });
});
