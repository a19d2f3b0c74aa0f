/** Who looks, from where; and the line that is on disk before they are shown anybody. */
import type { Views } from '@waymark/access';
import { reject, type Outcome } from '@waymark/kernel';

export interface Viewer {
  /** The practitioner who looks; absent = nobody of the service, as far as is known. */
  readonly practitionerId?: string;
  readonly otherwise: 'public' | 'machine' | 'system';
  /** The address as a template, or the words of the command line: never a value. */
  readonly route: string;
  readonly correlationId: string;
}

export interface Viewed {
  readonly service: string;
  /** References of the referrals whose people are shown; nobody is shown and nothing is recorded where there are none. */
  readonly references: readonly string[];
  /** The position that is shown, where it is not the present. */
  readonly asAt?: string;
}

/** The answer, once it is recorded that it was given; otherwise a refusal. */
export async function shownTo<Answer>(
  { practitionerId, otherwise, route, correlationId }: Viewer,
  views: Pick<Views, 'record'>,
  { service, references, asAt }: Viewed,
  answer: Answer,
): Promise<Outcome<Answer>> {
  if (references.length === 0) return answer;
  // A header that is no id is not kept: it may hold anything.
  const id = practitionerId?.toLowerCase();
  const actor = id !== undefined && /^[0-9a-f-]{36}$/.test(id) ? id : otherwise;
  try {
    await views.record({ actor, service, route, references, asAt: asAt ?? null, correlationId });
  } catch {
    return reject('not-audited', 'Whoever looks at a person is recorded, and that cannot be done now; try again');
  }
  return answer;
}
