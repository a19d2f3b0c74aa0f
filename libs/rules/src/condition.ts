/**
 * The condition of a rule: CEL over the declared facts, true, false or unknown. `&&`, `||`, `!` and `?:` are three-valued here;
 * every comparison between them is CEL's own, run only when all its facts are known. So an unknown fact is never false.
 */
import { Environment, type ASTNode } from '@marcbachmann/cel-js';
import { problemOf, UNKNOWN, type FactCatalogue, type FactDefinition } from './facts';
import type { Facts } from './suggestion';
import { and, fresh, not, notUnder, or, unsure, type Asked, type Condition } from './truth';

/** A whole condition, ready to be tried. */
export interface CompiledCondition extends Condition {
  /** Every fact it names. */
  readonly facts: readonly string[];
  /** Those of them that are out of date, of those that must not be. */
  outOfDate(asked: Asked): readonly string[];
}

/** A mistake in a condition, with its place in the text of the condition. */
export class ConditionMistake extends Error {
  override readonly name = 'ConditionMistake';
  constructor(
    message: string,
    readonly fix: string,
    readonly start: number,
  ) {
    super(message);
  }
}

/** Who referred, and by which door, never changes the answer; nor does who the person is. */
const NEVER_IN_RULES = new Set(
  'source practice gp_practice ods name family given sex gender ethnicity ethnic_category language interpreter postcode postal_code address deprivation disability previous_dna did_not_attend funding'.split(
    ' ',
  ),
);

const CEL_TYPE: Record<FactDefinition['type'], string> = {
  boolean: 'bool',
  integer: 'int',
  number: 'double',
  code: 'string',
  codes: 'list<string>',
};
const CONNECTIVES = new Set(['&&', '||', '!_', '?:']);
const HELPERS = new Set(['unsure', 'fresh', 'not_under']);

/** `fall-in-3-months` as a condition names it. */
export function celName(factId: string): string {
  return factId.replaceAll('-', '_');
}

/** The facts as conditions read them. A value that its definition does not allow is as good as not known. */
export function askedOf(facts: Facts, catalogue: FactCatalogue, today: string): Asked {
  const values: Record<string, unknown> = {};
  for (const [id, { value }] of Object.entries(facts)) {
    const definition = catalogue.get(id);
    if (!definition || value === UNKNOWN || problemOf(definition, value) !== undefined) continue;
    values[celName(id)] = definition.type === 'integer' ? BigInt(value as number) : value;
  }
  return { facts, today, values };
}

export interface CompileOptions {
  /** The rule reassures: a score without a date counts as stale. In every other rule it counts as current. */
  readonly reassuring: boolean;
}

/** Conditions over the facts of one catalogue. */
export class ConditionCompiler {
  private readonly environment: Environment;
  private readonly factOf: ReadonlyMap<string, FactDefinition>;

  constructor(catalogue: FactCatalogue) {
    this.factOf = new Map(catalogue.definitions.map((definition) => [celName(definition.id), definition]));
    this.environment = new Environment();
    for (const [name, { type }] of this.factOf) this.environment.registerVariable(name, CEL_TYPE[type]);
    // Declared for the type check alone; they are carried out here.
    this.environment.registerFunction('unsure(dyn): bool', () => false);
    this.environment.registerFunction('fresh(dyn, int): bool', () => false);
    this.environment.registerFunction('not_under(int): bool', () => false);
  }

  /** Throws ConditionMistake. */
  compile(text: string, options: CompileOptions): CompiledCondition {
    const parsed = this.parsed(text);
    walk(parsed.ast, (node) => this.refuse(node));
    const { valid, type, error } = parsed.check();
    if (!valid)
      throw new ConditionMistake(
        error?.summary ?? 'it cannot be read',
        'compare facts with values of their own type',
        error?.range?.start ?? 0,
      );
    if (type !== 'bool')
      throw new ConditionMistake('a condition is true or false, and this is neither', 'compare the fact with a value', 0);
    const condition = this.build(parsed.ast, options);
    const facts = new Set<string>();
    const freshness: Condition[] = [];
    walk(parsed.ast, (node) => {
      const fact = node.op === 'id' ? this.factOf.get(node.args) : undefined;
      if (fact) facts.add(fact.id);
      if (node.op === 'call' && node.args[0] === 'not_under') facts.add('age-years');
      if (node.op === 'call' && node.args[0] === 'fresh') freshness.push(this.build(node, options));
    });
    return {
      ...condition,
      facts: [...facts],
      outOfDate: (asked) => freshness.flatMap((dated) => (dated.truth(asked) === false ? dated.evidence(asked) : [])),
    };
  }

  private parsed(text: string) {
    try {
      return this.environment.parse(text);
    } catch (fault) {
      if (!(fault instanceof Error)) throw fault;
      const { summary, range } = fault as Error & { summary?: string; range?: { start: number } };
      throw new ConditionMistake(summary ?? fault.message, 'write a condition of the Common Expression Language', range?.start ?? 0);
    }
  }

  private refuse(node: ASTNode): void {
    if (node.op === 'id') this.refuseName(node.args, node.start);
    if (node.op === 'call' && node.args[0] === 'has') {
      throw new ConditionMistake(
        'has() hides what is not known',
        'leave it out: an unknown fact makes the condition unknown by itself',
        node.start,
      );
    }
    if (node.op === '==' || node.op === '!=' || node.op === 'in') this.refuseUnknownCodes(node.args);
  }

  private refuseName(name: string, start: number): void {
    if (NEVER_IN_RULES.has(name)) {
      throw new ConditionMistake(
        `no rule may name "${name}"`,
        'say what is needed; who referred and who somebody is never change the answer',
        start,
      );
    }
    if (this.factOf.get(name)?.inRules === false) throw new ConditionMistake(`no rule may name "${name}"`, 'name another fact', start);
  }

  /** `"frailty_dementia" in needs` would be false for ever, in silence. */
  private refuseUnknownCodes(operands: readonly ASTNode[]): void {
    const fact = operands.map((node) => (node.op === 'id' ? this.factOf.get(node.args) : undefined)).find((found) => found?.values);
    if (!fact?.values) return;
    const { values } = fact;
    for (const operand of operands) {
      walk(operand, (node) => {
        if (node.op !== 'value' || typeof node.args !== 'string' || Object.hasOwn(values, node.args)) return;
        throw new ConditionMistake(`"${node.args}" is no value of ${fact.id}`, `use one of ${Object.keys(values).join(', ')}`, node.start);
      });
    }
  }

  private build(node: ASTNode, options: CompileOptions): Condition {
    if (node.op === '&&') return and(this.build(node.args[0], options), this.build(node.args[1], options));
    if (node.op === '||') return or(this.build(node.args[0], options), this.build(node.args[1], options));
    if (node.op === '!_') return not(this.build(node.args, options));
    if (node.op === '?:') {
      const when = this.build(node.args[0], options);
      return or(and(when, this.build(node.args[1], options)), and(not(when), this.build(node.args[2], options)));
    }
    if (node.op === 'call' && HELPERS.has(node.args[0])) return this.helper(node.args[0], node.args[1], node.start, options);
    return this.comparison(node);
  }

  private helper(name: string, args: readonly ASTNode[], start: number, { reassuring }: CompileOptions): Condition {
    const [first, second] = args;
    if (name === 'not_under') return notUnder(Number(literal(first, start)));
    const fact = first?.op === 'id' ? this.factOf.get(first.args) : undefined;
    if (!fact)
      throw new ConditionMistake(
        `${name}() is asked about a fact`,
        `write ${name}(name_of_a_fact${name === 'fresh' ? ', days' : ''})`,
        start,
      );
    return name === 'unsure' ? unsure(fact.id) : fresh(fact.id, Number(literal(second, start)), reassuring);
  }

  private comparison(node: ASTNode): Condition {
    const needed = new Set<string>();
    walk(node, (inner) => {
      if (inner.op === 'id' && this.factOf.has(inner.args)) needed.add(inner.args);
      if (inner.op === 'call' && HELPERS.has(inner.args[0])) {
        throw new ConditionMistake(`${inner.args[0]}() stands alone`, 'join it to the rest with && or ||', inner.start);
      }
      if (inner !== node && CONNECTIVES.has(inner.op) && !isMacro(node)) {
        throw new ConditionMistake('a comparison of conditions', 'join conditions with && or ||', inner.start);
      }
    });
    const names = [...needed];
    const run = this.environment.parse(node.input.slice(node.start, node.end));
    const ids = names.map((name) => this.factOf.get(name)?.id ?? name);
    return {
      truth(asked) {
        for (const name of names) if (asked.values[name] === undefined) return 'unknown';
        return run(asked.values) === true;
      },
      evidence: () => ids,
      ask: (asked) => ids.filter((_, index) => asked.values[names[index] ?? ''] === undefined),
    };
  }
}

function literal(node: ASTNode | undefined, start: number): bigint {
  if (node?.op === 'value' && typeof node.args === 'bigint') return node.args;
  throw new ConditionMistake('a number of days or years is written out', 'write a whole number', node?.start ?? start);
}

/** `needs.exists(need, …)` and its like bring names and conditions of their own. */
function isMacro(node: ASTNode): boolean {
  let found = false;
  walk(node, (inner) => (found ||= inner.op === 'rcall'));
  return found;
}

function walk(node: ASTNode, visit: (node: ASTNode) => void): void {
  visit(node);
  for (const child of childrenOf(node)) walk(child, visit);
}

function childrenOf(node: ASTNode): ASTNode[] {
  const inside = (part: unknown): ASTNode[] => (Array.isArray(part) ? part.flatMap(inside) : isNode(part) ? [part] : []);
  return inside(Array.isArray(node.args) ? node.args : [node.args]);
}

function isNode(part: unknown): part is ASTNode {
  return typeof part === 'object' && part !== null && 'op' in part && 'args' in part;
}
