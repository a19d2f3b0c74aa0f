/** A refusal on its way out of a controller; the problem filter turns it into HTTP. */
import { isRejection, type Outcome, type Rejection } from '@waymark/kernel';

export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(readonly rejection: Rejection) {
    super(rejection.code);
  }
}

/** The answer; a refusal is thrown to the filter. */
export function granted<Answer>(outcome: Outcome<Answer>): Answer {
  if (isRejection(outcome)) throw new Refused(outcome);
  return outcome;
}
