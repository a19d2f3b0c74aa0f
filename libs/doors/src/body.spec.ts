/** What becomes of a body before anything is decided: a command, or every mistake by its place and never by its value. */
import { isRejection, type Rejection } from '@waymark/kernel';
import { AddInformation, ReceiveReferral } from '@waymark/referral';
import { readBody } from './body';

const SECRET = 'Okonkwo-Fictional';

function refused(body: unknown): Rejection {
  const read = readBody(ReceiveReferral, body);
  if (!isRejection(read)) throw new Error('The body was taken');
  return read;
}

const mistakes = (body: unknown) => refused(body).errors?.map(({ code, path }) => [code, path]);

it('is a command of its class, with the parts of theirs', () => {
  const read = readBody(AddInformation, { from: 'gp', text: 'Fell again' });
  expect(read).toBeInstanceOf(AddInformation);
  expect(read).toEqual({ from: 'gp', text: 'Fell again' });
});

it.each([[[]], [null], ['text'], [7], [undefined]])('is refused whole when it is %j', (body) => {
  expect(refused(body)).toMatchObject({ code: 'unreadable', path: '' });
});

it('names every mistake by its JSON pointer, the first giving the code', () => {
  const body = { source: 'nobody', person: { name: { family: 7 }, 'a/b~c': 1 } };
  expect(refused(body).code).toBe('invalid');
  expect(mistakes(body)).toEqual([
    ['invalid', '/source'],
    ['unknown-field', '/person/a~1b~0c'],
    ['invalid', '/person/name/family'],
  ]);
});

it('says which field is needed', () => {
  expect(refused({}).detail).toBe('Source is needed');
  expect(mistakes({})).toEqual([
    ['required', '/source'],
    ['required', '/person'],
  ]);
});

it.each([
  ['null', { source: 'self', person: { name: null } }, 'null-not-allowed', '/person/name'],
  ['null in a list', { redFlags: ['a', null] }, 'null-not-allowed', '/redFlags/1'],
  ['half a character', { need: { reason: 'a\ud800b' } }, 'invalid', '/need/reason'],
  ['half a character in a name', { facts: { '\udc00': 1 } }, 'unknown-field', '/facts/\udc00'],
  ['what the engine would take for its own', JSON.parse('{"__proto__": {"source": "self"}}'), 'unknown-field', '/__proto__'],
  ['the same deeper', JSON.parse('{"facts": {"constructor": 1}}'), 'unknown-field', '/facts/constructor'],
])('is refused for %s before its fields are looked at', (_, body, code, path) => {
  expect(mistakes(body)).toEqual([[code, path]]);
});

it('takes whole characters of every plane', () => {
  expect(readBody(AddInformation, { from: 'gp', text: 'Ada 👩🏾‍🦽 says ﷽' })).toBeInstanceOf(AddInformation);
});

it('is not followed deeper than any body means something', () => {
  let deep: object = {};
  for (let n = 0; n < 50_000; n++) deep = { facts: deep };
  expect(refused(deep)).toMatchObject({ code: 'invalid', detail: 'Nested more than 32 deep' });
});

it('names at most a hundred mistakes', () => {
  const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, n) => [`field-${n}`, n]));
  expect(refused(many).errors).toHaveLength(100);
  expect(refused({ redFlags: Array(2_000).fill(null) }).errors).toHaveLength(100);
});

it('never says what was typed', () => {
  const body = {
    service: `${SECRET} service`,
    source: SECRET,
    identifier: SECRET,
    receivedAt: SECRET,
    person: { name: SECRET, birthDate: SECRET, gender: SECRET, telecom: [{ system: SECRET }], formats: [SECRET], restricted: SECRET },
    referrer: { name: { first: SECRET }, identifier: { system: SECRET } },
    agreement: { basis: SECRET, authority: SECRET, on: SECRET },
    need: { difficulties: [`${SECRET}!`], types: SECRET },
    facts: SECRET,
    redFlags: [`${SECRET}!`],
    safeguarding: { concern: SECRET },
    requestedPriority: SECRET,
    equality: { ethnicity: SECRET, language: `${SECRET} `, disability: SECRET, deprivation: { decile: SECRET, table: `!${SECRET}` } },
  };
  const said = refused(body);
  expect(said.errors?.length).toBeGreaterThan(15);
  expect(JSON.stringify(said)).not.toContain(SECRET);
});
