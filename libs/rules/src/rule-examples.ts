/** A rule is tried on its own examples before it is believed. */
import { isRejection } from '@waymark/kernel';
import { askedOf, ConditionMistake, type ConditionCompiler } from './condition';
import type { FactCatalogue } from './facts';
import type { PositionedFile } from './positions';
import { compileRule, type Rule, type RuleDefinition } from './rule';
import type { Facts, StoredFact } from './suggestion';

/** Compiles the rule and tries its examples on the day it takes effect; what is wrong is added to the file's problems. */
export function tryRule(file: PositionedFile, definition: RuleDefinition, facts: FactCatalogue, compiler: ConditionCompiler): void {
  const rule = compiled(file, definition, compiler);
  if (!rule) return;
  for (const kind of ['fires', 'silent'] as const) {
    definition.examples[kind].forEach((given, index) => {
      const path = ['examples', kind, index];
      const example = factsOf(file, path, given, facts);
      if (!example) return;
      const truth = rule.condition.truth(askedOf(example, facts, definition.from));
      if (kind === 'fires' && truth !== true) {
        const why = truth === 'unknown' ? 'its condition is unknown' : 'its condition is false';
        file.problem(path, `the rule does not fire on this example: ${why}`, 'correct the condition or the example');
      }
      if (kind === 'silent' && truth === true) file.problem(path, 'the rule fires on this example', 'correct the condition or the example');
    });
  }
}

function compiled(file: PositionedFile, definition: RuleDefinition, compiler: ConditionCompiler): Rule | undefined {
  try {
    return compileRule(definition, compiler);
  } catch (fault) {
    if (!(fault instanceof ConditionMistake)) throw fault;
    file.problemInText(['when'], fault.start, fault.message, fault.fix);
    return undefined;
  }
}

/** The facts of an example, `undefined` when one of them is wrong. */
export function factsOf(
  file: PositionedFile,
  path: readonly PropertyKey[],
  given: Readonly<Record<string, unknown>>,
  facts: FactCatalogue,
): Facts | undefined {
  const read: Record<string, StoredFact> = {};
  let sound = true;
  for (const [id, value] of Object.entries(given)) {
    const fact = facts.readExample(id, value);
    if (isRejection(fact)) {
      file.problem([...path, id], fact.detail, 'correct the example, or declare the fact in facts.yaml');
      sound = false;
    } else read[id] = fact.fact;
  }
  return sound ? read : undefined;
}
