/** What the command line says and ends with when something is wrong: one line, what to do, and nothing on standard output. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { ada } from '../support/people';
import { emptyFolder, environmentOf, removeFolder, runCli, waymark, type Said } from '../support/program';

// Every command is a process of its own; on a busy machine each takes seconds to start.
jest.setTimeout(300_000);

let top: string;
/** A data folder with one referral in it. */
let folder: string;

beforeAll(async () => {
  top = emptyFolder();
  folder = join(top, 'data');
  expect(await waymark(folder, ['intake', '-'], JSON.stringify(ada))).toMatchObject({ code: 0 });
});
afterAll(() => removeFolder(top));

function isOneLine({ out, err }: Said, says: RegExp): void {
  expect(out).toBe('');
  expect(err).toMatch(/^[^\n]+\n$/);
  expect(err).toMatch(says);
}

describe('2: wrong usage or input', () => {
  it.each([
    [['show', 'nothing'], /waitlist, caseload, outcomes, journal/],
    [['show', 'waitlist', '--limit', '0'], /--limit: a whole number from 1 to 200/],
    [['show', 'waitlist', '--bogus'], /unknown option '--bogus'/],
    [['intake', '-', '--service', 'elsewhere'], /northbank/],
    [['intake', '-', '--received-at', 'yesterday'], /--received-at: .*2026-11-20T09:12:00Z/],
    [['practitioner', 'add', '--data', '{'], /--data: not JSON/],
    [['practitioner', 'add', '--data', '[]'], /JSON object/],
    [['referral', 'do', '0000-0000-0000', 'no-such-command'], /accept/],
    [['events', 'tail', '--after', '7'], /--after/],
  ])(
    '%j',
    async (words, says) => {
      const said = await waymark(folder, words, '');
      expect(said.code).toBe(2);
      isOneLine(said, says);
    },
    30_000,
  );
});

describe('1: refused', () => {
  it.each([
    [['referral', 'show', '0000-0000-0000'], /check it against the letter/],
    [['practitioner', 'add', '--data', '{"name":"Only a name"}'], /\/registration/],
  ])(
    '%j',
    async (words, says) => {
      const said = await waymark(folder, [...words, '--json']);
      expect(said.code).toBe(1);
      isOneLine(said, says);
    },
    30_000,
  );

  it('an item that is refused is still a line, and the rest of the input is dealt with', async () => {
    const rows = 'family_name,birth_date,reason,agreement\nQuill,1950-02-03,Falls,\nGrove,1950-02-03,Falls,agreed\n';
    const said = await waymark(folder, ['intake', '-', '--json'], rows);
    expect(said.code).toBe(1);
    expect(
      said.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
    ).toEqual([
      {
        file: '-',
        item: 'row 2',
        outcome: 'refused',
        reference: null,
        linkedTo: null,
        replayed: null,
        reasons: [{ code: 'agreement-needed', path: 'agreement', message: expect.any(String) as string }],
      },
      expect.objectContaining({ item: 'row 3', outcome: 'accepted' }),
    ]);
    expect(said.err).toBe('1 refused, 1 accepted\n');
  });
});

describe('3: the data folder or its key cannot be used', () => {
  const copy = (name: string): string => {
    const to = join(top, name);
    cpSync(folder, to, { recursive: true });
    return to;
  };

  it('there is no log, and looking makes no folder', async () => {
    const nowhere = join(top, 'nowhere');
    for (const words of [
      ['show', 'waitlist'],
      ['events', 'verify'],
      ['events', 'tail'],
      ['projections', 'status'],
    ]) {
      const said = await waymark(nowhere, words);
      expect(said.code).toBe(3);
      isOneLine(said, /WAYMARK_DATA/);
    }
    expect(await waymark(nowhere, ['codes', '--json'])).toMatchObject({ code: 0 });
    expect((await waymark(nowhere, ['show', 'waitlist'])).code).toBe(3);
  });

  it('the folder is a file, or nothing can be made there', async () => {
    const file = join(top, 'a-file');
    writeFileSync(file, '');
    for (const where of [join(file, 'below'), '/proc/waymark-cannot-be-here']) {
      const said = await waymark(where, ['intake', '-'], JSON.stringify(ada));
      expect(said.code).toBe(3);
      isOneLine(said, /WAYMARK_DATA/);
    }
  });

  it('the master key is missing, or another one', async () => {
    const keyless = copy('keyless');
    rmSync(join(keyless, 'master.key'));
    isOneLine(await code3(keyless, {}), /master\.key is missing/);
    isOneLine(await code3(folder, { WAYMARK_MASTER_KEY: Buffer.alloc(32, 7).toString('base64') }), /not the master key/);
  });

  it('the log was written by a newer version', async () => {
    const newer = copy('newer');
    const db = new Database(join(newer, 'log.db'));
    db.exec('DROP TRIGGER log_never_changes; UPDATE log SET format = 99');
    db.close();
    for (const words of [
      ['show', 'waitlist'],
      ['events', 'tail'],
      ['events', 'export'],
      ['intake', '-'],
    ]) {
      isOneLine(await code3(newer, {}, words), /newer Waymark/);
    }
  });

  async function code3(where: string, more: Record<string, string>, words: readonly string[] = ['show', 'waitlist']): Promise<Said> {
    const said = await runCli(words, await environmentOf(where, more), '');
    expect(said.code).toBe(3);
    return said;
  }
});

describe('0: done', () => {
  it.each([[['--help']], [['rules', 'check', '--json']]])('%j', async (words) => {
    const said = await waymark(folder, words);
    expect(said).toMatchObject({ code: 0, err: '' });
    expect(said.out).not.toBe('');
  });

  it('an empty folder of files is dealt with', async () => {
    mkdirSync(join(top, 'empty'));
    expect(await waymark(folder, ['intake', join(top, 'empty'), '--json'])).toEqual({ code: 0, out: '', err: 'Nothing to take in\n' });
  });
});
