/** What the flags of a referral mean, whoever raised them. Flags only gather, but for those that a clinician's decision settles. */

/** Raised by the rules after a clinician had decided: back on the triage list without leaving the waiting list. */
export const RAISED = 'raised-unreviewed';

/** Whether the person agrees is not settled. */
export const AGREEMENT_OUTSTANDING = 'agreement-outstanding';

/** Opened by a rule or a recorded concern; ended by a clinician alone. */
export function isHeld(flags: readonly string[]): boolean {
  return flags.includes('safety-hold') || flags.includes('safeguarding');
}

/** `hold` and `safety` are the words by which readers know what the rules call by finer names. */
export function withFlags(flags: readonly string[], more: readonly string[]): readonly string[] {
  const all = new Set([...flags, ...more]);
  if (all.has('safety-hold') || all.has('safety-conversation')) all.add('safety');
  if (isHeld([...all])) all.add('hold');
  return [...all];
}
