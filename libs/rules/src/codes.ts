/** Every list of codes that the service uses, with its words: what `/api/v1/codes` gives and what commands are checked against. */
import { z } from 'zod';
import type { FactCatalogue } from './facts';
import { stratumSchema, type Stratum } from './suggestion';

const codeId = z.string().regex(/^[A-Za-z0-9]+(-[a-z0-9]+)*$/, 'a code is letters, digits and hyphens');

/** What an entry may say beside its words. */
const detailsSchema = z.strictObject({
  label: z.string().min(1),
  /** A difficulty: the need group it speaks for. */
  stratum: stratumSchema.optional(),
  /** A reason to cancel: who cancels for it. */
  by: z.enum(['person', 'service']).optional(),
  /** An attendance outcome: its code in the Community Services Data Set. */
  csds: z.string().optional(),
  /** An instrument: the forms of it that make pairs, its range, its direction, the change that counts. */
  variants: z.array(codeId).min(1).optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  better: z.enum(['higher', 'lower', 'neither']).optional(),
  counts: z.number().positive().optional(),
});

/** config/reasons.yaml: list to code to words, or to words and more; or the values of a fact. */
export const listsSchema = z.record(
  codeId,
  z.union([z.strictObject({ valuesOf: z.string() }), z.record(codeId, z.union([z.string().min(1), detailsSchema]))]),
);
export type Lists = z.output<typeof listsSchema>;

/** One service that a referral may be sent on to: an entry of config/directory.yaml. */
export const directoryEntrySchema = z.strictObject({
  id: codeId,
  name: z.string().min(1),
  for: z.string().min(1),
  how: z.string().min(1),
  telephone: z.string().min(1),
  hours: z.string().min(1),
  urgent: z.string().optional(),
  lastChecked: z.iso.date(),
});
export type DirectoryEntry = z.output<typeof directoryEntrySchema>;

const codeRefSchema = z.strictObject({
  system: z.string().min(1),
  code: z.string().min(1),
  display: z.string().optional(),
  source: z.string().min(1),
  verifiedOn: z.iso.date(),
});

/** config/referral-codes.yaml: how the FHIR door tells what is asked for, and by whom. */
export const referralCodesSchema = z.strictObject({
  occupationalTherapy: z.array(codeRefSchema),
  generic: z.array(codeRefSchema),
  notOccupationalTherapy: z.array(codeRefSchema),
  sourceOfReferral: z.array(codeRefSchema.extend({ is: z.string() })),
});
export type ReferralCodes = z.output<typeof referralCodesSchema>;

export interface Code extends Omit<z.output<typeof detailsSchema>, 'stratum'> {
  readonly list: string;
  readonly code: string;
  readonly label: string;
  readonly stratum?: Stratum;
}

export class CodeLists {
  private readonly lists: ReadonlyMap<string, ReadonlyMap<string, Code>>;

  constructor(lists: Lists, catalogue: FactCatalogue, directory: readonly DirectoryEntry[]) {
    const services = Object.fromEntries(directory.map(({ id, name }) => [id, name]));
    const all: Record<string, Record<string, string | z.output<typeof detailsSchema>>> = {
      facts: Object.fromEntries(catalogue.definitions.map(({ id, label }) => [id, label])),
      'red-flags': Object.fromEntries(catalogue.redFlags().map(({ code, label }) => [code, label])),
      directory: services,
    };
    for (const [name, entries] of Object.entries(lists)) {
      all[name] = isValuesOf(entries) ? (catalogue.get(entries.valuesOf)?.values ?? {}) : entries;
    }
    // What a declined person may turn to: any service of the directory, or one of those named beside it.
    all['alternatives'] = { ...services, ...all['alternatives'] };
    this.lists = new Map(
      Object.entries(all).map(([list, entries]) => [
        list,
        new Map(
          Object.entries(entries).map(([code, words]) => [code, { list, code, ...(typeof words === 'string' ? { label: words } : words) }]),
        ),
      ]),
    );
  }

  /** The names of all lists. */
  names(): string[] {
    return [...this.lists.keys()];
  }

  /** All codes of all lists. */
  all(): Code[] {
    return this.names().flatMap((name) => this.list(name));
  }

  list(name: string): Code[] {
    return [...(this.lists.get(name)?.values() ?? [])];
  }

  has(list: string, code: string): boolean {
    return this.lists.get(list)?.has(code) ?? false;
  }

  find(list: string, code: string): Code | undefined {
    return this.lists.get(list)?.get(code);
  }

  label(list: string, code: string): string {
    return this.find(list, code)?.label ?? code;
  }
}

export function isValuesOf(entries: Lists[string]): entries is { valuesOf: string } {
  return typeof entries['valuesOf'] === 'string';
}
