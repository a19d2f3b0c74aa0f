/** The event store, the command loop and the clock for a Nest application. PeopleModule provides the sealer. */
import { Global, Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import type { EventDefinitions, RecordedEvent } from '@waymark/kernel';
import { CommandLoop, type Clock, type Sealer } from './command-loop';
import type { EventStore } from './event-store';
import { openEventStoreDb } from './eventstoredb/eventstoredb-event-store';
import { openEventStore } from './sqlite-event-store';

export const EVENT_STORE = Symbol('EVENT_STORE');
export const COMMAND_LOOP = Symbol('COMMAND_LOOP');
export const SEALER = Symbol('SEALER');
export const CLOCK = Symbol('CLOCK');

export interface EventStoreModuleOptions {
  readonly folder: string;
  /** `esdb://…`: the log lies on this server, and nothing of it in the folder. */
  readonly logServer?: string;
  /** Hears in one line what is wrong with that server, and when it is over. */
  readonly notice?: (message: string) => void;
  /** The wall clock unless time is simulated. */
  readonly clock?: Clock;
  /** Every event type of the product. */
  readonly definitions: EventDefinitions;
  words(event: RecordedEvent): string;
}

@Global()
@Module({})
export class EventStoreModule implements OnApplicationShutdown {
  constructor(@Inject(EVENT_STORE) private readonly store: EventStore) {}

  static register({
    folder,
    logServer: url,
    notice,
    clock = () => new Date(),
    definitions,
    words,
  }: EventStoreModuleOptions): DynamicModule {
    return {
      module: EventStoreModule,
      providers: [
        { provide: CLOCK, useValue: clock },
        {
          provide: EVENT_STORE,
          useFactory: () =>
            url === undefined ? openEventStore({ folder, clock }) : openEventStoreDb({ url, clock, ...(notice ? { notice } : {}) }),
        },
        {
          provide: COMMAND_LOOP,
          inject: [EVENT_STORE, SEALER],
          useFactory: (store: EventStore, sealer: Sealer) => new CommandLoop({ store, sealer, clock, definitions, words }),
        },
      ],
      exports: [CLOCK, EVENT_STORE, COMMAND_LOOP],
    };
  }

  /** After the doors are shut, so that whatever was still being answered is stored. */
  async onApplicationShutdown(): Promise<void> {
    await this.store.close();
  }
}
