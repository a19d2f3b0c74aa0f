/** The configuration folder: read whole, checked whole, and every mistake reported at once with its place and its fix. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { divisionOf, type BankHolidays } from '@waymark/kernel';
import { z } from 'zod';
import { directoryEntrySchema, isValuesOf, listsSchema, referralCodesSchema, type Lists } from './codes';
import { ConditionCompiler } from './condition';
import { FactCatalogue, factDefinitionSchema } from './facts';
import { inWords, PositionedFile, type Problem } from './positions';
import { bankHolidaysSchema, type ServiceContent } from './published';
import { ruleSchema, type RuleDefinition } from './rule';
import { ruleSetContent, type RuleSetContent } from './rule-set';
import { tryRule } from './rule-examples';
import { serviceSchema, type ServiceConfiguration } from './service';

/** The configuration cannot be used. The message has one line for each mistake; whoever starts the program says exit code 2. */
export class ConfigurationMistakes extends Error {
  override readonly name = 'ConfigurationMistakes';
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(inWords).join('\n'));
  }
}

export interface ConfigurationFiles {
  readonly services: readonly ServiceContent[];
  readonly ruleSet: RuleSetContent;
}

/** Everything in the folder. Throws ConfigurationMistakes. */
export function readConfiguration(folder: string): ConfigurationFiles {
  const reader = new FolderReader(folder);
  const facts = readFacts(reader);
  const lists = readLists(reader, facts);
  const rules = readRules(reader, facts, lists);
  const directory = reader.one('directory.yaml', z.array(directoryEntrySchema));
  const referralCodes = reader.one('referral-codes.yaml', referralCodesSchema);
  const bankHolidays = reader.one('bank-holidays.json', bankHolidaysSchema);
  const services = readServices(reader, bankHolidays);
  const problems = reader.problems();
  if (problems.length > 0 || !facts || !lists || !directory || !referralCodes || !bankHolidays) throw new ConfigurationMistakes(problems);
  return {
    ruleSet: ruleSetContent(facts, rules),
    services: services.map((service) => {
      const division = divisionOf(service.nation);
      const days = bankHolidays[division];
      return { service, lists, directory, referralCodes, bankHolidays: days ? { [division]: days } : {} };
    }),
  };
}

/** Whether every rule of the folder is sound and its own examples hold. */
export function checkRules(folder: string): { ok: boolean; problems: Problem[] } {
  const reader = new FolderReader(folder);
  const facts = readFacts(reader);
  readRules(reader, facts, readLists(reader, facts));
  const problems = reader.problems();
  return { ok: problems.length === 0, problems };
}

class FolderReader {
  private readonly files: PositionedFile[] = [];

  constructor(private readonly folder: string) {}

  open(name: string): PositionedFile {
    const path = join(this.folder, name);
    if (!existsSync(path)) return this.missing(name, 'the file is missing', 'put it into the configuration folder');
    return this.keep(new PositionedFile(name, readFileSync(path, 'utf8')));
  }

  missing(name: string, message: string, fix: string): PositionedFile {
    const file = this.keep(new PositionedFile(name, ''));
    file.problem([], message, fix);
    return file;
  }

  private keep(file: PositionedFile): PositionedFile {
    this.files.push(file);
    return file;
  }

  one<S extends z.ZodType>(name: string, schema: S): z.output<S> | undefined {
    return this.open(name).read(schema);
  }

  /** Names of the files in a folder of it, with the folder. A file that would be passed over in silence is a mistake. */
  in(folder: string, ending: string): string[] {
    const path = join(this.folder, folder);
    const names = existsSync(path) ? readdirSync(path).filter((name) => /\.(ya?ml|json)$/.test(name)) : [];
    for (const name of names.filter((name) => !name.endsWith(ending))) {
      this.open(`${folder}/${name}`).problem([], 'a file that would not be read', `let its name end in ${ending}`);
    }
    const read = names.filter((name) => name.endsWith(ending)).sort();
    return read.map((name) => `${folder}/${name}`);
  }

  problems(): Problem[] {
    return this.files.flatMap((file) => file.problems);
  }
}

function readFacts(reader: FolderReader): FactCatalogue | undefined {
  const file = reader.open('facts.yaml');
  const definitions = file.read(z.array(factDefinitionSchema));
  if (!definitions) return undefined;
  definitions.forEach(({ id }, index) => {
    const first = definitions.findIndex((definition) => definition.id === id);
    if (first < index) file.problem([index, 'id'], `"${id}" is there twice`, 'give one of them another id, or take it out');
  });
  return new FactCatalogue(definitions);
}

function readLists(reader: FolderReader, facts: FactCatalogue | undefined): Lists | undefined {
  const file = reader.open('reasons.yaml');
  const lists = file.read(listsSchema);
  if (!lists) return undefined;
  for (const [name, entries] of Object.entries(lists)) {
    if (!isValuesOf(entries) || !facts || facts.get(entries.valuesOf)?.values) continue;
    file.problem(
      [name, 'valuesOf'],
      `"${entries.valuesOf}" is no fact with values`,
      'name a fact of facts.yaml that is a code or a set of codes',
    );
  }
  for (const name of ['flags', 'routes', 'decline-criteria', 'instruments', 'difficulties']) {
    if (!Object.hasOwn(lists, name)) file.problem([], `the list "${name}" is missing`, 'add it');
  }
  return lists;
}

function readRules(reader: FolderReader, facts: FactCatalogue | undefined, lists: Lists | undefined): RuleDefinition[] {
  const compiler = facts && new ConditionCompiler(facts);
  return reader.in('rules', '.rule.yaml').flatMap((name) => {
    const file = reader.open(name);
    const rule = file.read(ruleSchema);
    if (!rule) return [];
    if (name !== `rules/${rule.id}.rule.yaml`)
      file.problem(['id'], `the file of "${rule.id}" has another name`, `name the file ${rule.id}.rule.yaml`);
    nameKnown(file, rule, lists);
    if (facts && compiler) tryRule(file, rule, facts, compiler);
    return [rule];
  });
}

/** A flag or a route that nobody has words for would reach a screen as a code. */
function nameKnown(file: PositionedFile, { then }: RuleDefinition, lists: Lists | undefined): void {
  if (!lists) return;
  const named = [
    ['flags', 'flag', then.flag === undefined ? [] : [then.flag]],
    ['flags', 'flags', then.flags ?? []],
    ['routes', 'route', then.route === undefined ? [] : [then.route]],
    ['routes', 'routes', then.routes ?? []],
  ] as const;
  for (const [list, field, codes] of named) {
    codes.forEach((code, index) => {
      if (Object.hasOwn(lists[list] ?? {}, code)) return;
      const path = field === list ? ['then', field, index] : ['then', field];
      file.problem(
        path,
        `there is no ${list === 'flags' ? 'flag' : 'route'} "${code}"`,
        `add it to ${list} in reasons.yaml, or use one of ${Object.keys(lists[list] ?? {}).join(', ')}`,
      );
    });
  }
}

function readServices(reader: FolderReader, bankHolidays: BankHolidays | undefined): ServiceConfiguration[] {
  const names = reader.in('services', '.yaml');
  if (names.length === 0) reader.missing('services', 'there is no service', 'add services/<id>.yaml');
  const defaults: string[] = [];
  return names.flatMap((name) => {
    const file = reader.open(name);
    const service = file.read(serviceSchema);
    if (!service) return [];
    const { id, nation } = service;
    if (name !== `services/${id}.yaml`) file.problem(['id'], `the file of "${id}" has another name`, `name the file ${id}.yaml`);
    if (bankHolidays && !bankHolidays[divisionOf(nation)])
      file.problem(['nation'], `there are no bank holidays of ${nation}`, `add ${divisionOf(nation)} to bank-holidays.json`);
    if (service.default && defaults.length > 0)
      file.problem(['default'], `${defaults[0]} is the default already`, 'leave default to one of them');
    if (service.default) defaults.push(id);
    return [service];
  });
}
