/** Every command about a referral that is there: one list for HTTP, command line, documentation and the bus. */
import { appointmentCommands } from './appointments.commands';
import { dischargeCommands } from './discharge.commands';
import type { AboutReferral } from './fields';
import { planCommands } from './plan.commands';
import { aboutReferralCommands } from './referral.commands';
import { triageCommands } from './triage.commands';

export interface ReferralCommand {
  /** In the address, and after `referral do`. */
  readonly name: string;
  readonly command: new () => AboutReferral;
  /** A decision of a person: carries the revision that was on the screen. */
  readonly decision: boolean;
  /** Needs a practitioner who is registered, in date and in scope. */
  readonly clinical: boolean;
  /** May come from somebody who is nobody of the service. */
  readonly anybody?: true;
  /** Of a decision: the events that make it stale, and those that do not; together all there are. */
  readonly dependsOn?: readonly string[];
  readonly unrelated?: readonly string[];
  /** What it may append, on whatever stream. */
  readonly events: readonly string[];
  /** Codes that it may be refused with, beside those of its fields. */
  readonly refusals: readonly string[];
}

export const referralCommands: readonly ReferralCommand[] = [
  ...triageCommands,
  ...aboutReferralCommands,
  ...appointmentCommands,
  ...planCommands,
  ...dischargeCommands,
];
