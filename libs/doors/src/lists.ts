/** The four lists as their readers ask for them: the query of a request, which service, and the people on the page. */
import type { QueryBus } from '@nestjs/cqrs';
import type { Views } from '@waymark/access';
import type { Clock, EventStore } from '@waymark/event-store';
import { ageOn, isErased, isRejection, londonDate, reject, type Outcome, type RecordedEvent } from '@waymark/kernel';
import type { People } from '@waymark/people';
import type { Pasts, ReadSide, Waiting } from '@waymark/projections';
import {
  CaseloadQuery,
  JournalQuery,
  OutcomesQuery,
  WaitlistQuery,
  type ListAnswer,
  type ListRequest,
  type OpenPerson,
  type PersonShown,
} from '@waymark/read-models';
import type { PersonDetails, ReferralEvent } from '@waymark/referral';
import type { ActiveConfiguration, Configuration } from '@waymark/rules';
import { readAsAt } from './as-at';
import { serviceNamed } from './services';
import { readStream } from './streams';
import { shownTo, type Viewer } from './viewer';

export const LISTS = ['waitlist', 'caseload', 'outcomes', 'journal'] as const;
export type ListName = (typeof LISTS)[number];

/** The query of a request: `service`, `limit`, `cursor`, `after`, `as-at`, `known`, `log`, and the filters of the list by name. */
export type ListQuery = Readonly<Record<string, string>>;

type Received = RecordedEvent<Extract<ReferralEvent, { type: 'ReferralReceived' }>>;

export class Lists {
  constructor(
    private readonly bus: QueryBus,
    private readonly store: EventStore,
    /** What an answer is made of: it holds whatever the lists show, also while the store does not answer. */
    private readonly logAtHand: EventStore,
    private readonly people: People,
    private readonly configuration: Configuration,
    private readonly readSide: ReadSide,
    private readonly pasts: Pasts,
    private readonly views: Views,
    private readonly clock: Clock,
  ) {}

  /** A list as at a moment may take seconds the first time: `waiting` hears how far it is, and can give it up. */
  async page(list: ListName, query: ListQuery, viewer: Viewer, waiting: Waiting = {}): Promise<Outcome<ListAnswer<object, unknown>>> {
    const { service: named, limit, cursor, after, 'as-at': _asAt, known: _known, log: _log, ...filters } = query;
    const service = await serviceNamed(named, this.configuration, '?service');
    if (isRejection(service)) return service;
    if (limit !== undefined && !/^\d{1,4}$/.test(limit))
      return reject('invalid-parameter', 'limit is a whole number from 1 to 200', '?limit');
    const asAt = readAsAt(query, this.pasts.log, this.clock().toISOString());
    if (isRejection(asAt)) return asAt;
    if (asAt !== undefined && after !== undefined)
      return reject('invalid-parameter', 'after waits for the list as it is; leave it out beside as-at', '?after');
    const request: ListRequest = {
      service,
      now: asAt?.now ?? this.clock().toISOString(),
      filters,
      ...(asAt === undefined ? {} : { past: { ...asAt.past, ...waiting } }),
      ...(limit === undefined ? {} : { limit: Number(limit) }),
      ...(cursor === undefined ? {} : { cursor }),
      ...(after === undefined ? {} : { after }),
    };
    const answer = await this.ask(list, request, await this.inForce(request));
    if (isRejection(answer)) return answer;
    const shown = { service, references: peopleOn(answer.items), ...(asAt && answer.asAt.position ? { asAt: answer.asAt.position } : {}) };
    return shownTo(viewer, this.views, shown, answer);
  }

  /** Waits until the lists show everything that is in the log now. */
  async caughtUp(ms?: number): Promise<void> {
    const head = await this.store.head();
    if (head !== undefined) await this.readSide.waitFor(head, ms);
  }

  /** `undefined` before the service was there. */
  private async inForce({ service, past }: ListRequest): Promise<ActiveConfiguration | undefined> {
    if (past === undefined) return this.configuration.current(service, this.logAtHand);
    const place = past.happenedBy === undefined ? past.place : this.pasts.log.placeAt(past.happenedBy);
    return this.configuration.at(service, place?.position, this.logAtHand);
  }

  private ask(
    list: ListName,
    request: ListRequest,
    active: ActiveConfiguration | undefined,
  ): Promise<Outcome<ListAnswer<object, unknown>>> {
    switch (list) {
      case 'waitlist':
        return this.bus.execute(
          new WaitlistQuery(
            { ...request, ruleFlags: active?.ruleSet.rules.flatMap((rule) => rule.definition.then.flags ?? []) ?? [] },
            this.openPerson(request.now),
          ),
        );
      case 'caseload':
        return this.bus.execute(
          new CaseloadQuery({ ...request, weeklyContacts: active?.settingsOn(londonDate(request.now)).weeklyContacts ?? 0 }),
        );
      case 'outcomes':
        return this.bus.execute(new OutcomesQuery(request));
      case 'journal':
        return this.bus.execute(new JournalQuery(request));
    }
  }

  /** Rows hold no names: the person of a row is opened from the receipt of its referral. */
  private openPerson(now: string): OpenPerson {
    return async (stream) => {
      const [receipt] = await readStream(this.logAtHand, stream, 1);
      if (!receipt) throw new Error('A row of the waiting list without a referral');
      return shown(this.people.open(receipt as Received), londonDate(now));
    };
  }
}

/** The references of the rows that name somebody. */
function peopleOn(items: readonly object[]): string[] {
  return items.flatMap((item) => ('person' in item && 'reference' in item ? [String(item.reference)] : []));
}

function shown({ data }: Received, today: string): PersonShown {
  const person = data.person;
  if (isErased(person)) return { name: 'Erased' };
  const age = person.birthDate === undefined ? undefined : ageOn(person.birthDate, today);
  return { name: nameOf(person), ...(age === undefined ? {} : { age }) };
}

function nameOf({ name }: PersonDetails): string {
  return [name?.preferred ?? name?.given?.[0], name?.family].filter((part) => part !== undefined).join(' ') || 'No name given';
}
