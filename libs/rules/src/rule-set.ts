/** The rules of a service with the facts they speak of: as published, compiled, and known by the hash of their content. */
import { createHash } from 'node:crypto';
import { canonical } from '@waymark/kernel';
import { z } from 'zod';
import { ConditionCompiler } from './condition';
import { FactCatalogue, factDefinitionSchema } from './facts';
import { compileRule, ruleSchema, type Rule, type RuleDefinition } from './rule';

export const ruleSetContentSchema = z.strictObject({ facts: z.array(factDefinitionSchema), rules: z.array(ruleSchema) });
export type RuleSetContent = z.output<typeof ruleSetContentSchema>;

/** SHA-256, in hex, of the RFC 8785 form. */
export function contentHash(content: unknown): string {
  return createHash('sha256')
    .update(canonical(JSON.parse(JSON.stringify(content))))
    .digest('hex');
}

/** There is no order among rules, so that of the files does not change the hash. */
export function ruleSetContent(facts: FactCatalogue, rules: readonly RuleDefinition[]): RuleSetContent {
  return { facts: [...facts.definitions], rules: [...rules].sort((a, b) => (a.id < b.id ? -1 : 1)) };
}

export class RuleSet {
  /** The hash of the content. */
  readonly id: string;
  readonly facts: FactCatalogue;
  readonly rules: readonly Rule[];

  constructor(readonly content: RuleSetContent) {
    this.id = contentHash(content);
    this.facts = new FactCatalogue(content.facts);
    const compiler = new ConditionCompiler(this.facts);
    this.rules = content.rules.map((definition) => compileRule(definition, compiler));
  }
}
