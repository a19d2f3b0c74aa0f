/** The file of the witnesses: a JSON line each, added to and never written over, kept outside the data folder. */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, realpathSync, writeSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import type { Witness } from './witness';

/** A file that is no witness file, or stands where it witnesses nothing. Says what to do. */
export class WitnessUnusable extends Error {
  override readonly name = 'WitnessUnusable';
}

const ELSEWHERE = 'name one in a folder that can be written';
const HASH = z.string().regex(/^[0-9a-f]{64}$/);
export const WITNESS = z.strictObject({
  log: z.string(),
  at: z.iso.datetime(),
  events: z.int().nonnegative(),
  position: z.string().nullable(),
  hash: HASH.nullable(),
  digest: HASH,
});

/** In the order in which they were written. None for a file that is not there. */
export function readWitnesses(file: string): Witness[] {
  if (!existsSync(file)) return [];
  const lines = textOf(file).split('\n');
  if (lines.pop() !== '') throw new WitnessUnusable(`The witness file ends in the middle of line ${lines.length + 1}; take that line out`);
  return lines.map((line, n) => {
    try {
      return WITNESS.parse(JSON.parse(line));
    } catch {
      throw new WitnessUnusable(`Line ${n + 1} of the witness file is not a witness; name the file that events witness has written`);
    }
  });
}

/** On the disk when it returns. */
export function addWitness(file: string, witness: Witness): void {
  try {
    const handle = openSync(file, 'a', 0o600);
    try {
      writeSync(handle, `${JSON.stringify(witness)}\n`);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (fault) {
    throw new WitnessUnusable(`The witness file cannot be written (${(fault as NodeJS.ErrnoException).code}); ${ELSEWHERE}`);
  }
}

/** Whoever can change the log could change a witness beside it. */
export function mustStandOutside(folder: string, file: string): void {
  const way = relative(realpathSync(folder), trueName(file));
  if (way.split(sep)[0] !== '..' && !isAbsolute(way))
    throw new WitnessUnusable('A witness in the data folder witnesses nothing; name a file elsewhere, best on another machine');
}

function trueName(file: string): string {
  try {
    return existsSync(file) ? realpathSync(file) : join(realpathSync(dirname(resolve(file))), basename(file));
  } catch {
    throw new WitnessUnusable(`The witness file cannot be made there; ${ELSEWHERE}`);
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new WitnessUnusable('The witness file cannot be read');
  }
}
