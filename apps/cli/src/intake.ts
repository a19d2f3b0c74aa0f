/** `waymark intake`: takes in files and folders of FHIR, CSV and JSON, a line an item. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { Intake, type IntakeLine } from '@waymark/doors';
import { DONE, Ended, environment, print, REFUSED, say, tell, withWaymark, WRONG_INPUT, type Declare } from './command-line';

interface Options {
  readonly service?: string;
  readonly receivedAt?: string;
  readonly json?: boolean;
}

const TAKEN = /\.(json|ndjson|csv)$/i;

export const declare: Declare = (command) =>
  void command
    .argument('<file|folder|->', 'a file, a folder walked in name order, or - for standard input')
    .description('Take in referrals from files')
    .option('--service <service>', 'for which service')
    .option('--received-at <instant>', 'when they were received, if that was earlier')
    .option('--json', 'a JSON line an item')
    .action(async (from: string, { service, receivedAt, json }: Options) => {
      const files = filesOf(from);
      const counts = new Map<string, number>();
      await withWaymark(environment(), async (app) => {
        const intake = app.get(Intake);
        for (const { name, read } of files) {
          const sender = {
            ...(service === undefined ? {} : { service }),
            ...(receivedAt === undefined ? {} : { receivedAt }),
            channel: 'cli' as const,
          };
          for await (const line of intake.file(name, read(), sender)) {
            counts.set(line.outcome, (counts.get(line.outcome) ?? 0) + 1);
            if (json) print(line);
            else say(inWords(line));
          }
        }
      });
      tell([...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ') || 'nothing to take in');
      process.exitCode = (counts.get('refused') ?? 0) > 0 ? REFUSED : DONE;
    });

function filesOf(from: string): { name: string; read: () => Buffer }[] {
  if (from === '-') return [{ name: '-', read: () => readFileSync(0) }];
  let folder: boolean;
  try {
    folder = statSync(from).isDirectory();
  } catch {
    throw new Ended(WRONG_INPUT, 'There is no such file or folder to take in');
  }
  if (!folder) return [{ name: from, read: () => readFileSync(from) }];
  return readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && TAKEN.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ name: `${from.replace(/\/+$/, '')}/${relative(from, path).split(sep).join('/')}`, read: () => readFileSync(path) }));
}

function inWords({ file, item, outcome, reference, reasons }: IntakeLine): string {
  const what = item === null ? file : `${file} ${item}`;
  const why = (reasons ?? []).map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
  return [what, outcome, reference ?? '', why].filter((part) => part !== '').join('  ');
}
