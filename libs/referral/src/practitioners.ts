/** The practitioners behind a command, as the service has them on record at this moment. */
import type { EventStore } from '@waymark/event-store';
import { londonDate, streamName, type Issue, type Rejection } from '@waymark/kernel';
import { mayDecide, practitionerOf, type Practitioner } from '@waymark/workforce';
import { aboutPerson } from './about-referral';
import type { Place } from './standing';

export async function practitionerIn(store: Pick<EventStore, 'read'>, service: string, id: string): Promise<Practitioner | undefined> {
  return practitionerOf(await store.read(streamName('practitioner', service, id)));
}

/** Why whoever acts may not decide about this person now; an actor who is no practitioner is not registered. */
export async function barredNow(
  store: Pick<EventStore, 'read'>,
  how: Issue,
  place: Place | undefined,
  now: string,
): Promise<Rejection | undefined> {
  const actor = how.actor.kind === 'practitioner' ? await practitionerIn(store, how.service, how.actor.id) : undefined;
  return mayDecide(actor, place ? aboutPerson(place) : {}, londonDate(now));
}
