/** The generated catalogues are fresh and have no empty cell. `npm run docs` writes them. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { problems } from '@waymark/problems';
import { commands, definitions, generatedDocs, readersOf } from './support/generated-docs';

const folder = join(__dirname, '../docs/generated');

if (process.env['WAYMARK_WRITE_DOCS'] === '1') {
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of generatedDocs()) writeFileSync(join(folder, file), text);
}

test.each([...generatedDocs()])('docs/generated/%s says what the code says; npm run docs writes it', (file, text) => {
  expect(existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8') : 'not there').toBe(text);
});

test.each(commands.map((command) => [command.name, command] as const))(
  '%s has events, read models and refusals',
  (_name, { events, refusals }) => {
    expect(events.length).toBeGreaterThan(0);
    expect(events.filter((type) => !Object.hasOwn(definitions, type))).toEqual([]);
    expect(events.flatMap(readersOf).length).toBeGreaterThan(0);
    expect(refusals.length).toBeGreaterThan(0);
    expect(refusals.filter((code) => !Object.hasOwn(problems, code))).toEqual([]);
  },
);

test('every event type is read by a read model', () => {
  expect(Object.keys(definitions).filter((type) => readersOf(type).length === 0)).toEqual([]);
});
