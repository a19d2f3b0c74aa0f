/** The lists as Nest queries: one class each, and a handler that only calls the function of the same read model. */
import { Inject, Injectable, Module, type Type } from '@nestjs/common';
import { Query, QueryHandler } from '@nestjs/cqrs';
import type { EventStore } from '@waymark/event-store';
import { isRejection, LogIsNewer, reject, UnknownEventType, type Outcome } from '@waymark/kernel';
import { GivenUp, LOG_AT_HAND, Pasts, ReadSide, TooMuchHeavyWork, type ReadModels } from '@waymark/projections';
import { caseload, caseloadPage, type CaseloadRequest } from './caseload';
import { freeSlots, type SlotsRequest } from './clinic-days';
import { journal, journalPage } from './journal';
import type { ListAnswer, ListRequest } from './list';
import { withMarks } from './not-up-to-date';
import { outcomes, outcomesPage } from './outcomes';
import type { OpenPerson } from './person-shown';
import { listPractitioners } from './practitioners';
import { findReference, references } from './references';
import { waitlist } from './waitlist';
import { waitlistPage, type WaitlistRequest } from './waitlist-page';

type Answer<F extends (...args: never[]) => Promise<unknown>> = Awaited<ReturnType<F>>;

export class WaitlistQuery extends Query<Answer<typeof waitlistPage>> {
  constructor(
    readonly request: WaitlistRequest,
    readonly openPerson: OpenPerson,
  ) {
    super();
  }
}

export class CaseloadQuery extends Query<Answer<typeof caseloadPage>> {
  constructor(readonly request: CaseloadRequest) {
    super();
  }
}

export class OutcomesQuery extends Query<Answer<typeof outcomesPage>> {
  constructor(readonly request: ListRequest) {
    super();
  }
}

export class JournalQuery extends Query<Answer<typeof journalPage>> {
  constructor(readonly request: ListRequest) {
    super();
  }
}

export class ReferenceQuery extends Query<Answer<typeof findReference>> {
  constructor(readonly reference: string) {
    super();
  }
}

export class FreeSlotsQuery extends Query<Answer<typeof freeSlots>> {
  constructor(readonly request: SlotsRequest) {
    super();
  }
}

export class PractitionersQuery extends Query<Answer<typeof listPractitioners>> {
  constructor(readonly service: string) {
    super();
  }
}

/** As the thread hands them on. The live read models pause at such an event; a past cannot be had beyond it. */
const NEWER_LOG: ReadonlySet<string> = new Set([UnknownEventType.name, LogIsNewer.name]);

interface Sources {
  readonly readSide: ReadSide;
  readonly pasts: Pasts;
  readonly log: EventStore;
}

/** The page of a request: from the live read models, or from those of the past that it asks about. The same queries in both. */
async function pageOf<T extends ListAnswer<object, unknown>>(
  { readSide, pasts }: Sources,
  { service, past }: ListRequest,
  of: readonly [list: string, ...string[]],
  page: (models: ReadModels) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const marked = async (models: ReadModels): Promise<Outcome<T>> => {
    const answer = await page(models);
    return isRejection(answer) ? answer : withMarks(models, readSide, of[0], service, answer);
  };
  if (past === undefined) return marked(readSide);
  try {
    return await marked(pasts.at({ ...past, service, of }));
  } catch (fault) {
    if (fault instanceof TooMuchHeavyWork || fault instanceof GivenUp) return reject('unavailable', fault.message);
    if (fault instanceof Error && NEWER_LOG.has(fault.name))
      return reject('unavailable', 'The log holds events of a newer program; start that one to see this list as it was');
    throw fault;
  }
}

/** The handler of one query class. */
function answering<Q extends Query<unknown>, A>(
  QueryClass: new (...args: never[]) => Q,
  answer: (query: Q, from: Sources) => Promise<A>,
): Type<object> {
  class Handler {
    constructor(
      private readonly readSide: ReadSide,
      private readonly pasts: Pasts,
      private readonly log: EventStore,
    ) {}

    execute(query: Q): Promise<A> {
      return answer(query, { readSide: this.readSide, pasts: this.pasts, log: this.log });
    }
  }
  Object.defineProperty(Handler, 'name', { value: `${QueryClass.name}Handler` });
  Inject(ReadSide)(Handler, undefined, 0);
  Inject(Pasts)(Handler, undefined, 1);
  Inject(LOG_AT_HAND)(Handler, undefined, 2);
  Injectable()(Handler);
  QueryHandler(QueryClass)(Handler);
  return Handler;
}

@Module({
  providers: [
    answering(WaitlistQuery, ({ request, openPerson }, from) =>
      pageOf(from, request, [waitlist.name], (models) => waitlistPage(models, request, openPerson)),
    ),
    answering(CaseloadQuery, ({ request }, from) => pageOf(from, request, [caseload.name], (models) => caseloadPage(models, request))),
    answering(OutcomesQuery, ({ request }, from) => pageOf(from, request, [outcomes.name], (models) => outcomesPage(models, request))),
    answering(JournalQuery, ({ request }, from) =>
      pageOf(from, request, [journal.name, references.name], (models) => journalPage(models, from.log, request)),
    ),
    answering(ReferenceQuery, ({ reference }, { readSide }) => findReference(readSide, reference)),
    answering(FreeSlotsQuery, ({ request }, { readSide }) => freeSlots(readSide, request)),
    answering(PractitionersQuery, ({ service }, { readSide }) => listPractitioners(readSide, service)),
  ],
})
export class ReadModelsModule {}
