import { Injectable, Module } from '@nestjs/common';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { Test, type TestingModule } from '@nestjs/testing';
import { z } from 'zod';
import { defineEvents, issue, issueOf, type Decider, type DomainEvent } from '@waymark/kernel';
import { CommandLoop } from './command-loop';
import { CLOCK, COMMAND_LOOP, EVENT_STORE, EventStoreModule, SEALER } from './event-store.module';
import type { EventStore } from './event-store';
import { handlerFor } from './handler-for';
import { testFolders } from './testing';

const newFolder = testFolders();

class RingBell {
  times = 1;
}
class HushBell {}

@Injectable()
class Greeting {
  readonly words = 'ding';
}

const bell: Decider<number, RingBell, DomainEvent<'BellRung', { times: number }>, DomainEvent<'BellRung', { times: number }>, object> = {
  name: 'bell',
  folds: { BellRung: true },
  initial: 0,
  evolve: (rung, { data }) => rung + data.times,
  decide: ({ times }) => [{ type: 'BellRung', data: { times } }],
};

@Module({
  providers: [
    Greeting,
    handlerFor(RingBell, [COMMAND_LOOP, Greeting], async (command, loop: CommandLoop, greeting: Greeting) => {
      const ran = await loop.run({ stream: 'bell-northbank', decider: bell, command, issue: issueOf(command), context: () => ({}) });
      return { ran, words: greeting.words };
    }),
    handlerFor(HushBell, [], async () => 'hushed'),
  ],
})
class BellModule {}

describe('the event store in a Nest application', () => {
  let application: TestingModule;
  beforeEach(async () => {
    application = await Test.createTestingModule({
      imports: [
        CqrsModule.forRoot(),
        EventStoreModule.register({
          folder: newFolder(),
          clock: () => new Date('2026-03-02T10:00:00.000Z'),
          definitions: defineEvents({ BellRung: z.strictObject({ times: z.number() }) }),
          words: ({ type }) => type,
        }),
        {
          module: class Sealing {},
          global: true,
          providers: [{ provide: SEALER, useValue: { seal: async (_: string, events: unknown) => events } }],
          exports: [SEALER],
        },
        BellModule,
      ],
    }).compile();
    await application.init();
  });

  it('a command class reaches its one handler, which gets what it asked for', async () => {
    const how = {
      service: 'northbank',
      actor: { kind: 'system', id: 'system', role: 'system' },
      commandId: '00000000-0000-4000-8000-000000000001',
      correlationId: 'c',
      channel: 'cli',
    } as const;
    const command = issue(Object.assign(new RingBell(), { times: 3 }), how);
    expect(await application.get(CommandBus).execute(command)).toMatchObject({ words: 'ding', ran: { state: 3, revision: 0 } });
    expect(await application.get(CommandBus).execute(new HushBell())).toBe('hushed');
    const [event] = await application.get<EventStore>(EVENT_STORE).read('bell-northbank');
    expect(event).toMatchObject({ recordedAt: application.get<() => Date>(CLOCK)().toISOString(), data: { times: 3 } });
    await application.close();
  });

  it('closes the store with the application', async () => {
    const store = application.get<EventStore>(EVENT_STORE);
    await application.close();
    await expect(store.append('bell-northbank', 'none', [])).rejects.toThrow('closed');
  });
});
