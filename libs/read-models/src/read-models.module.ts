/** The lists as Nest queries: one class each, and a handler that only calls the function of the same read model. */
import { Inject, Injectable, Module, type Type } from '@nestjs/common';
import { Query, QueryHandler } from '@nestjs/cqrs';
import { EVENT_STORE, type EventStore } from '@waymark/event-store';
import { ReadSide } from '@waymark/projections';
import { caseloadPage, type CaseloadRequest } from './caseload';
import { freeSlots, type SlotsRequest } from './clinic-days';
import { journalPage } from './journal';
import type { ListRequest } from './list';
import { outcomesPage } from './outcomes';
import type { OpenPerson } from './person-shown';
import { listPractitioners } from './practitioners';
import { findReference } from './references';
import { waitlistPage, type WaitlistRequest } from './waitlist';

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

/** The handler of one query class. */
function answering<Q extends Query<unknown>, A>(
  QueryClass: new (...args: never[]) => Q,
  answer: (query: Q, readSide: ReadSide, store: EventStore) => Promise<A>,
): Type<object> {
  class Handler {
    constructor(
      private readonly readSide: ReadSide,
      private readonly store: EventStore,
    ) {}

    execute(query: Q): Promise<A> {
      return answer(query, this.readSide, this.store);
    }
  }
  Object.defineProperty(Handler, 'name', { value: `${QueryClass.name}Handler` });
  Inject(ReadSide)(Handler, undefined, 0);
  Inject(EVENT_STORE)(Handler, undefined, 1);
  Injectable()(Handler);
  QueryHandler(QueryClass)(Handler);
  return Handler;
}

@Module({
  providers: [
    answering(WaitlistQuery, ({ request, openPerson }, readSide) => waitlistPage(readSide, request, openPerson)),
    answering(CaseloadQuery, ({ request }, readSide) => caseloadPage(readSide, request)),
    answering(OutcomesQuery, ({ request }, readSide) => outcomesPage(readSide, request)),
    answering(JournalQuery, ({ request }, readSide, store) => journalPage(readSide, store, request)),
    answering(ReferenceQuery, ({ reference }, readSide) => findReference(readSide, reference)),
    answering(FreeSlotsQuery, ({ request }, readSide) => freeSlots(readSide, request)),
    answering(PractitionersQuery, ({ service }, readSide) => listPractitioners(readSide, service)),
  ],
})
export class ReadModelsModule {}
