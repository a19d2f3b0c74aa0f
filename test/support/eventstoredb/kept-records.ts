/** A database that outlives its process: what is stored in one go is one line of a file, written before anybody is told. */
import { existsSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { Records, type Entry } from './records';

export class KeptRecords extends Records {
  private readonly file: number;

  constructor(path: string) {
    super();
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    // Killed in the middle of a line: nobody was told.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole.length < text.length) truncateSync(path, Buffer.byteLength(whole));
    for (const line of whole.split('\n').slice(0, -1)) super.enter(JSON.parse(line, revived) as Entry[]);
    this.file = openSync(path, 'a');
  }

  protected override enter(entries: readonly Entry[]): void {
    writeSync(this.file, `${JSON.stringify(entries, written)}\n`);
    super.enter(entries);
  }
}

/** JSON has neither bytes nor whole numbers of this size. */
function written(this: Readonly<Record<string, unknown>>, name: string, form: unknown): unknown {
  // The form of a Buffer is an object of numbers.
  const value = this[name];
  if (typeof value === 'bigint') return { whole: value.toString() };
  return value instanceof Uint8Array ? { bytes: Buffer.from(value).toString('base64') } : form;
}

function revived(_: string, value: unknown): unknown {
  const { whole, bytes } = Object(value) as { whole?: string; bytes?: string };
  if (whole !== undefined) return BigInt(whole);
  return bytes === undefined ? value : Buffer.from(bytes, 'base64');
}
