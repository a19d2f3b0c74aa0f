/** `waymark intake`: takes in files and folders of FHIR, CSV and JSON, a line an item. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { Intake, serviceNamed, type IntakeLine } from '@waymark/doors';
import { Configuration } from '@waymark/rules';
import {
  DONE,
  Ended,
  environment,
  granted,
  print,
  progress,
  REFUSED,
  say,
  standardInput,
  tell,
  withWaymark,
  WRONG_INPUT,
  type Declare,
} from './command-line';

interface Options {
  readonly service?: string;
  readonly receivedAt?: string;
  readonly json?: boolean;
}

interface Source {
  readonly name: string;
  read(): Buffer | Promise<Buffer>;
}

const TAKEN = /\.(json|ndjson|csv)$/i;
const PROGRESS_EVERY = 500;

export const declare: Declare = (command) =>
  void command
    .argument('<file|folder|->', 'a file, a folder (its .json, .ndjson and .csv files, in name order), or - for standard input')
    .description('Take in referrals from files')
    .option('--service <service>', 'for which service')
    .option('--received-at <instant>', 'when they were received, if that was earlier')
    .option('--json', 'a JSON line an item')
    .action(async (from: string, { service, receivedAt, json }: Options) => {
      const sources = sourcesIn(from);
      if (receivedAt !== undefined && !isPastInstant(receivedAt))
        throw new Ended(WRONG_INPUT, '--received-at: a date and time with its offset, such as 2026-11-20T09:12:00Z, not in the future');
      const counts = new Map<string, number>();
      let dealtWith = 0;
      await withWaymark(environment(), async (app) => {
        const handed = {
          service: granted(await serviceNamed(service, app.get(Configuration))),
          ...(receivedAt === undefined ? {} : { receivedAt }),
          channel: 'cli' as const,
        };
        for (const source of sources) {
          for await (const line of linesOf(source, app.get(Intake), handed)) {
            counts.set(line.outcome, (counts.get(line.outcome) ?? 0) + 1);
            if (json) await print(line);
            else say(inWords(line));
            if (++dealtWith % PROGRESS_EVERY === 0) progress(`${dealtWith} items`);
          }
        }
      });
      tell([...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ') || 'Nothing to take in');
      process.exitCode = (counts.get('refused') ?? 0) > 0 ? REFUSED : DONE;
    });

function isPastInstant(text: string): boolean {
  const isWhole = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(text);
  return isWhole && Date.parse(text) <= Date.now();
}

function sourcesIn(from: string): Source[] {
  if (from === '-') return [{ name: '-', read: standardInput }];
  const there = statSync(from, { throwIfNoEntry: false });
  if (!there) throw new Ended(WRONG_INPUT, 'There is no such file or folder to take in; name one, or - for standard input');
  if (!there.isDirectory()) return [{ name: from, read: () => readFileSync(from) }];
  return readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => TAKEN.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
    .sort()
    .map((path) => ({ name: `${from.replace(/\/+$/, '')}/${relative(from, path).split(sep).join('/')}`, read: () => readFileSync(path) }));
}

/** A file that cannot be read is said of that file, and the rest of the folder goes on. */
async function* linesOf({ name, read }: Source, intake: Intake, handed: Parameters<Intake['file']>[2]): AsyncIterable<IntakeLine> {
  let bytes: Buffer;
  try {
    bytes = await read();
  } catch {
    const reasons = [{ code: 'unreadable', path: '', message: 'The file cannot be opened; check who may read it' }];
    yield { file: name, item: null, outcome: 'refused', reference: null, linkedTo: null, replayed: null, reasons };
    return;
  }
  yield* intake.file(name, bytes, handed);
}

function inWords({ file, item, outcome, reference, reasons }: IntakeLine): string {
  const what = item === null ? file : `${file} ${item}`;
  const why = (reasons ?? []).map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
  return [what, outcome, reference ?? '', why].filter((part) => part !== '').join('  ');
}
