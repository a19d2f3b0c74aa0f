/** The manifest of a backup: which log it is of, what that held, and what each file must be. Written last: without it nothing is whole. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { syncToDisk, WITNESS, type Witness } from '@waymark/event-store';
import { z } from 'zod';

/** A place that was named for a backup, or a backup itself, cannot be used. Says what to do. */
export class BackupUnusable extends Error {
  override readonly name = 'BackupUnusable';
}

const MANIFEST = 'manifest.json';
/** Raised by every change that an older program could not read. */
const FORMAT = 1;

const SHAPE = z.strictObject({
  format: z.int(),
  /** The same in the manifests of a log and of the keys that were copied with it. */
  backup: z.string(),
  /** What the copied log holds. */
  witness: WITNESS,
  files: z.record(z.string().regex(/^[a-z]+\.[a-z]+$/), z.strictObject({ bytes: z.int(), sha256: z.string() })),
});

export type Manifest = z.output<typeof SHAPE>;

export async function writeManifest(folder: string, backup: string, witness: Witness, files: readonly string[]): Promise<void> {
  const described: Manifest['files'] = {};
  for (const file of files) described[file] = await description(join(folder, file));
  const to = join(folder, MANIFEST);
  writeFileSync(to, `${JSON.stringify({ format: FORMAT, backup, witness, files: described } satisfies Manifest, undefined, 2)}\n`, {
    mode: 0o600,
  });
  syncToDisk(to);
  syncToDisk(folder);
}

/** Reads the manifest and every file that it names. `option` is what the folder was named with. */
export async function checkedManifest(folder: string, option: string): Promise<Manifest> {
  const file = join(folder, MANIFEST);
  if (!existsSync(file))
    throw new BackupUnusable(`${option}: there is no ${MANIFEST} in that folder, so it is no backup that was finished; name another`);
  const manifest = parsed(readFileSync(file, 'utf8'), option);
  for (const [name, said] of Object.entries(manifest.files)) {
    const path = join(folder, name);
    if (!existsSync(path)) throw new BackupUnusable(`${option}: ${name} is missing from the backup; use another backup`);
    const { bytes, sha256 } = await description(path);
    if (bytes !== said.bytes || sha256 !== said.sha256)
      throw new BackupUnusable(`${option}: ${name} is not the file that was backed up; use another backup`);
  }
  return manifest;
}

function parsed(text: string, option: string): Manifest {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch {
    throw new BackupUnusable(`${option}: ${MANIFEST} is damaged; use another backup`);
  }
  const { format } = Object(manifest) as { format?: unknown };
  if (typeof format === 'number' && format > FORMAT)
    throw new BackupUnusable(`${option}: the backup was made by a newer version of Waymark; restore it with that version`);
  const found = SHAPE.safeParse(manifest);
  if (!found.success) throw new BackupUnusable(`${option}: ${MANIFEST} is no manifest of a backup; use another backup`);
  return found.data;
}

async function description(path: string): Promise<Manifest['files'][string]> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return { bytes: statSync(path).size, sha256: hash.digest('hex') };
}
