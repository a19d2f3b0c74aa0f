import { Global, Module } from '@nestjs/common';
import { CqrsModule, QueryBus } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { EVENT_STORE } from '@waymark/event-store';
import { ReadSide } from '@waymark/projections';
import {
  CaseloadQuery,
  FreeSlotsQuery,
  JournalQuery,
  OutcomesQuery,
  PractitionersQuery,
  ReadModelsModule,
  ReferenceQuery,
  WaitlistQuery,
} from './read-models.module';
import { closeReadSides, logOf, readSideOf, Story } from './testing/told';

afterEach(closeReadSides);

it('every list is answered over the query bus', async () => {
  const story = new Story();
  const told = story.received().accepted('routine', '2026-12-04T17:00:00.000Z');
  story.discharged(story.received());

  @Global()
  @Module({
    providers: [
      { provide: ReadSide, useValue: readSideOf(story) },
      { provide: EVENT_STORE, useValue: logOf(story) },
    ],
    exports: [ReadSide, EVENT_STORE],
  })
  class Foundations {}
  const app = await Test.createTestingModule({ imports: [CqrsModule.forRoot(), Foundations, ReadModelsModule] }).compile();
  await app.init();
  const bus = app.get(QueryBus);
  const request = { service: 'northbank', now: '2026-11-24T10:00:00.000Z' };

  expect(await bus.execute(new WaitlistQuery(request, async () => ({ name: 'Somebody' })))).toMatchObject({ total: 1 });
  expect(await bus.execute(new CaseloadQuery({ ...request, weeklyContacts: 32 }))).toMatchObject({ total: 1 });
  expect(await bus.execute(new OutcomesQuery(request))).toMatchObject({ total: 1 });
  expect(await bus.execute(new JournalQuery(request))).toMatchObject({ total: story.events.length });
  expect(await bus.execute(new ReferenceQuery(told.reference))).toMatchObject({ stream: told.stream });
  expect(await bus.execute(new FreeSlotsQuery(request))).toEqual([]);
  expect(await bus.execute(new PractitionersQuery('northbank'))).toEqual([]);
  await app.close();
});
