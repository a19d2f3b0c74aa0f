/** What a service works with at one moment, made from what is published: settings, rules, facts, calendar and codes. */
import { WorkingCalendar } from '@waymark/kernel';
import { CodeLists, type ReferralCodes, type DirectoryEntry } from './codes';
import type { FactCatalogue } from './facts';
import type { ServiceContent } from './published';
import type { RuleSet } from './rule-set';
import { settingsOn, type ServiceConfiguration, type Settings } from './service';

export interface ActiveConfiguration {
  readonly service: ServiceConfiguration;
  /** The settings in force on a London date. */
  settingsOn(date: string): Settings;
  readonly ruleSet: RuleSet;
  readonly facts: FactCatalogue;
  readonly calendar: WorkingCalendar;
  readonly codes: CodeLists;
  readonly directory: readonly DirectoryEntry[];
  readonly referralCodes: ReferralCodes;
}

export function activeConfiguration(content: ServiceContent, ruleSet: RuleSet): ActiveConfiguration {
  const { service, lists, directory, referralCodes, bankHolidays } = content;
  const { nation, hours } = service;
  return {
    service,
    settingsOn: (date) => settingsOn(service, date),
    ruleSet,
    facts: ruleSet.facts,
    calendar: new WorkingCalendar({ holidays: bankHolidays, nation, hours }),
    codes: new CodeLists(lists, ruleSet.facts, directory),
    directory,
    referralCodes,
  };
}
