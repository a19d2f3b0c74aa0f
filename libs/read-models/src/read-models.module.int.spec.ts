import { Global, Module } from '@nestjs/common';
import { CqrsModule, QueryBus } from '@nestjs/cqrs';
import { Test } from '@nestjs/testing';
import { LOG_AT_HAND, Pasts, ReadSide } from '@waymark/projections';
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
import { heavyThread, stored } from './testing/stored';
import { closeReadSides, readSideOf, Story } from './testing/told';

afterEach(closeReadSides);

it('every list is answered over the query bus', async () => {
  const story = new Story();
  const told = story.received().accepted('routine', '2026-12-04T17:00:00.000Z');
  story.discharged(story.received());
  const heavy = heavyThread();
  const kept = await stored(story, heavy);

  @Global()
  @Module({
    providers: [
      { provide: ReadSide, useValue: readSideOf(story) },
      { provide: Pasts, useValue: kept.pasts },
      { provide: LOG_AT_HAND, useValue: kept.store },
    ],
    exports: [ReadSide, Pasts, LOG_AT_HAND],
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

  const past = { place: kept.events[1], link: {} };
  expect(
    await bus.execute(new WaitlistQuery({ ...request, past, filters: { stage: 'triage' } }, async () => ({ name: 'Somebody' }))),
  ).toMatchObject({
    asAt: { position: kept.events[1]?.position },
    total: 1,
  });
  expect(await bus.execute(new CaseloadQuery({ ...request, past, weeklyContacts: 32 }))).toMatchObject({ total: 1 });
  expect(await bus.execute(new OutcomesQuery({ ...request, past }))).toMatchObject({ total: 0 });
  expect(await bus.execute(new JournalQuery({ ...request, past }))).toMatchObject({ total: 2, items: [{ reference: told.reference }, {}] });
  const left = { ...past, signal: AbortSignal.abort() };
  expect(await bus.execute(new OutcomesQuery({ ...request, past: left }))).toMatchObject({ code: 'unavailable' });
  await app.close();
  await heavy.close();
  await kept.close();
});
