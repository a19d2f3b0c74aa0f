import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFile } from './file';
import { outcomesOf, readContext } from './testing';

const FOLDER = join(__dirname, '../../../test/fixtures/intake');
const expected = JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8')) as Record<string, Record<string, string>>;
const context = readContext();
const read = (name: string, text: string | Uint8Array) => readFile(name, typeof text === 'string' ? Buffer.from(text) : text, context);

describe('every sample file comes to what the table says', () => {
  const names = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /\.(json|ndjson|csv)$/.test(name) && name !== 'expected.json',
  );

  it('the table and the folder name the same files', () => {
    expect(Object.keys(expected).sort()).toEqual(names.sort());
  });

  it.each(names)('%s', (name) => {
    expect(outcomesOf(read(name, readFileSync(join(FOLDER, name))))).toEqual(expected[name]);
  });

  it('nothing of a malformed file becomes a referral', () => {
    const taken = names.filter((name) => name.startsWith('malformed/')).flatMap((name) => read(name, readFileSync(join(FOLDER, name))));
    expect(taken.filter(({ kind, referral }) => kind !== 'refused' || referral !== undefined)).toEqual([]);
  });
});

describe('what a file is', () => {
  const referral = '{"source":"self","person":{"name":{"family":"Quill"}},"need":{"reason":"Tired"}}';

  it('standard input is recognised by what is in it', () => {
    expect(outcomesOf(read('-', referral))).toEqual({ 'the file': 'referral' });
    expect(outcomesOf(read('-', `${referral}\n${referral}\n`))).toEqual({ 'line 1': 'referral', 'line 2': 'referral' });
    expect(outcomesOf(read('-', 'family_name,reason,agreement\nQuill,Tired,agreed\n'))).toEqual({ 'row 2': 'referral' });
    expect(outcomesOf(read('-', `{\n  "source": "self",\n  "need": {}\n}`))).toEqual({ 'the file': 'referral' });
    expect(outcomesOf(read('-', 'good morning'))).toEqual({ 'the file': 'refused, not-json' });
  });

  it('a byte order mark does not make a file unreadable', () => {
    expect(outcomesOf(read('a.json', `\ufeff${referral}`))).toEqual({ 'the file': 'referral' });
  });

  it('a referral in JSON reaches the door word for word', () => {
    expect(read('a.json', referral)[0]?.referral).toEqual(JSON.parse(referral));
  });

  it('an unreadable file is told by its line and never quoted', () => {
    const [item] = read('a.json', '{\n "source": "self",\n "person": { "name": Okonkwo }\n}');
    expect(item?.reasons).toEqual([{ code: 'not-json', path: '', message: 'Line 3 is not JSON' }]);
  });

  it('the line that is wrong in a list of resources is named, and its element', () => {
    const [item] = read('malformed/one-bad-resource.ndjson', readFileSync(join(FOLDER, 'malformed/one-bad-resource.ndjson')));
    expect(item?.reasons).toEqual([
      { code: 'invalid-fhir', path: 'Patient.birthDate', message: 'Line 1: Must be a date that exists: YYYY, YYYY-MM or YYYY-MM-DD' },
    ]);
  });
});
