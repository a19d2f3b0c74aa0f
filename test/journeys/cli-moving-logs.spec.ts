/** A log that is witnessed, moved to another folder, backed up beside a running server, and restored. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { ada, Told, practitionerOn } from '../support/people';
import { emptyFolder, removeFolder, request, startServer, waymark } from '../support/program';
import { differencesFromFold, eventsIn } from '../support/rebuilt';

// Every command is a process of its own; on a busy machine each takes seconds to start.
jest.setTimeout(300_000);

let top: string;
let folder: string;

const named = (family: string): object => ({ ...ada, person: { name: { family }, birthDate: '1950-01-01' } });
const takeIn = async (to: string, family: string): Promise<string> => {
  const said = await waymark(to, ['intake', '-', '--json'], JSON.stringify(named(family)));
  expect(said).toMatchObject({ code: 0 });
  return (JSON.parse(said.out) as { reference: string }).reference;
};
const exportOf = async (of: string): Promise<string> => (await waymark(of, ['events', 'export'])).out;
const place = (name: string): string => join(top, name);
let reference: string;

beforeAll(async () => {
  top = emptyFolder();
  folder = place('data');
  reference = await takeIn(folder, 'Okonkwo-Fictional');
});
afterAll(() => removeFolder(top));

describe('witness', () => {
  it('finds the tail that was cut off between two witnesses, and nothing is witnessed on top of that', async () => {
    const file = place('witness.ndjson');
    const words = ['events', 'witness', '--to', file, '--json'];
    const first = await waymark(folder, words);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(Object.keys(JSON.parse(first.out) as object)).toEqual(['at', 'events', 'position', 'digest']);
    await takeIn(folder, 'Grove');
    expect((await waymark(folder, words)).code).toBe(0);
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(2);
    const sound = await waymark(folder, ['events', 'verify', '--witness', file, '--json']);
    expect(sound.code).toBe(0);
    expect(JSON.parse(sound.out)).toMatchObject({ ok: true, witness: 'matched', problems: [] });

    const cut = place('cut');
    cpSync(folder, cut, { recursive: true });
    const db = new Database(join(cut, 'log.db'));
    db.exec(
      `DROP TRIGGER events_never_go; DELETE FROM events WHERE position > 4; UPDATE sqlite_sequence SET seq = 4 WHERE name = 'events'`,
    );
    db.close();
    expect((await waymark(cut, ['events', 'verify'])).code).toBe(0);
    const found = await waymark(cut, ['events', 'verify', '--witness', file]);
    expect(found.code).toBe(1);
    expect(found.out).toMatch(
      /^missing: The witness of [^\n]+ events; there are 4, so some were removed\nTHE LOG HAS BEEN CHANGED OR DAMAGED/,
    );
    const refused = await waymark(cut, words);
    expect(refused).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/^Nothing was witnessed\.[^\n]+\n$/) as string });
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(2);
  });
});

describe('import', () => {
  it('moves a log: the same export, rebuilt read models, and people who can be read once their keys have come along', async () => {
    const file = place('moved.ndjson');
    expect((await waymark(folder, ['events', 'export', '--to', file])).code).toBe(0);
    const to = place('moved');
    const said = await waymark(to, ['events', 'import', file, '--json']);
    const events = readFileSync(file, 'utf8').trim().split('\n').length;
    expect(said).toEqual({
      code: 0,
      out: `{"events":${events},"verified":true}\n`,
      err: expect.stringContaining('put keys.db and master.key'),
    });
    expect(await exportOf(to)).toBe(readFileSync(file, 'utf8'));
    expect(await waymark(to, ['referral', 'show', reference])).toMatchObject({
      code: 3,
      err: expect.stringMatching(/master\.key is missing/) as string,
    });
    for (const key of ['keys.db', 'master.key']) cpSync(join(folder, key), join(to, key));
    const shown = ['referral', 'show', reference, '--json'];
    expect((await waymark(to, shown)).out).toBe((await waymark(folder, shown)).out);
    expect(await differencesFromFold(to)).toEqual([]);
  });

  it('a folder that an import has not finished is served to nobody; the import goes on when it is run again', async () => {
    const sound = await exportOf(folder);
    const lines = sound.split('\n').slice(0, -1);
    const broken = place('broken.ndjson');
    writeFileSync(broken, `${[...lines.slice(0, -1), '{"id":'].join('\n')}\n`);
    const to = place('half');
    const said = await waymark(to, ['events', 'import', broken]);
    expect(said).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(new RegExp(`^Line ${lines.length} is not a whole`)) as string,
    });
    const refused = await waymark(to, ['intake', '-'], JSON.stringify(ada));
    expect(refused).toMatchObject({
      code: 3,
      out: '',
      err: expect.stringMatching(/^The data folder is only half filled: waymark events import/) as string,
    });
    await expect(startServer(to)).rejects.toThrow('ended with 3');
    writeFileSync(broken, sound);
    expect(await waymark(to, ['events', 'import', broken, '--json'])).toMatchObject({
      code: 0,
      out: `{"events":${lines.length},"verified":true}\n`,
    });
    expect(readdirSync(to)).not.toContain('half-filled');
  });
});

describe('backup and restore', () => {
  it('beside a server under load: what was acknowledged before is in it, readable, and the log agrees with its manifest', async () => {
    const server = await startServer(folder);
    const practitioner = await practitionerOn(server);
    const acknowledged: string[] = [];
    let going = true;
    const clients = Array.from({ length: 4 }, async (_, client) => {
      for (let n = 0; going; n++) {
        const told = await Told.by(server, practitioner, named(`Load-${client}-${n}`));
        acknowledged.push(told.reference);
      }
    });
    while (acknowledged.length < 8) await new Promise((resolve) => setTimeout(resolve, 20));
    const before = [...acknowledged];
    const words = ['backup', '--to', place('backup'), '--keys-to', place('keys'), '--json'];
    const said = await waymark(folder, words);
    going = false;
    await Promise.all(clients);
    expect((await request(server.address, 'GET', '/health/ready')).status).toBe(200);
    await server.stop();
    expect(said).toMatchObject({ code: 0, err: '' });
    const answer = JSON.parse(said.out) as { events: number; log: string; position: string };
    expect(answer).toMatchObject({ files: expect.arrayContaining(['log.db']) as string[], keys: ['keys.db', 'master.key'] });

    const to = place('restored');
    const restored = await waymark(to, ['restore', '--from', place('backup'), '--keys-from', place('keys'), '--json']);
    expect(restored).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(restored.out)).toMatchObject({
      events: answer.events,
      position: answer.position,
      log: answer.log,
      verified: true,
      newerThanKeys: 0,
    });
    const again = await startServer(to);
    for (const each of before) expect((await request(again.address, 'GET', `/api/v1/referrals/${each}`)).status).toBe(200);
    const first = await request<{ person: { name: { family: string } } }>(again.address, 'GET', `/api/v1/referrals/${before[0]}`);
    expect(first.body.person.name.family).toMatch(/^Load-/);
    await again.stop();
    expect((await eventsIn(folder)).slice(0, answer.events)).toEqual((await eventsIn(to)).slice(0, answer.events));
    expect(await differencesFromFold(to)).toEqual([]);
  });
});
