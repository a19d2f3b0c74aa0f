/** The file by which a later command knows that `demo` or `simulate` made this data folder, and that everybody in it is fictional. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MARK = 'demo.json';

export function markDemo(folder: string, filled: boolean): void {
  writeFileSync(join(folder, MARK), JSON.stringify({ filled }), { mode: 0o600 });
}

/** One of them began to fill it. */
export function isMarked(folder: string): boolean {
  return existsSync(join(folder, MARK));
}

/** One of them made it, as a whole. */
export function isDemoFolder(folder: string): boolean {
  try {
    return (JSON.parse(readFileSync(join(folder, MARK), 'utf8')) as { filled?: boolean }).filled === true;
  } catch {
    return false;
  }
}
