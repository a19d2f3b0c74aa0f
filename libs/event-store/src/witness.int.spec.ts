import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openEventStore } from './sqlite-event-store';
import { appendable, testFolders } from './testing';
import { verifyLog } from './verify';
import { Fold, witnessLog, WitnessContradicted, type Witness } from './witness';
import { addWitness, mustStandOutside, readWitnesses, WitnessUnusable } from './witness-file';

const newFolder = testFolders();
const THEN = '2026-03-02T10:00:00.000Z';
const LATER = '2026-03-03T10:00:00.000Z';

/** Appends to two streams in turns: odd positions are stream 0, even ones stream 1. */
async function grow(folder: string, events: number): Promise<string> {
  const store = openEventStore({ folder, synchronous: 'off' });
  for (let n = 0; n < events; n++) {
    const stream = `referral-northbank-${n % 2}`;
    await store.append(stream, (await store.read(stream)).at(-1)?.revision ?? 'none', [appendable('A', { n })]);
  }
  await store.close();
  return folder;
}

function tamper(folder: string, sql: string): void {
  const db = new Database(join(folder, 'log.db'));
  db.exec(`DROP TRIGGER events_never_change; DROP TRIGGER events_never_go; DROP TRIGGER events_are_never_replaced; ${sql}`);
  db.close();
}

/** Cuts the tail off, and has the counter of positions forget it: what a clever forger does. */
function cutTail(folder: string, after: number): void {
  tamper(folder, `DELETE FROM events WHERE position > ${after}; UPDATE sqlite_sequence SET seq = ${after} WHERE name = 'events'`);
}

async function hashesIn(folder: string): Promise<string[]> {
  const store = openEventStore({ folder, readOnly: true });
  const hashes: string[] = [];
  for await (const { hash } of store.readAll()) hashes.push(hash);
  await store.close();
  return hashes;
}

describe('a witness', () => {
  it('is a fold of all hashes in log order that anybody can compute', async () => {
    const folder = await grow(newFolder(), 4);
    const hashes = await hashesIn(folder);
    const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
    const store = openEventStore({ folder, readOnly: true });
    expect(await witnessLog(folder, THEN)).toEqual({
      log: store.logId,
      at: THEN,
      events: 4,
      position: '00000000000000000004',
      hash: hashes[3],
      digest: hashes.reduce((digest, hash) => sha(digest + hash), '0'.repeat(64)),
    });
    await store.close();
  });

  it('goes on from the last one and says the same as a fold from the beginning', async () => {
    const folder = await grow(newFolder(), 3);
    const first = await witnessLog(folder, THEN);
    await grow(folder, 5);
    const second = await witnessLog(folder, LATER, [first]);
    expect(second).toEqual(await witnessLog(folder, LATER));
    expect(second.events).toBe(8);
    expect(await witnessLog(folder, LATER, [first, second])).toEqual(second);
  });

  it('of a log without events is contradicted by nothing', async () => {
    const nothing: Witness = { log: 'x', at: THEN, events: 0, position: null, hash: null, digest: new Fold().digest };
    expect((await verifyLog(await grow(newFolder(), 2), [nothing])).witness).toBe('matched');
  });

  it('is not put on top of a log that contradicts the one before', async () => {
    const folder = await grow(newFolder(), 4);
    const first = await witnessLog(folder, THEN);
    cutTail(folder, 2);
    await expect(witnessLog(folder, LATER, [first])).rejects.toThrow(WitnessContradicted);
  });

  it('still holds for a log that was moved and has another id', async () => {
    const folder = await grow(newFolder(), 4);
    const first = await witnessLog(folder, THEN);
    const db = new Database(join(folder, 'log.db'));
    db.exec("DROP TRIGGER log_never_changes; UPDATE log SET id = 'moved'");
    db.close();
    expect(await witnessLog(folder, LATER, [first])).toEqual({ ...first, log: 'moved', at: LATER });
  });
});

describe('verifying against witnesses', () => {
  let folder: string;
  let witnesses: Witness[];
  beforeEach(async () => {
    folder = await grow(newFolder(), 4);
    const first = await witnessLog(folder, THEN);
    await grow(folder, 4);
    witnesses = [first, await witnessLog(folder, LATER, [first])];
    await grow(folder, 2);
  });

  it('a log that has only grown agrees with all of them, in whatever order they stand', async () => {
    for (const order of [witnesses, witnesses.toReversed()])
      expect(await verifyLog(folder, order)).toMatchObject({
        ok: true,
        witness: 'matched',
        note: expect.stringContaining('after the last witness'),
      });
  });

  it('a tail that was cut and forgotten is found, which nothing else can', async () => {
    cutTail(folder, 6);
    expect(await verifyLog(folder)).toMatchObject({ ok: true, witness: 'none' });
    const { ok, witness, problems } = await verifyLog(folder, witnesses);
    expect({ ok, witness }).toEqual({ ok: false, witness: 'broken' });
    expect(problems.map(({ kind, message }) => [kind, message])).toEqual([
      ['missing', expect.stringMatching(new RegExp(`${LATER}.* 8 events; there are 6`))],
    ]);
  });

  it('a tail that was cut after the last witness is not', async () => {
    cutTail(folder, 8);
    expect(await verifyLog(folder, witnesses)).toMatchObject({ ok: true, witness: 'matched' });
  });

  it('a tail that was replaced by sound events is found', async () => {
    cutTail(folder, 6);
    await grow(folder, 6);
    expect(await verifyLog(folder)).toMatchObject({ ok: true });
    expect(await verifyLog(folder, witnesses)).toMatchObject({ ok: false, witness: 'broken' });
  });

  it('events of two streams that changed places are found', async () => {
    tamper(
      folder,
      'UPDATE events SET position = 99 WHERE position = 3; UPDATE events SET position = 3 WHERE position = 4; UPDATE events SET position = 4 WHERE position = 99',
    );
    expect(await verifyLog(folder)).toMatchObject({ ok: true });
    const { witness, problems } = await verifyLog(folder, witnesses);
    expect(witness).toBe('broken');
    expect(problems[0]!.message).toContain('in another order');
  });

  it('a log that was written anew as a whole is found', async () => {
    expect(await verifyLog(await grow(newFolder(), 10), witnesses)).toMatchObject({ ok: false, witness: 'broken' });
  });
});

describe('a witness file', () => {
  const witness = (events: number): Witness => ({
    log: 'a',
    at: THEN,
    events,
    position: '00000000000000000001',
    hash: 'a'.repeat(64),
    digest: 'b'.repeat(64),
  });

  it('is added to, a line each, and read by its owner alone', () => {
    const file = join(newFolder(), 'witness.ndjson');
    expect(readWitnesses(file)).toEqual([]);
    addWitness(file, witness(1));
    addWitness(file, witness(2));
    expect(readWitnesses(file)).toEqual([witness(1), witness(2)]);
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(3);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('that holds something else, or half a line, is refused with the line', () => {
    const file = join(newFolder(), 'witness.ndjson');
    addWitness(file, witness(1));
    appendFileSync(file, '{"log":"a"}\n');
    expect(() => readWitnesses(file)).toThrow(/^Line 2 /);
    writeFileSync(file, `${JSON.stringify(witness(1))}\n{"log":`);
    expect(() => readWitnesses(file)).toThrow(/middle of line 2/);
    expect(() => readWitnesses(newFolder())).toThrow(WitnessUnusable);
  });

  it('does not stand in the data folder, by whatever name', () => {
    const [data, elsewhere] = [newFolder(), newFolder()];
    mkdirSync(join(data, 'deeper'));
    symlinkSync(data, join(elsewhere, 'link'));
    for (const file of [join(data, 'w'), join(data, 'deeper', 'w'), join(elsewhere, 'link', 'w')])
      expect(() => mustStandOutside(data, file)).toThrow('witnesses nothing');
    expect(() => mustStandOutside(data, join(elsewhere, 'no', 'such', 'w'))).toThrow('cannot be made');
    expect(() => mustStandOutside(data, join(elsewhere, 'w'))).not.toThrow();
    expect(() => mustStandOutside(data, `${data}-witness`)).not.toThrow();
  });
});
