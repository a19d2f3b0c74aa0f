/** The real material beside the repository, where it is there: `WAYMARK_CONFORMANCE_DATA`, else ../shared/data. Nothing of it is copied here. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const GIVEN = process.env['WAYMARK_CONFORMANCE_DATA'];
export const MATERIAL = GIVEN || join(__dirname, '../../../shared/data');

/** The folder that the tables were made over: every file of it must be in them. */
export const isWhole = !GIVEN;

/** Absent material is skipped, and the run says so. */
export function describeOver(collection: string, specs: () => void): void {
  const there = existsSync(join(MATERIAL, collection));
  (there ? describe : describe.skip)(
    there ? collection : `${collection} (skipped: the material is not there)`,
    there ? specs : () => it('is not there', () => {}),
  );
}

/** Names of the files that end in `ending`, with their folders, in order; without our own lists beside them. */
export function filesOf(collection: string, ending: string): string[] {
  const folder = join(MATERIAL, collection);
  if (!existsSync(folder)) return [];
  const ours = ['labels.json', 'expected.json'];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !ours.includes(name))
    .sort();
}

export function bytesOf(collection: string, name: string): Buffer {
  return readFileSync(join(MATERIAL, collection, name));
}

export function jsonOf<T>(collection: string, name: string): T {
  return JSON.parse(
    bytesOf(collection, name)
      .toString('utf8')
      .replace(/^\ufeff/, ''),
  ) as T;
}

/** The stored table of a collection: file name to outcome. */
export function tableOf(collection: string): Record<string, string | string[]> {
  return JSON.parse(readFileSync(join(__dirname, 'expected', `${collection}.json`), 'utf8')) as Record<string, string | string[]>;
}
