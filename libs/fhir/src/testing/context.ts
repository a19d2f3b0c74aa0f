/** What specs read files against: the product's own lists of codes and facts, and one safety rule that is easy to see. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FactCatalogue, type FactDefinition } from '@waymark/rules';
import { parse } from 'yaml';
import type { ReadContext, ReferralBody, ReferralCodes } from '../item';

const CONFIG = join(__dirname, '../../../../config');

function yaml<T>(name: string): T {
  return parse(readFileSync(join(CONFIG, name), 'utf8')) as T;
}

/** Every member can be set aside for a spec that needs another one. */
export function readContext(instead: Partial<ReadContext> = {}): ReadContext {
  return {
    referralCodes: yaml<ReferralCodes>('referral-codes.yaml'),
    facts: new FactCatalogue(yaml<FactDefinition[]>('facts.yaml')),
    service: { ods: 'U99999', name: 'Northbank Occupational Therapy' },
    today: '2026-11-20',
    anySafetyRuleFires: askedAboutHarm,
    ...instead,
  };
}

/** SAF-04 of the starting rules, in short: question 9 of the PHQ-9 was above zero. */
function askedAboutHarm({ facts }: ReferralBody): boolean {
  const given = facts?.['phq9-item9'];
  const value = typeof given === 'object' && 'value' in given ? given.value : given;
  return typeof value === 'number' && value >= 1;
}
