/** `waymark rules check`: whether every rule file is sound and its own examples hold. */
import { checkRules } from '@waymark/rules';
import { environment, print, REFUSED, say, type Declare } from '../command-line';

export const declare: Declare = (command) =>
  void command
    .description('Check the rule files of the configuration folder')
    .option('--json', 'as JSON')
    .action(({ json }: { json?: boolean }) => {
      const checked = checkRules(environment().configFolder);
      if (!checked.ok) process.exitCode = REFUSED;
      if (json) return print(checked);
      for (const { file, line, column, message, fix } of checked.problems) say(`${file}:${line}:${column}: ${message}; ${fix}`);
      if (checked.ok) say('Every rule is sound and its examples hold');
    });
