/** What the runner folds: every read model and every event type. Loaded by the runner's thread by its path. */
import { caseload } from './caseload';
import { clinicDays } from './clinic-days';
import { erasures } from './erasures';
import { journal } from './journal';
import { outcomes } from './outcomes';
import { practitioners } from './practitioners';
import { references } from './references';
import { requests } from './requests';
import { timers } from './timers';
import { waitlist } from './waitlist';
import type { Projection } from '@waymark/projections';

export { eventDefinitions } from './definitions';

export const readModels: readonly Projection[] = [
  waitlist,
  caseload,
  outcomes,
  journal,
  references,
  clinicDays,
  practitioners,
  requests,
  erasures,
  timers,
];

const LISTS = [waitlist, caseload, outcomes, journal];

/** The lists on which an event of this type may show. */
export function listsOf(type: string): string[] {
  return LISTS.filter(({ on }) => Object.hasOwn(on, type)).map(({ name }) => name);
}
