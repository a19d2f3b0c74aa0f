import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { problems } from './catalogue';
import { problemOf, toLine, toProblemJson } from './renderings';

const root = join(__dirname, '../../..');

function sources(): string[] {
  return ['libs', 'apps'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts') && !file.includes('testing/'))
      .map((file) => readFileSync(join(root, folder, file), 'utf8')),
  );
}

describe('the table of refusals', () => {
  test('has a row for every code that the code refuses with', () => {
    const used = sources().flatMap((text) => [...text.matchAll(/\breject\(\s*'([a-z0-9-]+)'/g)].map(([, code]) => code!));
    expect(used.length).toBeGreaterThan(50);
    expect([...new Set(used)].filter((code) => !Object.hasOwn(problems, code))).toEqual([]);
  });

  test('answers no refusal with a fault of ours', () => {
    const faults = Object.entries(problems).filter(([, { status }]) => status >= 500);
    expect(faults.map(([code]) => code)).toEqual(['fault', 'not-audited', 'unavailable']);
  });

  test('gives a code without a row away as a fault', () => {
    expect(problemOf('no-such-code')).toBe(problems.fault);
    expect(problemOf('toString')).toBe(problems.fault);
  });
});

describe('a refusal', () => {
  const mistakes = [
    { code: 'required', path: '/need', message: 'Say what is needed' },
    { code: 'invalid', path: '/person/birthDate', message: 'A date is YYYY-MM-DD' },
  ] as const;

  test('is problem+json with every mistake named by its place', () => {
    const rejection = { rejected: true, code: 'required', detail: 'Say what is needed', errors: mistakes } as const;
    expect(toProblemJson(rejection, 'c-1')).toEqual({
      type: '/problems/required',
      title: 'Something is missing',
      status: 422,
      detail: 'Say what is needed',
      code: 'required',
      correlationId: 'c-1',
      errors: [
        { path: '/need', message: 'Say what is needed' },
        { path: '/person/birthDate', message: 'A date is YYYY-MM-DD' },
      ],
    });
  });

  test('is one line on the command line', () => {
    expect(toLine({ rejected: true, code: 'required', detail: 'Say what is needed', errors: mistakes })).toBe(
      '/need: Say what is needed; /person/birthDate: A date is YYYY-MM-DD',
    );
    expect(toLine({ rejected: true, code: 'ended', detail: 'It has ended' })).toBe('It has ended');
  });
});
