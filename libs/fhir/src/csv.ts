/** A case-finding list: one row a person, contract section 3. A column nobody knows refuses the file, a mistake refuses its row. */
import { isRejection, type Mistake } from '@waymark/kernel';
import { CsvError, parse } from 'csv-parse/sync';
import {
  LIMITS,
  refused,
  type FactBody,
  type FactValue,
  type Item,
  type PersonBody,
  type ReadContext,
  type ReferralBody,
  type Telecom,
} from './item';
import { defined } from './values';

const COLUMNS = [
  'family_name',
  'given_names',
  'birth_date',
  'nhs_number',
  'gender',
  'address',
  'postcode',
  'phone',
  'email',
  'gp_practice_ods',
  'reason',
  'agreement',
] as const;
type Column = (typeof COLUMNS)[number];

export const CSV_COLUMNS: readonly string[] = COLUMNS;

interface Row {
  readonly record: readonly string[];
  readonly raw: string;
  readonly info: { readonly lines: number };
}

/** `text` is decoded, its byte order mark dropped. */
export function readCsv(text: string, context: ReadContext): Item[] {
  let rows: Row[];
  try {
    rows = parse(text, { info: true, raw: true, relax_column_count: true, skip_empty_lines: true, trim: true }) as unknown as Row[];
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return [
      refused(null, [{ code: 'unreadable', path: '', message: `Line ${String(error['lines'] ?? 1)}: quotation marks do not match` }]),
    ];
  }
  const [header, ...people] = rows;
  if (!header) return [refused(null, [{ code: 'unreadable', path: '', message: 'Must begin with a row of column names' }])];
  const wrong = wrongColumns(header.record, context);
  if (wrong.length > 0) return [refused(null, wrong)];
  if (people.length === 0)
    return [refused(null, [{ code: 'unreadable', path: '', message: 'Must hold at least one row below the column names' }])];
  return people.map((row) => itemOf(row, header.record, context));
}

function wrongColumns(names: readonly string[], { facts }: ReadContext): Mistake[] {
  const known = (name: string): boolean => {
    if ((COLUMNS as readonly string[]).includes(name)) return true;
    const [prefix, fact, on, ...rest] = name.split(':');
    if (prefix !== 'fact' || fact === undefined || rest.length > 0 || (on !== undefined && on !== 'on')) return false;
    const definition = facts.get(fact);
    return definition !== undefined && definition.takenFrom === undefined && (on === undefined || names.includes(`fact:${fact}`));
  };
  // Where the header was forgotten the first row is somebody's data, and a column is told by its place.
  const isHeader = names.some(known);
  return names.flatMap((name, i): Mistake[] => {
    const path = isHeader && name.length <= 60 ? name : `column ${i + 1}`;
    if (names.indexOf(name) !== i) return [{ code: 'invalid', path, message: 'Must be there once' }];
    return known(name)
      ? []
      : [{ code: 'unknown-field', path, message: `Must be one of ${COLUMNS.join(', ')}, or fact:<id> of a known fact` }];
  });
}

function itemOf({ record, raw, info }: Row, names: readonly string[], context: ReadContext): Item {
  const item = `row ${info.lines - (raw.replace(/[\r\n]+$/, '').match(/\n/g)?.length ?? 0)}`;
  if (record.length !== names.length) {
    return refused(item, [
      { code: 'invalid', path: '', message: `Must have ${names.length} cells, one a column; it has ${record.length}` },
    ]);
  }
  const cells = new Map(names.map((name, i) => [name, record[i] ?? '']));
  const mistakes: Mistake[] = [];
  const read = new Cells(cells, mistakes, context);
  const referral: ReferralBody = defined({
    source: 'case-finding' as const,
    person: read.person(),
    need: { reason: read.required('reason', LIMITS.text) },
    agreement: read.agreement(),
    facts: read.facts(),
  });
  return mistakes.length > 0 ? refused(item, mistakes) : { item, kind: 'referral', reasons: [], flags: [], referral };
}

class Cells {
  constructor(
    private readonly cells: ReadonlyMap<string, string>,
    private readonly mistakes: Mistake[],
    private readonly context: ReadContext,
  ) {}

  person(): PersonBody {
    const family = this.text('family_name', LIMITS.name);
    const given = this.text('given_names', LIMITS.name)?.split(/\s+/);
    if (family === undefined && given === undefined) this.wrong('required', 'family_name', 'Must be given, or given_names');
    const line = this.text('address', LIMITS.text)
      ?.split(/[\n,]+/)
      .map((one) => one.trim())
      .filter(Boolean);
    const address = defined({ line, postalCode: this.text('postcode', LIMITS.name) });
    const telecom = [this.telecom('phone', 'phone'), this.telecom('email', 'email')].filter((one) => one !== undefined);
    const ods = this.text('gp_practice_ods', LIMITS.name);
    return defined({
      name: defined({ family, given }),
      birthDate: this.birthDate(),
      nhsNumber: this.text('nhs_number', LIMITS.name),
      gender: this.gender(),
      address: Object.keys(address).length > 0 ? address : undefined,
      telecom: telecom.length > 0 ? telecom : undefined,
      gpPractice: ods === undefined ? undefined : { ods: ods.toUpperCase() },
    });
  }

  /** A list finds people; only a person who agrees, or a clinician's best-interests decision, makes a referral of it. */
  agreement(): ReferralBody['agreement'] {
    const basis = this.text('agreement', LIMITS.name)
      ?.toLowerCase()
      .replaceAll(/[\s_]+/g, '-');
    if (basis === 'agreed' || basis === 'best-interests') return { basis };
    this.wrong('agreement-needed', 'agreement', 'Must be agreed or best-interests: a list alone makes no referral');
    return undefined;
  }

  facts(): ReferralBody['facts'] {
    const facts: Record<string, FactBody> = {};
    for (const [column, cell] of this.cells) {
      const [prefix, fact, on] = column.split(':');
      if (prefix !== 'fact' || fact === undefined || on !== undefined || cell === '') continue;
      const value = this.factValue(fact, cell);
      const date = this.date(`${column}:on`);
      const given = date === undefined ? { value, by: 'imported' as const } : { value, on: date, by: 'imported' as const };
      const checked = this.context.facts.read(fact, given, column);
      if (isRejection(checked)) this.wrong('invalid', column, checked.detail);
      else facts[fact] = given;
    }
    return Object.keys(facts).length > 0 ? facts : undefined;
  }

  required(column: Column, most: number): string {
    const text = this.text(column, most);
    if (text === undefined) this.wrong('required', column, 'Must be given');
    return text ?? '';
  }

  private factValue(fact: string, cell: string): FactValue {
    if (/^(unknown|not sure|not known)$/i.test(cell)) return 'unknown';
    switch (this.context.facts.get(fact)?.type) {
      case 'boolean':
        return /^(yes|y|true|1)$/i.test(cell) ? true : /^(no|n|false|0)$/i.test(cell) ? false : cell;
      case 'integer':
      case 'number':
        return /^-?\d+(\.\d+)?$/.test(cell) ? Number(cell) : cell;
      case 'codes':
        return cell
          .split(/[;|]/)
          .map((one) => one.trim())
          .filter(Boolean);
      case 'code':
      case undefined:
        return cell;
    }
  }

  private birthDate(): PersonBody['birthDate'] {
    const cell = this.cells.get('birth_date') ?? '';
    const about = /^about (\d{1,3})$/i.exec(cell);
    if (about) return { about: Number(about[1]) };
    const date = /^\d{4}$/.test(cell) ? cell : this.date('birth_date');
    if (date !== undefined && (date < '1900' || date > this.context.today)) {
      this.wrong('invalid', 'birth_date', 'Must be from 1900 to today');
      return undefined;
    }
    return date;
  }

  /** Day first, or ISO. */
  private date(column: string): string | undefined {
    const cell = this.cells.get(column) ?? '';
    if (cell === '') return undefined;
    const dayFirst = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/.exec(cell);
    const iso = dayFirst ? `${dayFirst[3]}-${dayFirst[2]!.padStart(2, '0')}-${dayFirst[1]!.padStart(2, '0')}` : cell;
    const epoch = /^\d{4}-\d{2}-\d{2}$/.test(iso) ? Date.parse(`${iso}T00:00:00Z`) : Number.NaN;
    if (!Number.isNaN(epoch) && new Date(epoch).toISOString().startsWith(iso)) return iso;
    this.wrong('invalid', column, 'Must be a date that exists: day/month/year with four digits for the year, or YYYY-MM-DD');
    return undefined;
  }

  private gender(): PersonBody['gender'] {
    const cell = (this.cells.get('gender') ?? '').toLowerCase();
    if (cell === '') return undefined;
    const found = (['female', 'male', 'other', 'unknown'] as const).find(
      (one) => one === cell || (one.length < 7 && one[0] === cell && one !== 'other'),
    );
    if (!found) this.wrong('invalid', 'gender', 'Must be female, male, other or unknown');
    return found;
  }

  private telecom(column: Column, system: Telecom['system']): Telecom | undefined {
    const value = this.text(column, LIMITS.name);
    return value === undefined ? undefined : { system, value };
  }

  private text(column: Column, most: number): string | undefined {
    const cell = this.cells.get(column) ?? '';
    if (cell.length > most) this.wrong('invalid', column, `Must be at most ${most} characters`);
    return cell === '' ? undefined : cell;
  }

  private wrong(code: string, path: string, message: string): void {
    this.mistakes.push({ code, path, message });
  }
}
