import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { TurnCommit } from './turn-commit';

let folder: string;
let db: Database.Database;
let other: Database.Database;
let commits: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waymark-turn-'));
  commits = [];
  const open = (options: Database.Options) => new Database(join(folder, 'some.db'), { timeout: 0, ...options });
  db = open({ verbose: (sql) => String(sql) === 'COMMIT' && commits.push('COMMIT') });
  db.pragma('journal_mode = WAL');
  db.pragma('foreign_keys = ON');
  db.exec('CREATE TABLE word (text TEXT PRIMARY KEY); CREATE TABLE child (of TEXT REFERENCES word DEFERRABLE INITIALLY DEFERRED)');
  other = open({});
});
afterEach(() => {
  if (db.open) db.close();
  other.close();
  rmSync(folder, { recursive: true, force: true });
});

const add = (text: string) => () => {
  db.prepare('INSERT INTO word VALUES (?)').run(text);
  return text;
};
const stored = () => other.prepare('SELECT text FROM word ORDER BY text').pluck().all();

describe('the writers of one turn', () => {
  it('share one commit, and each is told when it is there for everybody', async () => {
    const turn = new TurnCommit(db);
    const seen = await Promise.all(['a', 'b', 'c'].map((text) => turn.write(add(text)).then(() => stored())));
    expect(seen).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
    expect(commits).toEqual(['COMMIT']);
  });

  it('do not suffer from the fault of one of them, which leaves nothing behind', async () => {
    const turn = new TurnCommit(db);
    const faulty = turn.write(() => {
      add('half')();
      throw new Error('broken in the middle');
    });
    const results = await Promise.allSettled([turn.write(add('a')), faulty, turn.write(add('b'))]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(stored()).toEqual(['a', 'b']);
  });

  it('are all told when the commit itself fails, and the next turn is whole again', async () => {
    const turn = new TurnCommit(db);
    const orphan = () => db.prepare('INSERT INTO child VALUES (?)').run('nobody');
    const results = await Promise.allSettled([turn.write(add('a')), turn.write(orphan)]);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected']);
    expect(stored()).toEqual([]);
    await turn.write(add('b'));
    expect(stored()).toEqual(['b']);
  });

  it('wait for another process that holds the lock, while the thread goes on', async () => {
    const turn = new TurnCommit(db);
    other.exec('BEGIN IMMEDIATE');
    let done = false;
    const written = turn.write(add('a')).then(() => (done = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(done).toBe(false);
    const joined = turn.write(add('b'));
    other.exec('COMMIT');
    await Promise.all([written, joined]);
    expect(stored()).toEqual(['a', 'b']);
  });

  it('are committed when it is closed', async () => {
    const turn = new TurnCommit(db);
    const written = turn.write(add('a'));
    turn.close();
    expect(stored()).toEqual(['a']);
    await expect(written).resolves.toBe('a');
  });

  it('are told when it is closed and they cannot be committed any more', async () => {
    const turn = new TurnCommit(db);
    other.exec('BEGIN IMMEDIATE');
    const written = turn.write(add('a'));
    turn.close();
    await expect(written).rejects.toThrow('keys.db was closed');
    other.exec('ROLLBACK');
  });
});
