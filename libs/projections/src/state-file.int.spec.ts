import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStateFile, STATE_FILE, StateUnusable } from './state-file';

const NOTES = 'CREATE TABLE IF NOT EXISTS notes (text TEXT NOT NULL) STRICT';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-state-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

test('what one owner writes is there for another, durable and private', () => {
  const first = openStateFile(folder, [NOTES]);
  first.prepare('INSERT INTO notes VALUES (?)').run('kept');
  const second = openStateFile(folder, ['CREATE TABLE IF NOT EXISTS others (n INTEGER) STRICT']);
  expect(second.prepare('SELECT text FROM notes').pluck().all()).toEqual(['kept']);
  expect(second.pragma('synchronous', { simple: true })).toBe(2);
  for (const db of [first, second]) db.close();
  expect(statSync(join(folder, STATE_FILE)).mode & 0o777).toBe(0o600);
});

test('a file of a newer program, and one that is no database, are refused with what to do', () => {
  const db = openStateFile(folder, [NOTES]);
  db.pragma('user_version = 2');
  db.close();
  expect(() => openStateFile(folder, [NOTES])).toThrow(
    new StateUnusable('state.db was written by a newer version of Waymark. Start that version.'),
  );
  rmSync(join(folder, STATE_FILE));
  writeFileSync(join(folder, STATE_FILE), 'not a database, but long enough to be taken for the head of one'.repeat(20));
  expect(() => openStateFile(folder, [NOTES])).toThrow('Put it back from its backup');
});
