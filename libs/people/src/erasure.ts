/**
 * The end of what a service knows of somebody: asked for, approved by somebody else, days to think again, then done; and the
 * legal holds that stop it. On the person's stream, beside their needs.
 */
import { defineEvents, personal, reject, type Actor, type Decider, type Decision, type EventOf, type Rejection } from '@waymark/kernel';
import { z } from 'zod';

export const RETENTION_CLASSES = ['adult', 'child', 'mental-health', 'after-death', 'declined'] as const;

const instant = z.iso.datetime();
/** In a person's words, about the person, so it goes with them. `reason` is a code everywhere else. */
const aboutPerson = personal(z.string(), { subjectField: 'personId', kind: 'identity' });
/** Why somebody was erased must be readable afterwards: it stands under a key of the request. */
const aboutRequest = personal(z.string(), { subjectField: 'requestId', kind: 'identity' });

const lostSchema = z.strictObject({ referrals: z.number().int(), events: z.number().int(), fields: z.number().int() });
/** The class that kept the data longest, and the first London date on which it does not any more. */
export const retentionSchema = z.strictObject({ class: z.enum(RETENTION_CLASSES), endsOn: z.iso.date() });
export type Retention = z.output<typeof retentionSchema>;

export const erasureEvents = defineEvents({
  PersonErasureRequested: z.strictObject({
    requestId: z.uuid(),
    personId: z.uuid(),
    requestedBy: z.string(),
    why: aboutRequest,
    /** What was found at that moment: the figures that it was decided on. */
    lost: lostSchema,
    retention: retentionSchema.optional(),
  }),
  /** Two people want it. It is done at `executeAfter` unless somebody cancels. */
  PersonErasureApproved: z.strictObject({ requestId: z.uuid(), personId: z.uuid(), approvedBy: z.string(), executeAfter: instant }),
  PersonErasureCancelled: z.strictObject({
    requestId: z.uuid(),
    personId: z.uuid(),
    /** Somebody thought again, or it could not be done any more when its day came. */
    because: z.enum(['cancelled', 'no-longer-allowed']),
    why: aboutPerson.optional(),
  }),
  /** First this, then their keys are destroyed; whoever finds this later destroys them again. */
  PersonErased: z.strictObject({ requestId: z.uuid(), personId: z.uuid(), lost: lostSchema, demo: z.boolean() }),
  LegalHoldPlaced: z.strictObject({ holdId: z.uuid(), personId: z.uuid(), why: aboutPerson }),
  LegalHoldReleased: z.strictObject({ holdId: z.uuid(), personId: z.uuid(), why: aboutPerson }),
});
export type ErasureEvent = EventOf<typeof erasureEvents>;

export interface Erasure {
  readonly request?: { readonly id: string; readonly by: string; readonly executeAfter?: string };
  /** Ids of the legal holds that are open. */
  readonly holds: readonly string[];
  readonly erased: boolean;
}

export type ErasureAsk =
  | { readonly kind: 'request'; readonly requestId: string; readonly reason: string }
  | { readonly kind: 'approve'; readonly requestId: string }
  | { readonly kind: 'cancel'; readonly requestId: string; readonly reason: string }
  | { readonly kind: 'execute'; readonly requestId: string }
  /** Made-up people only: neither class nor approval nor days are waited for. A legal hold is. */
  | { readonly kind: 'erase-in-demo'; readonly requestId: string; readonly reason: string }
  | { readonly kind: 'place-hold'; readonly holdId: string; readonly reason: string }
  | { readonly kind: 'release-hold'; readonly reason: string };

export interface ErasureContext {
  readonly now: string;
  readonly actor: Actor;
  readonly personId: string;
  /** Why the referrals of this person keep their data now, in words; none = they do not. */
  readonly kept: readonly string[];
  readonly lost: z.output<typeof lostSchema>;
  readonly retention?: Retention;
  /** The actor leads information governance in this service. */
  readonly isLead: boolean;
  readonly daysToCancel: number;
}

export const erasure: Decider<Erasure, ErasureAsk, ErasureEvent, ErasureEvent, ErasureContext> = {
  name: 'erasure',
  folds: {
    PersonErasureRequested: true,
    PersonErasureApproved: true,
    PersonErasureCancelled: true,
    PersonErased: true,
    LegalHoldPlaced: true,
    LegalHoldReleased: true,
  },
  initial: { holds: [], erased: false },

  evolve({ request, ...state }, event) {
    switch (event.type) {
      case 'PersonErasureRequested':
        return { ...state, request: { id: event.data.requestId, by: event.data.requestedBy } };
      case 'PersonErasureApproved':
        return request ? { ...state, request: { ...request, executeAfter: event.data.executeAfter } } : state;
      case 'PersonErasureCancelled':
        return state;
      case 'PersonErased':
        return { ...state, erased: true };
      case 'LegalHoldPlaced':
        return { ...state, ...(request ? { request } : {}), holds: [...state.holds, event.data.holdId] };
      case 'LegalHoldReleased':
        return { ...state, ...(request ? { request } : {}), holds: state.holds.filter((id) => id !== event.data.holdId) };
    }
  },

  decide(ask, state, context) {
    if (ask.kind === 'execute' && state.erased) return [];
    if (state.erased) return personErased();
    switch (ask.kind) {
      case 'request':
        if (state.request)
          return reject('erasure-requested', 'An erasure of this person has been asked for already; approve or cancel that one');
        return refusalIn(state, context) ?? [requested(ask, context)];
      case 'approve':
        return approve(ask.requestId, state, context);
      case 'cancel':
        if (state.request?.id !== ask.requestId) return unknownRequest();
        return [cancelled(ask.requestId, context, 'cancelled', ask.reason)];
      case 'execute':
        return execute(ask.requestId, state, context);
      case 'erase-in-demo':
        if (state.holds.length > 0) return mayNotBe(heldBy(state));
        return [requested(ask, context), erased(ask.requestId, context, true)];
      case 'place-hold':
        return [{ type: 'LegalHoldPlaced', data: { holdId: ask.holdId, personId: context.personId, why: ask.reason } }];
      case 'release-hold':
        return state.holds.map((holdId) => ({
          type: 'LegalHoldReleased',
          data: { holdId, personId: context.personId, why: ask.reason },
        }));
    }
  },
};

/** The legal holds in words, as a reason why this person may not be erased now; none = there are none. */
export function heldBy({ holds }: Erasure): string[] {
  return holds.length === 0 ? [] : [holds.length === 1 ? 'There is a legal hold' : `There are ${holds.length} legal holds`];
}

function approve(requestId: string, { request, ...state }: Erasure, context: ErasureContext): Decision<ErasureEvent> {
  const { actor, isLead, now, daysToCancel, personId } = context;
  if (request?.id !== requestId) return unknownRequest();
  if (request.executeAfter !== undefined) return [];
  if (!isLead)
    return reject(
      'not-lead',
      'An erasure is approved by whoever leads information governance; informationGovernanceLeads of the service names them',
    );
  if (request.by === actor.id)
    return reject('second-person-needed', 'Whoever asked for an erasure does not approve it; somebody else has to');
  const executeAfter = new Date(Date.parse(now) + daysToCancel * DAY_MS).toISOString();
  return (
    refusalIn({ ...state, request }, context) ?? [
      { type: 'PersonErasureApproved', data: { requestId, personId, approvedBy: actor.id, executeAfter } },
    ]
  );
}

const DAY_MS = 86_400_000;

function execute(requestId: string, state: Erasure, context: ErasureContext): Decision<ErasureEvent> {
  const { request } = state;
  if (request?.id !== requestId) return unknownRequest();
  if (request.executeAfter === undefined || Date.parse(request.executeAfter) > Date.parse(context.now)) {
    return reject('erasure-not-due', 'An erasure is carried out once it is approved and the days to cancel it are over');
  }
  // Somebody who came back, or a hold: it does not wait in the dark for the next occasion, it is asked for again.
  if (refusalIn(state, context)) return [cancelled(requestId, context, 'no-longer-allowed')];
  return [erased(requestId, context, false)];
}

function refusalIn(state: Erasure, context: ErasureContext): Rejection | undefined {
  const obstacles = [...context.kept, ...heldBy(state)];
  return obstacles.length === 0 ? undefined : mayNotBe(obstacles);
}

function mayNotBe(obstacles: readonly string[]): Rejection {
  return reject('may-not-be-erased', `${obstacles.join('. ')}. Correcting is always open`);
}

export function personErased(): Rejection {
  return reject('person-erased', 'The data of this person has been erased; nothing can be recorded about them any more');
}

function unknownRequest(): Rejection {
  return reject('unknown-request', 'There is no such request, or it was cancelled; ask for the erasure again');
}

function requested({ requestId, reason }: { readonly requestId: string; readonly reason: string }, context: ErasureContext): ErasureEvent {
  const { personId, actor, lost, retention } = context;
  return {
    type: 'PersonErasureRequested',
    data: { requestId, personId, requestedBy: actor.id, why: reason, lost, ...(retention ? { retention } : {}) },
  };
}

function cancelled(
  requestId: string,
  { personId }: ErasureContext,
  because: 'cancelled' | 'no-longer-allowed',
  why?: string,
): ErasureEvent {
  return { type: 'PersonErasureCancelled', data: { requestId, personId, because, ...(why === undefined ? {} : { why }) } };
}

function erased(requestId: string, { personId, lost }: ErasureContext, demo: boolean): ErasureEvent {
  return { type: 'PersonErased', data: { requestId, personId, lost, demo } };
}
