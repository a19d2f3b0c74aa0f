/** What the deciders about a referral share: when it happened, the remark, whom it is about, and refusals in the same words. */
import { reject, type Issue, type Rejection } from '@waymark/kernel';
import type { Stratum } from '@waymark/rules';
import type { ReferralStreamEvent } from './place';
import type { Place } from './standing';

/** `occurredAt` of an event: as said, never in the future; nothing when nothing was said, so it is now. */
export function happened(occurredAt: string | undefined, now: string): { readonly occurredAt?: string } | Rejection {
  if (occurredAt === undefined) return {};
  if (Date.parse(occurredAt) > Date.parse(now)) {
    return reject('in-the-future', 'Only what has happened is recorded; give the time at which it did', '/occurredAt');
  }
  return { occurredAt: new Date(occurredAt).toISOString() };
}

export function noted(note: string | undefined): { readonly note?: string } {
  return note === undefined ? {} : { note };
}

export function aboutPerson({ stratum, ageYears }: Place): { readonly stratum: Stratum; readonly ageYears?: number } {
  return { stratum, ...(ageYears === undefined ? {} : { ageYears }) };
}

/** What nobody in particular asks for. */
export function bySystem(service: string, commandId: string): Issue {
  return { service, actor: { kind: 'system', id: 'system', role: 'system' }, commandId, correlationId: commandId, channel: 'api' };
}

export function unknownReferral(): Rejection {
  return reject('unknown-referral', 'There is no such referral; check the reference');
}

export function unknownAppointment(): Rejection {
  return reject('unknown-appointment', 'This referral has no such appointment; its page lists them', '/appointment');
}

export function actorNeeded(): Rejection {
  return reject('actor-needed', 'Name the practitioner who acts: the header Waymark-Actor, or --as on the command line');
}

export function ended(): Rejection {
  return reject('ended', 'This referral has ended; somebody who comes back is referred again');
}

export function notAccepted(): Rejection {
  return reject('not-accepted', 'A clinician accepts the referral first');
}

/** For a decision of a person: which kinds of event, recorded after its screen was drawn, make it stale. Names every kind there is. */
export function bearingOn(decision: Readonly<Record<ReferralStreamEvent['type'], boolean>>): {
  readonly dependsOn: readonly string[];
  readonly unrelated: readonly string[];
} {
  const types = Object.entries(decision);
  return {
    dependsOn: types.flatMap(([type, bears]) => (bears ? type : [])),
    unrelated: types.flatMap(([type, bears]) => (bears ? [] : type)),
  };
}
