/** The data folders of a run: on one disk, named on standard error, gone at the end. */
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the folders lie: `WAYMARK_BENCH_FOLDER`, else the temporary folder. It should be the kind of disk that a log would lie on. */
const root = mkdtempSync(join(process.env.WAYMARK_BENCH_FOLDER || tmpdir(), 'waymark-bench-'));
process.once('exit', () => rmSync(root, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

const TMPFS = 0x01021994;
/** What is behind a commit of the log. */
export const FULL = statfsSync(root).type === TMPFS ? 'WAL, synchronous=FULL, on tmpfs: NO DISK' : 'WAL, synchronous=FULL';

let made = 0;
export function newFolder(name) {
  const folder = join(root, `${++made}-${name}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}

export function drop(folder) {
  rmSync(folder, { recursive: true, force: true });
}
