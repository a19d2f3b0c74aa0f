/** Refusals as a FHIR OperationOutcome: each with its issue type and the element it is about, never with a value. */
import type { OperationOutcome, OperationOutcomeIssue } from 'fhir/r4';
import type { Mistake } from '@waymark/kernel';

/** `issueType` is the FHIR issue type of them all, or gives that of each code: the table of @waymark/problems. */
export function toOperationOutcome(reasons: readonly Mistake[], issueType: string | ((code: string) => string)): OperationOutcome {
  const issueOf = typeof issueType === 'string' ? () => issueType : issueType;
  return { resourceType: 'OperationOutcome', issue: reasons.length > 0 ? reasons.map((reason) => issue(reason, issueOf)) : [allOk()] };
}

function issue({ code, path, message }: Mistake, issueOf: (code: string) => string): OperationOutcomeIssue {
  return {
    severity: 'error',
    code: issueOf(code) as OperationOutcomeIssue['code'],
    details: { coding: [{ system: 'urn:waymark:problems', code }], text: message },
    ...(path === '' ? {} : { expression: [path] }),
  };
}

function allOk(): OperationOutcomeIssue {
  return { severity: 'information', code: 'informational', details: { text: 'All OK' } };
}
