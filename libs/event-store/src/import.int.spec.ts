import { createReadStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { exportLine } from './export';
import { exportedLines, importEvents, NotImported, type Imported, type ImportOptions } from './import';
import { importIntoFolder } from './import-target';
import { openEventStore } from './sqlite-event-store';
import { appendable, testFolders } from './testing';
import { verifyLog } from './verify';
import { witnessLog } from './witness';

const newFolder = testFolders();
const NOW = new Date('2026-03-02T10:00:00.000Z');

async function filled(texts: readonly string[], folder = newFolder()): Promise<string> {
  const store = openEventStore({ folder, synchronous: 'off' });
  for (const [n, text] of texts.entries()) {
    const stream = `referral-northbank-${n % 3}`;
    await store.append(stream, n < 3 ? 'none' : Math.floor(n / 3) - 1, [appendable('A', { n, text })]);
  }
  await store.close();
  return folder;
}

async function exportOf(folder: string): Promise<string[]> {
  const store = openEventStore({ folder, readOnly: true });
  const lines: string[] = [];
  for await (const event of store.readAll()) lines.push(JSON.stringify(exportLine(event)));
  await store.close();
  return lines;
}

async function* given(lines: readonly string[]): AsyncIterable<string> {
  yield* lines;
}

function imported(folder: string, lines: readonly string[], more: Partial<ImportOptions> = {}): Promise<Imported> {
  return importEvents({ target: importIntoFolder({ folder, logId: 'moved', now: NOW, synchronous: 'off' }), lines: given(lines), ...more });
}

const withoutPosition = (line: string): string => line.replace(/"position":"\d+",/, '');

describe('importing an exported log', () => {
  it('gives the same export again, byte for byte, for whatever texts the events hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }), { minLength: 1, maxLength: 12 }), async (texts) => {
        const lines = await exportOf(await filled([...texts, 'a line\u2028in a line\u0085\r', '__proto__']));
        const to = newFolder();
        expect(await imported(to, lines)).toEqual({ events: lines.length, written: lines.length });
        expect(await exportOf(to)).toEqual(lines);
      }),
      { numRuns: 20 },
    );
  });

  it('keeps what a witness of the old log says, under a new id', async () => {
    const from = await filled(['a', 'b', 'c', 'd']);
    const witness = await witnessLog(from, NOW.toISOString());
    const to = newFolder();
    await imported(to, await exportOf(from));
    expect(await verifyLog(to, [witness])).toMatchObject({ ok: true, witness: 'matched', events: 4 });
    const store = openEventStore({ folder: to, readOnly: true });
    expect(store.logId).toBe('moved');
    await store.close();
  });

  it("positions are this log's own: a gap in the old one is closed", async () => {
    const from = await filled(['a', 'b', 'c']);
    const lines = (await exportOf(from)).map((line) => line.replace(/"position":"0/, '"position":"7'));
    const to = newFolder();
    await imported(to, lines);
    const again = await exportOf(to);
    expect(again.map(withoutPosition)).toEqual(lines.map(withoutPosition));
    expect(again.map((line) => Number(JSON.parse(line).position))).toEqual([1, 2, 3]);
  });

  it('goes on where one ended that was killed, and has nothing to do when all is there', async () => {
    const lines = await exportOf(await filled(Array.from({ length: 30 }, (_, n) => `${n}`)));
    const to = newFolder();
    await imported(to, lines.slice(0, 11));
    let marked = 0;
    expect(await imported(to, lines, { beforeWriting: () => marked++ })).toEqual({ events: 30, written: 19 });
    expect(await imported(to, lines, { beforeWriting: () => marked++ })).toEqual({ events: 30, written: 0 });
    expect(marked).toBe(1);
    expect(await exportOf(to)).toEqual(lines);
  });

  it.each([
    ['is another log', ['x', 'y']],
    ['holds more than the file', ['a', 'b', 'c', 'd']],
  ])('a log that %s is left as it is', async (_, texts) => {
    const lines = await exportOf(await filled(['a', 'b', 'c']));
    const to = await filled(texts);
    const before = await exportOf(to);
    let written = 0;
    await expect(imported(to, lines, { beforeWriting: () => written++ })).rejects.toMatchObject({ because: 'log' });
    expect(written).toBe(0);
    expect(await exportOf(to)).toEqual(before);
  });

  it('a log to which somebody else appends meanwhile is not gone on with', async () => {
    const lines = await exportOf(await filled(Array.from({ length: 1_500 }, (_, n) => `${n}`)));
    const to = newFolder();
    const meddle = async (): Promise<void> => {
      const store = openEventStore({ folder: to, synchronous: 'off' });
      await store.append('referral-northbank-x', 'none', [appendable('B')]);
      await store.close();
    };
    async function* meddled(): AsyncIterable<string> {
      for (const [n, line] of lines.entries()) {
        if (n === 1_200) await meddle();
        yield line;
      }
    }
    await expect(imported(to, [], { lines: meddled() })).rejects.toThrow('Another process has written');
  });

  describe('refuses, with the line,', () => {
    let lines: string[];
    beforeAll(async () => {
      lines = await exportOf(await filled(['a', 'b', 'c', 'd', 'e', 'f']));
    });
    const changed = (n: number, change: (line: string) => string): string[] => lines.map((line, i) => (i === n ? change(line) : line));

    it.each<[string, () => string[], RegExp]>([
      ['an event that was changed', () => changed(4, (line) => line.replace('"text":"e"', '"text":"E"')), /^Line 5 is not what/],
      ['an event whose hash was changed', () => changed(4, (line) => line.replace(/"hash":"../, '"hash":"00')), /^Line 5 is not what/],
      ['an event with a member more', () => changed(4, (line) => line.replace('{', '{"extra":1,')), /^Line 5 is not an exported event/],
      ['minus zero in its data', () => changed(4, (line) => line.replace('"n":4', '"n":-0')), /^Line 5 is not what/],
      ['an event that is not whole', () => changed(5, (line) => line.slice(0, 90)), /^Line 6 is not a whole line/],
      ['an event left out', () => lines.filter((_, n) => n !== 1), /^Line 4 does not follow/],
      ['an event twice', () => [...lines.slice(0, 3), lines[2]!], /^Line 4 does not follow/],
      ['events of a stream in another order', () => lines.toReversed(), /^Line 1 does not follow/],
      ['a file with nothing in it', () => [], /holds no event/],
    ])('%s', async (_, damaged, says) => {
      const refusal = await imported(newFolder(), damaged()).catch((fault: unknown) => fault);
      expect(refusal).toBeInstanceOf(NotImported);
      expect(refusal).toMatchObject({ because: 'file', message: expect.stringMatching(says) });
    });

    it('and what was imported before a bad line is the beginning of a sound file', async () => {
      const to = newFolder();
      const long = await exportOf(await filled(Array.from({ length: 1_100 }, (_, n) => `${n}`)));
      await expect(imported(to, [...long.slice(0, 1_050), '{'])).rejects.toThrow(/^Line 1051 /);
      expect(await imported(to, long)).toEqual({ events: 1_100, written: 100 });
    });
  });

  it('a log that is imported can be written on, in its own order and after its own times', async () => {
    const to = newFolder();
    await imported(to, await exportOf(await filled(['a'])));
    const store = openEventStore({ folder: to, synchronous: 'off', clock: () => new Date(0) });
    const [first] = await store.read('referral-northbank-0');
    const result = await store.append('referral-northbank-0', 0, [appendable('B')]);
    expect(result).toMatchObject({
      outcome: 'appended',
      events: [{ revision: 1, previousHash: first!.hash, recordedAt: first!.recordedAt }],
    });
    await store.close();
  });
});

it('lines end where an export ends them, however the bytes arrive', async () => {
  const file = join(newFolder(), 'lines');
  writeFileSync(file, 'ä\u2028b\r\n\nlast');
  for (const highWaterMark of [1, 2, 3, 64]) {
    const lines: string[] = [];
    for await (const line of exportedLines(createReadStream(file, { highWaterMark }))) lines.push(line);
    expect(lines).toEqual(['ä\u2028b\r', '', 'last']);
  }
});
