import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { DataFolderUnusable, KEY_FILE, People } from './index';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-key-file-'));
  People.open({ folder }).close();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const opening = (): unknown => {
  try {
    People.open({ folder }).close();
    return 'opened';
  } catch (fault) {
    return fault;
  }
};

test('keys of a newer program are refused with what to do', () => {
  const db = new Database(join(folder, KEY_FILE));
  db.pragma('user_version = 99');
  db.close();
  expect(opening()).toEqual(new DataFolderUnusable('keys.db was written by a newer version of Waymark. Start that version.'));
});

test('a file that is no database is refused with what to do', () => {
  writeFileSync(join(folder, KEY_FILE), 'Tea was spilt on this. '.repeat(500));
  expect(opening()).toEqual(new DataFolderUnusable('keys.db cannot be read (SQLITE_NOTADB). Put it back from its backup.'));
});
