/** A referral as its readers get it: as it was sent, opened, with everything that is known of where it stands. */
import { daysBetween, isErased, londonDate, type Personal, type RecordedEvent } from '@waymark/kernel';
import type { ActiveConfiguration, Facts } from '@waymark/rules';
import type { PersonDetails, ReferralWords, ReferrerDetails } from './details';
import { placeOf, type ReferralStreamEvent } from './place';

type Opened<Type extends ReferralStreamEvent['type']> = RecordedEvent<Extract<ReferralStreamEvent, { type: Type }>>;
const DECISIONS = ['ReferralAccepted', 'ReferralReturnedWithAdvice', 'ReferralRedirected', 'ReferralDeclined'] as const;

/** `events`: the whole stream of a referral, personal fields opened. */
export function referralView(events: readonly RecordedEvent[], active: ActiveConfiguration, now: string) {
  const place = placeOf(events);
  const [first] = all(events, 'ReferralReceived');
  const stratified = all(events, 'ReferralStratified').at(-1);
  if (!place || !first || !stratified) throw new Error('This is not the stream of a referral');
  const today = londonDate(now);
  const { start, stop } = place.clock;
  const maximum = active.settingsOn(today).consultations.maximum;
  return {
    ...asSent(first),
    id: first.stream.split('-').slice(2).join('-'),
    reference: place.reference,
    channel: first.data.channel,
    revision: events.at(-1)?.revision ?? 0,
    stage: place.stage,
    flags: place.flags,
    nextStep: place.nextStep,
    clock: { start, ...(stop === undefined ? {} : { stop }), days: Math.max(0, daysBetween(start, stop ?? today)) },
    suggestion: suggestionIn(stratified),
    ...decisionIn(events),
    ...(place.owner === undefined ? {} : { owner: place.owner }),
    ...(place.ended ? { ended: place.ended } : {}),
    ...(place.linkedTo ? { linkedTo: place.linkedTo.reference } : {}),
    information: all(events, 'InformationAdded').map(informationIn),
    appointments: place.appointments.map(({ id, slot, type, place: where, practitionerId, start: from, end, status }) => ({
      id,
      slot,
      type,
      place: where,
      practitioner: practitionerId,
      start: from,
      end,
      status,
    })),
    goals: [],
    measures: all(events, 'MeasureRecorded').map(({ data: { instrument, variant, value, on, completedBy, occasion } }) => ({
      instrument,
      variant,
      value,
      on,
      completedBy,
      occasion,
    })),
    contacts: { used: place.contacts.used, allowed: place.decided ? place.contacts.allowed : maximum },
    erased: isErased(first.data.person),
  };
}
export type ReferralView = ReturnType<typeof referralView>;

/** The body of the submission, put together again. What is erased is left out. */
function asSent({ meta, data }: Opened<'ReferralReceived'>) {
  const words = known<ReferralWords>(data.words) ?? {};
  const person = known<PersonDetails>(data.person);
  const referrer = data.referrer === undefined ? undefined : known<ReferrerDetails>(data.referrer);
  const { inOwnWords, reason, conditions, priorityReason, agreementNote, riskToStaff, safeguardingNote, separateNeed, factSources } = words;
  return {
    service: meta.service,
    source: data.source,
    ...given({ suggestedBy: data.suggestedBy, identifier: words.identifier }),
    receivedAt: data.receivedAt,
    ...given({ person, referrer }),
    agreement: { ...data.agreement, ...given({ note: agreementNote }) },
    need: given({ inOwnWords, reason, ...data.need, conditions }),
    facts: factsAsSent(data.facts, factSources),
    redFlags: data.redFlags,
    ...given({ riskToStaff, requestedPriority: data.requestedPriority, priorityReason, separateNeed, equality: data.equality }),
    ...(data.safeguardingConcern ? { safeguarding: { concern: true, ...given({ note: safeguardingNote }) } } : {}),
  };
}

function suggestionIn({ data: { stratum, tier, priority, targets, reasons, missing, ruleSet, fault } }: Opened<'ReferralStratified'>) {
  const { triage, firstContact, treatment } = targets;
  return {
    stratum,
    tier,
    priority,
    targets: { triage, ...given({ firstContact }), treatment },
    reasons,
    missing,
    ruleSet,
    ...given({ fault }),
  };
}

/** What a clinician decided last, by whom and when. */
function decisionIn(events: readonly RecordedEvent[]) {
  const event = events.findLast(({ type }) => (DECISIONS as readonly string[]).includes(type)) as
    Opened<(typeof DECISIONS)[number]> | undefined;
  if (!event) return {};
  const { personId: _person, practitionerId: by, ...decided } = event.data;
  const told = Object.entries(decided).map(([field, value]) => [field, known(value as Personal<unknown>)]);
  return { decision: { type: event.type, by, at: event.occurredAt, ...given(Object.fromEntries(told) as Partial<typeof decided>) } };
}

function informationIn({ occurredAt, data }: Opened<'InformationAdded'>) {
  const words = data.words === undefined ? undefined : known<ReferralWords>(data.words);
  return {
    from: data.from,
    at: occurredAt,
    ...given({
      text: words?.text ?? words?.inOwnWords ?? words?.reason,
      note: data.note === undefined ? undefined : known<string>(data.note),
    }),
    facts: factsAsSent(data.facts, words?.factSources),
    redFlags: data.redFlags,
  };
}

/** A bare value where nothing else was said of it. */
function factsAsSent(facts: Facts, sources: Readonly<Record<string, string>> = {}) {
  return Object.fromEntries(
    Object.entries(facts).map(([id, fact]) => {
      const source = sources[id];
      const bare = fact.on === undefined && fact.by === undefined && source === undefined;
      return [id, bare ? fact.value : { ...fact, ...given({ source }) }];
    }),
  );
}

function known<T>(value: Personal<T>): T | undefined {
  return isErased(value) ? undefined : value;
}

function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function all<Type extends ReferralStreamEvent['type']>(events: readonly RecordedEvent[], type: Type): Opened<Type>[] {
  return events.filter((event) => event.type === type) as Opened<Type>[];
}
